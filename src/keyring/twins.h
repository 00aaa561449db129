/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies: a client's snapshot restored into another, empty client. Promise backup.restore. The rows come as they stand, under the
 * ids that they have and bound to the realm of the original (tenants.inherits). What is copied of access is exactly the
 * keys of the subjects that the snapshot's rows name: each private half, opened in a session of an owner of the original, is
 * sealed to the public key of the copy, as an entry of that client's own. From then on the copy's people open, hold, grant
 * and rotate with their own key alone, and nobody of them ever has the original's.
 *
 *     offered ─▶ counting ─▶ counted ─▶ sealing ─▶ filling ─▶ done
 *        │           └──────────┴──────────┴──────────┴─▶ ended        given up, or either of the two erased
 *        └ an owner of the empty client makes a code; an owner of the original brings it, with a snapshot (admit/copies.c)
 *
 * The entry of a subject that came with a copy is its twin: another id, since an id names one entry; rows, messages, logs and
 * people go on saying the subject's. Where a statement looks an entry up by what somebody named, or says which subject an
 * entry is of, one of these two stands in it, and is what it was given for all other clients:
 *
 *     "select public from entries where id = " ENTRY_OF("$2", "$1") " and tenant = $2"
 *     "select " SUBJECT_OF("held.subject") " from held …"             a column is said with its table
 *
 * An entry's `device` is the device's own id in a copy too; that of a device's entry is itself.
 *
 * Forgetting reaches both: whatever destroys an entry of the original destroys its twins, each by a line of its own in the
 * erasure ledger, told in both logs, and the copy's rows of a person go as if it had been forgotten there. Erasing the
 * original ends its copies' keys with its own. What is destroyed in a copy stays in the original. A legal hold in the copy
 * keeps what it names there, as a hold does.
 *
 * The cells of twins stand in shards of the copy's id, so that erasing either client ends all of them at once. A copy of a
 * copy is not made: its original is.
 */
#pragma once
#include "keyring/answer.h"

#define ENTRY_OF(tenant, subject) \
    "coalesce((select twins.id from twins where twins.tenant = " tenant " and twins.subject = " subject \
    "), " subject ")"
#define SUBJECT_OF(entry) "coalesce((select twins.subject from twins where twins.id = " entry "), " entry ")"

/* How many live devices of this id came here with a copy, 0 or 1: nothing of such a one is enrolled here. */
#define COPIED_DEVICE(tenant, device) \
    "(select count(*) from entries where id = " ENTRY_OF( \
        tenant, device) " and tenant = " tenant " and id <> " device \
                        " and kind = 'device' and dead is null)"

#define WORK_COPY      "copy"
#define WORK_COPY_LOOK "copy.look" /* which records and subjects there would be */

CHECKED err_t entry_of(struct ask *ask, ident_t tenant, ident_t subject, ident_t *out_entry);

/* As rows name it, whichever entry it is. */
CHECKED err_t subject_of(struct db *db, ident_t entry, ident_t *out_subject);

/* The realm that the client's records are bound to. */
CHECKED err_t realm_read(struct ask *ask, ident_t tenant, ident_t *out_realm);

/* BUSY while a copy into this client is under way: nothing may come into its store beside it. */
CHECKED err_t copy_settled(struct ask *ask, ident_t tenant);

/* The twins of an entry that is being destroyed. */
CHECKED err_t twins_reach(struct ask *ask, ident_t entry);

/* How many live twins a subject has, and how many of them a hold keeps where they are. */
CHECKED err_t twins_count(struct ask *ask, ident_t subject, int64_t *out_twins, int64_t *out_held);

/* A client is erased: its copies, and what it is a copy of, are told before; then their keys end with its own. */
CHECKED err_t twins_over_tell(struct ask *ask, ident_t tenant);
CHECKED err_t twins_over(struct keyring *keyring, const struct ledger_line *line);
