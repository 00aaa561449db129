/* SPDX-License-Identifier: Apache-2.0
 *
 * Entries for the evidence log of acts on the store, in the transaction of the act: what was done is told of, what was
 * taken back is not. They are carried to the journal of the keys process (collect/tell.h), and leave once they are there.
 * Numbers count a tenant's entries from 1, without a gap, so that one that was carried twice is known.
 */
#pragma once
#include "store/store.h"

CHECKED err_t outbox_put(struct tx *tx, str_t entry);

/* The first that is still here: its number, 0 where there is none; in the arena. */
CHECKED err_t outbox_first(struct tx *tx, arena_t *arena, int64_t *out_number, str_t *out_entry);
CHECKED err_t outbox_remove(struct tx *tx, int64_t number);
