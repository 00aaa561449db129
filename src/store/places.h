/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of a tenant's file as rows that are moved without being understood: what a snapshot copies, a restore puts
 * back, an export reads and a count weighs. One list names every table and column; the test walks the schema and fails for
 * one that is in neither the list nor its exceptions.
 *
 *     for_each_place(place) TRY(place_rows(tx, place, &(struct place_span){0}, take_row, with));
 *     TRY(place_put(tx, place, &row));          whole, whatever stood under its key
 *     TRY(place_remove(tx, place, key));
 *
 * A row is its columns in the place's order, encoded as docs/formats/snapshot.md says; its key is the encoding of the
 * first `keys` of them, and compares bytewise as the rows are ordered. The tenant's column is not part of it: it is
 * bound by the transaction, so that a row of another tenant cannot be put.
 *
 * Which rows changed since a cut is known without looking for them:
 *
 *     TRY(place_changed(tx, place, key));                     by whoever writes or deletes a row, in the same act
 *     TRY(changes_cut(tx, &cut));                             within a writing act: what comes later is of the next cut
 *     TRY(changes_read(tx, place, cut, take_change, with));   each key once; a key without a row was deleted
 *     TRY(changes_forget(tx, cut));                           when a snapshot holds them
 *
 * A row that changes often is noted once a cut: after that it costs a look-up. Keys that were noted and have no row are
 * the tombstones.
 *
 * `seq` of a row that is put back is taken anew: it never goes back. Promises backup.*, POLICY reading 4.
 */
#pragma once
#include "store/store.h"

enum { PLACE_COLUMNS = 16, MAX_KEY = 64, MAX_ROW = 6 * 1024 * 1024 };

typedef enum { COLUMN_NUMBER, COLUMN_BYTES, COLUMN_TEXT } column_kind_t; /* each may be null */

struct column {
    const char *name;
    column_kind_t kind;
};

/* What its rows weigh for (retain.capacity). */
enum weight { WEIGHS_INVENTORY, WEIGHS_LAUNCHES, WEIGHS_VIDEOS, WEIGHS_POLICIES, WEIGHS_OTHER, WEIGHT_COUNT };

struct place {
    int number; /* in snapshots: never used again */
    const char *name;
    restore_t restore;
    enum weight weight;
    const struct column *columns;
    size_t count, keys;
    int subject,
        device; /* which column names the subject, the device; -1: none. Of a device's own row both are its id */
};

extern const struct place *const places[]; /* in the order of their numbers; NULL-ended */
#define for_each_place(p) for (const struct place *const *p##_at = places, *p; (p = *p##_at); p##_at++)
const struct place *place_numbered(int number);
const struct place *place_of(const concept_t *c);

/* Rows whose keys lie in [from, until), in the order of their keys; an empty `until` is the end. */
struct place_span {
    str_t from, until;
};
typedef err_t (*place_take_t)(void *with, str_t key, str_t row);
CHECKED err_t place_rows(struct tx *tx, const struct place *place, const struct place_span *span,
                         place_take_t take, void *with);
CHECKED err_t place_row(struct tx *tx, const struct place *place, str_t key, buf_t *out_row, bool *out_there);
CHECKED err_t place_put(struct tx *tx, const struct place *place, str_t row);
CHECKED err_t place_remove(struct tx *tx, const struct place *place, str_t key);

/* Reading a row without the store: the value of one column. */
struct value {
    bool is_null;
    int64_t number;
    str_t bytes;
};
CHECKED err_t row_value(const struct place *place, str_t row, size_t column, struct value *out_value);
CHECKED err_t row_key(const struct place *place, str_t row, str_t *out_key);

CHECKED err_t place_changed(struct tx *tx, const struct place *place, str_t key);
CHECKED err_t changes_cut(struct tx *tx, int64_t *out_cut);
typedef err_t (*change_take_t)(void *with, str_t key);
CHECKED err_t changes_read(struct tx *tx, const struct place *place, int64_t up_to, change_take_t take,
                           void *with);
CHECKED err_t changes_forget(struct tx *tx, int64_t up_to);

/* Bytes and rows by what they weigh for, kept in the same transaction as the rows (table `weights`), and the same
 * counted anew, which has to give no difference. */
struct weights {
    int64_t rows[WEIGHT_COUNT], bytes[WEIGHT_COUNT];
};
CHECKED err_t weights_read(struct tx *tx, struct weights *out_weights);
CHECKED err_t weights_count(struct tx *tx, struct weights *out_weights);
CHECKED err_t weights_add(struct tx *tx, enum weight weight, int64_t rows, int64_t bytes);
