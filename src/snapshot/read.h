/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a snapshot back: its rows in the order of their keys, merged over the segments that its manifest names, newest
 * first. Nothing is given out that has not been authenticated: manifest by its signature, segments by the outer key, each
 * frame before a row of it is seen. A file that does not hold is named (ERR_BROKEN), and nothing of the snapshot is used.
 *
 *     OWN(snapshot_reader) reader = NULL;
 *     TRY(snapshot_open(&snapshots, tenant, id, &reader));
 *     for_each_place(place) {
 *         OWN(place_reader) rows = NULL;
 *         TRY(place_read(reader, place, &rows));
 *         while (place_next(rows)) … rows->key, rows->row            until the next one
 *         TRY(place_end(rows));
 *     }
 *
 * A column that a row of an older release has not got is null; one that is not there any more is left out.
 *
 * `place_read_changed` gives only what may differ from another snapshot of the same tenant: the keys in segments that one of
 * them has alone, with the rows of both (`row`, `other`), or without one (`at` NULL) where there is none.
 *
 * place_find() looks for one key after the other, each behind the one before: what lies between them is not opened, a
 * frame of 256 KiB at a time. It takes the place of place_next().
 */
#pragma once
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"

struct snapshot_reader;
typedef struct snapshot_reader *snapshot_reader_own;
CHECKED err_t snapshot_open(struct snapshots *snapshots, ident_t tenant, ident_t id,
                            struct snapshot_reader **out_reader);
void snapshot_reader_drop(struct snapshot_reader **reader);
const struct snapshot *snapshot_about(const struct snapshot_reader *reader);

struct place_reader {
    str_t key, row, other;
    struct place_reading *own;
};
typedef struct place_reader *place_reader_own;
CHECKED err_t place_read(struct snapshot_reader *reader, const struct place *place,
                         struct place_reader **out_rows);
CHECKED err_t place_read_changed(struct snapshot_reader *reader, const struct place *place, ident_t other,
                                 struct place_reader **out_rows);
bool place_next(struct place_reader *rows);
bool place_find(struct place_reader *rows, str_t key);
CHECKED err_t place_end(struct place_reader *rows);
void place_reader_drop(struct place_reader **rows);

/* The copy of a blob that its rows name, once it was read and its digest is right. MISSING where the snapshot has none. */
const struct manifest_blob *snapshot_blob_named(const struct snapshot_reader *reader,
                                                ident_t id); /* or NULL */
CHECKED err_t snapshot_blob_path(const struct snapshot_reader *reader, ident_t id,
                                 buf_t *out_path); /* not read */
CHECKED err_t snapshot_blob(struct snapshot_reader *reader, ident_t id, buf_t *out_path);
const struct manifest *snapshot_manifest(const struct snapshot_reader *reader);
