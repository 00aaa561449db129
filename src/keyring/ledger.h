/* SPDX-License-Identifier: Apache-2.0
 *
 * The erasure ledger: one line for each subject, device or tenant whose keys were destroyed, and
 * for each tenant key that a rotation replaced and each legal hold that was released, in a file beside the keyring
 * and outside of every snapshot, written and synced before the destruction is. A restore leaves out what it names
 * (POLICY reading 4); a keyring that is put back from an older copy is destroyed again by it.
 *
 *     TRY(ledger_open(env, folder, &ledger));              reads it whole; a line that does not hold is named: BROKEN
 *     TRY(ledger_add(ledger, &(struct ledger_line){LEDGER_SUBJECT, tenant, subject, now}));
 *     bool gone = ledger_has(ledger, tenant, subject);
 *
 * The file is docs/formats/ledger.md: lines of text, each with a hash over itself and the line before, so that none can
 * be changed, dropped or moved without a trace; that the last ones are there, the keyring knows by their number and hash.
 * A crash leaves a last line that is cut: it is of a destruction that has not begun, and the next line takes its place.
 */
#pragma once
#include "crypt/seal.h"

enum ledger_kind { LEDGER_SUBJECT, LEDGER_DEVICE, LEDGER_TENANT, LEDGER_KEY, LEDGER_HOLD, LEDGER_KINDS };
struct ledger_line {
    enum ledger_kind kind;
    ident_t tenant, id;
    moment_t at; /* the file has it to the second */
};
struct ledger;
typedef struct ledger *ledger_own;
CHECKED err_t ledger_open(struct env *env, const char *folder, struct ledger **out_ledger);
CHECKED err_t ledger_add(struct ledger *ledger, const struct ledger_line *line);

/* Several, under one sync: all of them are there or, after a failure, those that a crash leaves. */
CHECKED err_t ledger_add_all(struct ledger *ledger, const struct ledger_line *lines, size_t count);

bool ledger_has(const struct ledger *ledger, ident_t tenant, ident_t id); /* or its tenant as a whole */
size_t ledger_count(const struct ledger *ledger);
const struct ledger_line *ledger_at(const struct ledger *ledger, size_t number);
str_t ledger_hash(const struct ledger *ledger, size_t count); /* of the first so many lines */
void ledger_drop(struct ledger **ledger);
