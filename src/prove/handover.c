/* SPDX-License-Identifier: Apache-2.0
 *
 * extract.handover: each extraction in the log was accepted before by name, and has a receipt that its log's key signed.
 */
#include "log/act.h"
#include "prove/walk.h"
#include "tlog/receipt.h"

enum { EXP = 30 /* "exp_" and 26 letters and digits */, EXPORTS_MOST = 1 << 20 };

/* Exports, EXP bytes each. */
struct handovers {
    buf_t accepted, handed;
};
typedef struct handovers handovers_own;
static void handovers_drop(struct handovers *handovers)
{
    buf_drop(&handovers->accepted);
    buf_drop(&handovers->handed);
}

static void handover_look(void *with, str_t entry)
{
    struct handovers *handovers = with;
    const struct log_line line = log_line(entry);
    bool made = str_eq(line.act, str(act_name(ACT_EXPORT_MADE)));
    if ((!made && !str_eq(line.act, str(act_name(ACT_EXTRACT_HANDED_OVER)))) || line.on.len < EXP + 2)
        return;
    buf_put(made ? &handovers->accepted : &handovers->handed, str_bytes(line.on.at + 1, EXP));
}

static bool holds(const buf_t *ids, str_t id)
{
    for (size_t at = 0; at < ids->len; at += EXP)
        if (!memcmp(ids->at + at, id.at, EXP))
            return true;
    return false;
}

static bool has_receipt(const Keys__Exports *exports, const struct note_key *key, str_t id)
{
    struct receipt receipt;
    for (size_t i = 0; i < exports->n_items; i++) {
        const Keys__Export *export = exports->items[i];
        if (*export->receipt && receipt_open(str(export->receipt), key, &receipt) == ERR_OK &&
            str_eq(str(ident_text("exp", receipt.export).text), id) &&
            str_eq(str_bytes(export->digest.data, export->digest.len),
                   str_bytes(receipt.archive, sizeof receipt.archive)))
            return true;
    }
    return false;
}

struct counts {
    int64_t handed, unaccepted, unreceipted, unlogged;
};

static err_t count(struct proving *proving, const struct handovers *handovers, struct counts *out)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Exports *exports = NULL;
    struct note_key key;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    TRY(keys_ask(proving->desk->channel, &(struct question){ASK_export_list, &in}, proving->desk->arena,
                 &exports));
    TRY(note_key_read(str(exports->key), &key));
    for (size_t at = 0; at < handovers->handed.len; at += EXP, out->handed++) {
        str_t id = str_bytes(handovers->handed.at + at, EXP);
        out->unaccepted += !holds(&handovers->accepted, id);
        out->unreceipted += !has_receipt(exports, &key, id);
    }
    for (size_t i = 0; i < exports->n_items; i++) {
        ident_t id;
        TRY(ident_from(str_bytes(exports->items[i]->id.data, exports->items[i]->id.len), &id));
        out->unlogged +=
            exports->items[i]->handed && !holds(&handovers->handed, str(ident_text("exp", id).text));
    }
    return ERR_OK;
}

static const char *fault_of(const struct log_walk *walk, const struct counts *counts)
{
    return walk->fault           ? walk->fault
           : counts->unaccepted  ? "something was extracted without the warning accepted"
           : counts->unreceipted ? "something was extracted without a receipt that holds"
           : counts->unlogged    ? "something was extracted that the log does not tell of"
                                 : NULL;
}

err_t check_handover(struct proving *proving, struct finding *out_finding)
{
    OWN(handovers)
    handovers = {.accepted = BUF(EXPORTS_MOST * EXP), .handed = BUF(EXPORTS_MOST * EXP)};
    struct log_walk walk = {.proving = proving, .look = handover_look, .with = &handovers};
    struct counts counts = {.handed = 0};
    TRY(log_walk(&walk));
    TRY(buf_end(&handovers.accepted));
    TRY(buf_end(&handovers.handed));
    TRY(count(proving, &handovers, &counts));
    const char *fault = fault_of(&walk, &counts);
    if (!fault && !counts.handed) {
        *out_finding = finding_put(proving, FINDING_NO_EVIDENCE, "nothing was extracted so far");
        return arena_end(proving->desk->arena);
    }
    *out_finding = finding_put(
        proving, fault ? FINDING_BROKEN : FINDING_KEPT,
        "%s%s%lld extractions: %lld accepted by the client's name, %lld with a receipt", fault ? fault : "",
        fault ? ": " : "", (long long)counts.handed, (long long)(counts.handed - counts.unaccepted),
        (long long)(counts.handed - counts.unreceipted));
    return arena_end(proving->desk->arena);
}
