/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot on its way: what the parts of taking one share. take.c decides and finishes, table.c writes one table,
 * subjects.c gathers whom the rows are sealed to, copies.c copies blobs.
 */
#pragma once
#include "snapshot/_files.h"
#include "snapshot/_segment.h"
#include "snapshot/tables.h"

enum { MOST_FRESH = 512, SUBJECTS_ROOM = 1 << 17 };

/* A set of ids, until it is full. */
struct subjects {
    ident_t *at; /* slots: a power of two; the zero id is none */
    size_t slots, count;
};

struct taking {
    struct snapshots *snapshots;
    ident_t tenant, realm;
    const char *folder;
    struct key outer;
    arena_t *arena;                  /* of the manifests */
    const struct manifest *previous; /* NULL: none that this one can follow */
    int64_t cut, seen;
    struct segment *fresh; /* what was written, MOST_FRESH of them */
    size_t fresh_count;
    struct subjects subjects;
    struct manifest_blob *blobs;
    size_t blob_count;
    buf_t wrong; /* files that nothing is built on */
};
typedef struct taking taking_own;
void taking_drop(struct taking *taking);

/* Within the act that reads all of it. */
CHECKED err_t table_take(struct taking *taking, struct tx *tx, const struct place *place);
CHECKED err_t table_begin(struct taking *taking, int table, int64_t from, struct segment_writer **out_writer);
CHECKED err_t table_end(struct taking *taking, struct segment_writer *writer);

CHECKED err_t subjects_add(struct taking *taking, const struct place *place, str_t row);
CHECKED err_t subjects_take(struct taking *taking);

CHECKED err_t blobs_take(struct taking *taking, struct tx *tx);
CHECKED err_t copies_take(struct taking *taking, bool *out_same_device);
