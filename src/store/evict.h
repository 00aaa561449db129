/* SPDX-License-Identifier: Apache-2.0
 *
 * The oldest that is kept of a kind, and its going: rows, keys and index in one act. What is held stays: `held` are the
 * ids of subjects and devices, sorted by their bytes.
 *
 *     TRY(launches_oldest(tx, &held, &day));                  no content is read; what stands before it is held
 *     TRY(launches_evict(tx, &(struct evict_ask){.day = day, .held = &held}, &gone));     EVICT_MOST of that day
 *
 * Launches go by whole chains (store/launches.h), each with the box that holds its key, its digests and its rows: what is
 * left opens, and what is gone cannot be. Videos go by their rows here, and their files after the commit
 * (blob_file_remove); what a crash leaves of that the sweep takes.
 */
#pragma once
#include "store/blobs.h"
#include "store/launches.h"

enum { NO_DAY = -1, EVICT_MOST = 256 /* chains or videos in one act */ };

struct evict_ask {
    int64_t day;
    const idents_t *held;
    int64_t bytes; /* of videos: no more than are needed for this */
};
struct evicted {
    int64_t count, bytes; /* launches, or videos */
    bool more;            /* there is more of that day */
};

bool is_held(const idents_t *held, ident_t id);

CHECKED err_t launches_oldest(struct tx *tx, const idents_t *held, int64_t *out_day); /* NO_DAY: none */
CHECKED err_t launches_evict(struct tx *tx, const struct evict_ask *ask, struct evicted *out_gone);

/* Those whose files are to be removed, too. */
CHECKED err_t videos_oldest(struct tx *tx, const idents_t *held, int64_t *out_day);
CHECKED err_t videos_evict(struct tx *tx, const struct evict_ask *ask, ident_t out_ids[EVICT_MOST],
                           struct evicted *out_gone);

/* How much of a kind is of days before this one and not held: what would go. It reads what it counts. */
struct older {
    int64_t count, bytes, first, last; /* days; NO_DAY: none */
};
CHECKED err_t launches_older(struct tx *tx, const idents_t *held, int64_t before, struct older *out_older);
CHECKED err_t videos_older(struct tx *tx, const idents_t *held, int64_t before, struct older *out_older);
