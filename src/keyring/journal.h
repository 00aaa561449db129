/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal: entries of the evidence logs on their way into their logs, in the keyring's own database, so that an act
 * on keys and its entry share one commit. One log a tenant, one for the service (the zero id).
 *
 *     TRY(journal(ask, who.tenant, &(struct entry){ACT_TOKEN_MADE, .by = who_mention(&who), .on = &token, .on_count = 1}));
 *
 * An entry's number is its place in the log from the start: numbers are given out in commits, one after another, so that
 * none is ever missing. The jobs process takes entries out of here, makes the log's files of them, and asks for a signed
 * checkpoint; the root that is signed is computed here, from the journal itself, so that nothing but the journal can come
 * into a log. With the signature the entries leave the journal, and the checkpoint is kept: a log whose files do not
 * lead to that root is broken.
 *
 * Each checkpoint is signed by the log's key, and a second time together with the moment, as witnesses do (C2SP
 * tlog-cosignature): anew each CLOCK_MS, whether anything happened or not, so that silence can be told from an end.
 */
#pragma once
#include "keyring/answer.h"
#include "log/entry.h"
#include "tlog/note.h"

enum { CLOCK_MS = 60 * 1000 };

CHECKED err_t journal(struct ask *ask, ident_t log, const struct entry *entry);
/* The log's own key, for what else the service signs to a client: texts that no checkpoint begins like. */
CHECKED err_t journal_signer(struct ask *ask, ident_t log, struct note_signer *out_signer);
CHECKED err_t journal_ensure(struct ask *ask, ident_t log); /* makes the log where it is missing */
struct mention who_mention(const struct who *who);

/* A log as a message has it, from a row of these columns; and a tree's peaks as they stand in the keyring. */
#define LOG_COLUMNS "logs.id, logs.origin, logs.key, logs.clock, logs.entries, logs.size, logs.checkpoint"
CHECKED err_t log_from(struct ask *ask, const rows_t *rows, Keys__Log *out);
CHECKED err_t log_read(struct ask *ask, ident_t id, Keys__Log *out); /* with its witness */
struct tree;
void peaks_read(str_t bytes, struct tree *tree);

/* Lets a device report, or refuses it, by entry->act; the entry says who. */
CHECKED err_t device_turn(struct ask *ask, ident_t tenant, ident_t device, const struct entry *entry);

/* Which devices are not approved: the many are not listed to say that nothing is special about them. */
CHECKED err_t device_states(struct ask *ask, ident_t tenant, Keys__Devices *out);

/* A sign-in that was refused: counted, and told of once a minute and log at most, so that a flood of them does not fill
 * the log. refusals_tell() tells of those that were counted since. */
CHECKED err_t refusal_count(struct ask *ask, ident_t log);
CHECKED err_t refusals_tell(struct ask *ask);

/* A refusal that is written down, though its act was taken back: `told` runs in an act of its own, and the error stays what it
 * was, with its note. A crash between the two leaves it untold. And the entry, at most REFUSALS_TOLD an hour about one thing. */
enum { REFUSALS_TOLD = 60 };
CHECKED err_t refusal_write(struct ask *ask, err_t result, keyring_act_t told, void *with);
CHECKED err_t refusal_told(struct ask *ask, ident_t log, ident_t about, const struct entry *entry);

/* The common case: this member has done that to one thing. */
CHECKED err_t journal_one(struct ask *ask, const struct who *who, enum act act, struct mention on);
