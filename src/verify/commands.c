/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verify.h"

#include <stddef.h>

/*  what is typed, what follows it, options: those in brackets may be left out */
const struct command commands[] = {
    {"checkpoint", "FILE", "--key [--witness]", "check the signatures of a checkpoint", check_checkpoint,
     true},
    {"approval", "FILE", "--key [--device]",
     "check that a client's people approved this support access: by their key, for these devices",
     check_approval, true},
    {"certificate", "FILE", "--key [--proof] [--log-key] [--witness]",
     "check the certificate of an erasure: its signature, its dates, and that a log holds it",
     check_certificate, true},
    {"consistency", "OLD NEW", "--key [--log] [--proof] [--witness]",
     "check that the log of the checkpoint OLD has only grown until NEW: by its tiles, or by a proof",
     check_consistency, true},
    {"log", "DIR", "--key [--witness]",
     "compute a whole mirrored log anew, from its entries up to the signed root", check_log, true},
    {"proof", "FILE", "--key [--entry] [--witness]",
     "check a .tlog-proof: that the log holds the entry, where the proof says", check_proof, true},
    {"receipt", "FILE", "--key [--archive]",
     "check the receipt of what was extracted, by the key of the client's log, and that the archive is that one",
     check_receipt, true},
    {"witness", "", "--state [--key] [--listen] [--once] [--new-key] [--name]",
     "be a witness: cosign a log's checkpoints as long as each continues the one before", run_witness, false},
    {"man", "", "", "print the man page", run_man, false},
    {NULL, NULL, NULL, NULL, NULL, false},
};

#define O(member, name, value, most, help) {name, value, help, offsetof(struct options, member), most},
const struct option option_table[] = {OPTIONS(O){NULL, NULL, NULL, 0, 0}};
#undef O

const struct verdict_info *verdict_info(enum verdict verdict)
{
#define V(name, said, exit, meaning) {said, meaning, exit},
    static const struct verdict_info infos[] = {VERDICTS(V)};
#undef V
    return &infos[verdict];
}
