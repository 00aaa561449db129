/* SPDX-License-Identifier: Apache-2.0
 *
 * What writer and reader of a segment share: how its parts are bound to their places in the file.
 */
#pragma once
#include "snapshot/segment.h"

#define SEGMENT_MAGIC "custody segment 1\n"
enum {
    SEGMENT_VERSION = 1,
    SEGMENT_TAIL = 8, /* where the end stands in the file */
    MAX_HEAD = 4096,
    MAX_FRAME_BYTES = MAX_ROW + SEGMENT_FRAME + 64,
    MAX_INDEX = 64 * 1024 * 1024,
};

/* Additional data of a frame, so that none can be moved, dropped, repeated or taken from another file. */
typedef struct {
    char at[sizeof(ident_t) + 9];
} frame_ad_t;
frame_ad_t frame_ad(ident_t segment, uint64_t number, bool is_last);
static inline str_t ad_str(const frame_ad_t *ad) { return str_bytes(ad->at, sizeof ad->at); }

void segment_head_put(const struct segment *about, const struct place *place, const struct key *key,
                      buf_t *out_plain);
CHECKED err_t segment_fail(const char *what, ident_t id);

/* The place of a table in a snapshot: of a tenant's file, or one that only snapshots have (snapshot/tables.h). NULL: not
 * known any more. */
const struct place *table_numbered(int number);
