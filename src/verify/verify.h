/* SPDX-License-Identifier: Apache-2.0
 *
 * custody-verify: whether a log, an approval or a certificate is what it says, looked at from outside and offline. One run:
 * what was typed, and what was found.
 *
 * A command looks and either finds the log good, or says which kind of bad it is:
 *
 *     return find(verify, FORKED, "two checkpoints of %llu entries with different roots", size);
 *
 * That is ERR_LOCKED for the code in between, which hands it on; every other error is one of the run itself: a word
 * mistyped, a file that is not there, a disk that fails. Both tables below are the program's exit statuses, its man page
 * and its JSON.
 */
#pragma once
#include "sys/env.h"
#include "tlog/approval.h"
#include "tlog/certificate.h"
#include "tlog/checkpoint.h"
#include "tlog/receipt.h"

/* clang-format off */
/*    name         said           exit  meaning */
#define VERDICTS(V) \
    V(GOOD,        "good",          0, "whole, and signed by the key") \
    V(NO_LOG,      "not a log",    10, "no checkpoint, no log or no proof: what is there has another form") \
    V(WRONG_KEY,   "wrong key",    11, "signed by others, or the checkpoint of another log") \
    V(TAMPERED,    "tampered",     12, "changed after it was signed") \
    V(TRUNCATED,   "truncated",    13, "something that the checkpoint covers is missing or ends too early") \
    V(REORDERED,   "reordered",    14, "the same entries, in another order than the one that was signed") \
    V(FORKED,      "forked",       15, "two checkpoints, both signed, that one log cannot have: show them to others") \
    V(STALE,       "stale",        16, "older than what was seen before") \
    V(UNWITNESSED, "unwitnessed",  17, "a witness that was asked for has not cosigned") \
    V(NO_APPROVAL, "no approval",  18, "what is there is not of the form of an approval") \
    V(OTHER_SCOPE, "other devices", 19, "an approval, for other devices than those that were named") \
    V(NO_CERTIFICATE, "no certificate", 20, "what is there is not of the form of a certificate of erasure") \
    V(OTHER_ENTRY, "other entry",  21, "a certificate, and a proof that is of something else") \
    V(LATE,        "late",         22, "a certificate that is signed and whole, by which something was not done in the time that was promised") \
    V(NO_RECEIPT,  "no receipt",   23, "what is there is not of the form of a receipt") \
    V(OTHER_ARCHIVE, "other archive", 24, "a receipt, for another archive than the one that was named") \
    V(GAP,         "gap",          25, "whole, and signed by the key; and an entry's number is not its place: one is missing")

enum verdict {
#define V(name, said, exit, meaning) name,
    VERDICTS(V)
#undef V
    VERDICT_COUNT
};

/*    status code      of a witness's answer */
#define ANSWERS(A) \
    A(200,   OK,       "cosigned: a signature line") \
    A(400,   INVALID,  "not a question, or an old size past the new one") \
    A(403,   DENIED,   "not signed by the log") \
    A(404,   MISSING,  "a log that the witness does not know") \
    A(409,   CONFLICT, "another size was cosigned last, which is the answer; or another root of that size") \
    A(422,   LOCKED,   "the proof does not lead from what was cosigned last to the checkpoint") \
    A(503,   BUSY,     "the witness's disk failed")

