/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgetting a person: it is put down, with its entry in the log and with all that takes a session, in one commit; with the
 * next the keys of their accounts and of their membership are destroyed, and what wraps a copy of those with them. Only
 * then it is answered. Promise person.forget.
 *
 *     look      what it would reach here, and what is in the way
 *     forget    by the password typed again; then, without anybody's doing:
 *
 *     forgotten ──▶ dropped    no writer holds a data key of theirs: each said so, or its lease has run out
 *               ──▶ removed    the rows that nobody can read any more are gone from the store
 *               ──▶ rolled     copies of the keyring that were made before open nothing of theirs
 *
 * What is known of whom it was are ids. A crash before the first commit leaves nothing done; after it the keys go at the next
 * start, before anything is answered, as they do within a minute where there was no room for it; and the rest is found
 * again by forget_due, at each start and each minute.
 *
 * Each endpoint of theirs is told which accounts to withhold, by a note that this session signs (tlog/withhold.h). It names
 * all of that device's; lifting makes one without them. An account of an endpoint that speaks through a foreign agent
 * cannot be withheld there; what is told of it finds its dead key, and is discarded.
 */
#pragma once
#include "keyring/answer.h"

enum { FORGET_MOST = 256, WRITERS_MS = 60 * 1000, FORGOTTEN_LIST = 1000 };

/* What the clock ends, within an act. */
CHECKED err_t forgotten_due(struct ask *ask);

/* A new note for a device, of all its accounts that are forgotten and not lifted; into `*out_note`, which is the arena's. */
CHECKED err_t device_withhold(struct ask *ask, const struct who *who, ident_t device,
                              Keys__Withheld **out_note);

/* What the key that withholds is made of, in a session that has the tenant's key. */
CHECKED err_t withholder_seed(struct ask *ask, const struct who *who, struct key *out_seed);

/* The message of one that is kept. */
CHECKED err_t forgotten_message(struct ask *ask, ident_t id, Keys__Forgotten *out);
