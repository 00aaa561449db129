/* SPDX-License-Identifier: Apache-2.0
 *
 * What a restore does to the rows of one tenant, inside one act: brings what stands to what a snapshot has.
 *
 *     struct merge merge = {.snapshots = snapshots, .store = store, .ask = &ask, .reader = reader, .writes = true};
 *     TRY(store_write(store, tenant, act, &merge));         merge_all() in it; it may be run again
 *
 * `since` is a snapshot that what stands is the same as: then only the keys between the two are looked at. Without it
 * every row is. With `back` the next snapshot is to follow the one that is restored (changes_back()): noted as changed is
 * what ends as another than that has it, and nothing else.
 *
 * Three work at once: a thread that reads (_ahead.h), one that copies files (bring.h), and the caller, who writes rows. Memory:
 * what the snapshot's reader and _ahead.h take, a part of one table's rows, MERGE_PART bytes and one row at most, and what
 * store/bulk.h holds back.
 */
#pragma once
#include "snapshot/bring.h"
#include "snapshot/restore.h"
#include "store/bulk.h"

enum {
    MERGE_PART = 4 * 1024 * 1024,
    PLACE_FOLLOWINGS = 17,
    PLACE_CHAINS = 34,
    PLACE_BLOBS = 37, /* their numbers */
    MOST_PLACES = 32
};

/* Numbers of chains of launches' keys, sorted: the rows under them say nothing of whose they are. */
struct numbers {
    int64_t *at;
    size_t count, room;
};

struct merge {
    struct snapshots *snapshots;
    struct store *store; /* where the rows and blobs go */
    const struct restore_ask *ask;
    struct snapshot_reader *reader;
    const ident_t *since;
    bool writes, back;
    idents_t gone; /* of the tenant's subjects and devices those in the erasure ledger, sorted */
    struct restored done;
    /* while it runs */
    struct tx *tx;
    struct bulk *bulk;
    struct bringing *bringing;
    struct ahead *ahead;
    const struct place *places[MOST_PLACES + 1];
    bool may_link;
    struct numbers dead, device;
    int64_t seen;
};

/* Whose rows and blobs are written. */
static inline ident_t merge_into(const struct merge *merge)
{
    return merge->ask->copy ? merge->ask->copy->into : merge->ask->tenant;
}

CHECKED err_t merge_all(struct tx *tx, struct merge *merge);
CHECKED err_t merge_blobs_compare(struct tx *tx,
                                  struct merge *merge); /* each file that rows name, with its digest */
void merge_end(struct merge *merge);