/*    member     option       value        most         what it is */
#define OPTIONS(O) \
    O(key,       "--key",     "VKEY",      KEYS_MAX,    "the public key of the log, the approval or the certificate, name+id+key; for a witness one for each log it knows") \
    O(witness,   "--witness", "VKEY",      KEYS_MAX,    "a witness's public key: it has to have cosigned") \
    O(log,       "--log",     "DIR",       1,           "a folder with the log's tiles, as it publishes them") \
    O(proof,     "--proof",   "FILE",      1,           "the hashes of a consistency proof, one in base64 a line; for a certificate its .tlog-proof") \
    O(log_key,   "--log-key", "VKEY",      1,           "the public key of the log that a certificate's proof is of") \
    O(entry,     "--entry",   "FILE",      1,           "the entry, byte for byte; else it is what the proof carries as extra data") \
    O(state,     "--state",   "DIR",       1,           "the witness's folder: its key, and what it cosigned last") \
    O(name,      "--name",    "NAME",      1,           "what the witness is called in its signatures, such as client.example/witness") \
    O(listen,    "--listen",  "HOST:PORT", 1,           "answer over HTTP here until SIGTERM; HOST is a number, port 0 is any free one") \
    O(once,      "--once",    NULL,        1,           "answer one question from standard input, on standard output") \
    O(new_key,   "--new-key", NULL,        1,           "make the witness's key, once, and print its public half") \
    O(device,    "--device",  "DEVICE",    DEVICES_MAX, "a device, of all that the approval has to be for, and no other") \
    O(archive,   "--archive", "FILE",      1,           "the archive that a receipt is for, sealed as it was downloaded") \
    O(json,      "--json",    NULL,        1,           "print JSON") \
    O(help,      "--help",    NULL,        1,           "say what there is") \
    O(version,   "--version", NULL,        1,           "print the version")
/* clang-format on */

enum { KEYS_MAX = 16, DEVICES_MAX = 256, WORDS_MAX = 4, DETAIL_MAX = 512 };

/* What was given for an option, NULL for nothing; a switch is its own name. */
struct options {
#define O(member, name, value, most, help) const char *member[most];
    OPTIONS(O)
#undef O
};

struct keys {
    size_t count;
    struct note_key at[KEYS_MAX];
};

struct command;
struct verify {
    struct env *env;
    FILE *out, *err;
    int in;
    struct options options;
    const char *words[WORDS_MAX]; /* the command's arguments */
    size_t count;
    const struct command *command;
    struct keys keys, log_keys, witnesses;

    enum verdict verdict;
    char detail[DETAIL_MAX];
    bool has_checkpoint, has_index;
    char origin[MAX_NAME + 1];
    uint64_t size, index, cosigned[KEYS_MAX]; /* seconds since 1970, for each witness */
    hash_t root;
    bool has_receipt;
    char receipt_note[RECEIPT_MAX]; /* which the receipt's texts are views of */
    struct receipt receipt;
    bool has_approval;
    struct approval approval;
    bool has_certificate;
    struct certificate certificate;
    char note[CERTIFICATE_MAX]; /* which the texts of those two are views of */
};

/* The whole run, from the arguments after the program's name to the exit status. */
int verify_run(struct verify *verify, char **arguments);

err_t find(struct verify *verify, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct command {
    const char *name, *arguments, *options, *help;
    err_t (*run)(struct verify *verify);
    bool is_check; /* ends with a verdict; others have printed what they had to */
};
extern const struct command commands[];
#define for_each_command(c) for (const struct command *c = commands; c->name; c++)

struct option {
    const char *name, *value, *help;
    size_t at, count; /* in struct options, and how often it may be given */
};
extern const struct option option_table[];
#define for_each_option(o) for (const struct option *o = option_table; o->name; o++)

struct verdict_info {
    const char *said, *meaning;
    int exit;
};
const struct verdict_info *verdict_info(enum verdict verdict);

CHECKED err_t parse(struct verify *verify, char **arguments);

/* "checkpoint FILE --key VKEY [--witness VKEY…]" */
void usage_put(buf_t *out, const struct command *command);
void man_put(buf_t *out);

CHECKED err_t check_checkpoint(struct verify *verify);
CHECKED err_t check_consistency(struct verify *verify);
CHECKED err_t check_log(struct verify *verify);
CHECKED err_t check_proof(struct verify *verify);
CHECKED err_t check_approval(struct verify *verify);
CHECKED err_t check_receipt(struct verify *verify);
void plain_put(buf_t *out, str_t text);
void receipt_report(const struct receipt *receipt, buf_t *out);
void receipt_json(const struct receipt *receipt, buf_t *out);
CHECKED err_t check_certificate(struct verify *verify);

/* A .tlog-proof, checked by verify->keys, and the entry that it is of. */
CHECKED err_t proof_check(struct verify *verify, const char *path, buf_t *out_entry);
CHECKED err_t run_witness(struct verify *verify);
CHECKED err_t run_man(struct verify *verify);
