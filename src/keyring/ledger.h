/* SPDX-License-Identifier: Apache-2.0
 *
 * The erasure ledger: one line for each subject, device or tenant whose keys were destroyed, in a file beside the keyring
 * and outside of every snapshot, written and synced before the destruction is. A restore leaves out what it names
 * (POLICY reading 4); a keyring that is put back from an older copy is destroyed again by it.
 *
 *     TRY(ledger_open(env, folder, &ledger));              reads it whole; a line that does not hold is named: BROKEN
 *     TRY(ledger_add(ledger, &(struct ledger_line){LEDGER_SUBJECT, tenant, subject, now}));
 *     bool gone = ledger_has(ledger, tenant, subject);
 *
 * The file is docs/formats/ledger.md: lines of text, each with a hash over itself and the line before, so that none can
 * be changed, dropped or moved without a trace. A crash leaves a last line that is cut: it is of a destruction that has
 * not begun, and is taken away.
 */
#pragma once
#include "sys/env.h"

enum ledger_kind { LEDGER_SUBJECT, LEDGER_DEVICE, LEDGER_TENANT };
struct ledger_line {
    enum ledger_kind kind;
    ident_t tenant, id;
    moment_t at;
};
struct ledger;
typedef struct ledger *ledger_own;
CHECKED err_t ledger_open(struct env *env, const char *folder, struct ledger **out_ledger);
CHECKED err_t ledger_add(struct ledger *ledger, const struct ledger_line *line);
bool ledger_has(const struct ledger *ledger, ident_t tenant, ident_t id);
size_t ledger_count(const struct ledger *ledger);
void ledger_drop(struct ledger **ledger);
