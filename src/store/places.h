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
 *     TRY(place_changed(tx, place, key));                      by whoever writes or deletes a row, in the same act
 *     TRY(changes_cut(tx, &cut));                              within a writing act: what comes later was after it
 *     TRY(changes_read(tx, place, since, take_change, with));  each key once, in order; one without a row was deleted
 *     TRY(changes_forget(tx, cut, seen));                      what was before it: a snapshot holds them
 *     TRY(changes_back(tx, earlier));                          the rows are those of that cut again, but for what is noted
 *
 * A cut is a number of the tenant's counter (`seq`), so none is ever made twice. Nothing is noted before the first one.
 * changes_read() gives all that the reader's transaction sees changed since that cut, acts after a later cut included:
 * rows at `since` with these put over them are the rows of the transaction. MISSING where that cut is not there, or was
 * forgotten. A row that changes often is noted once a cut: after that it costs a look-up. Rows of launch_segments are
 * only ever added, under a key that is their seq: what is newer than a cut is found by it. `seen` is changes_counter()
 * as the transaction saw it that a snapshot was read in: no snapshot holds a row that was added after it, and when such
 * a one goes it is not noted.
 *
 * Whoever writes by statements of its own says before each what leaves, and after it what has come:
 *
 *     TRY(place_leaves(tx, place, key));                       noted as changed, and weighed out if it is there
 *     weights_come(tx, place, bytes);                          weighed in; or, where that is not at hand, place_comes()
 *
 * What a row weighs is the length of its bytes and texts, 8 for each number, and for a blob's row its file too.
 *
 * `seq` of a row that is put back is taken anew, unless it is part of its key: it never goes back. Promises backup.*,
 * POLICY reading 4.
 */
#pragma once
#include "store/store.h"

enum { PLACE_COLUMNS = 16, MAX_KEY = 64, MAX_ROW = 9 * 1024 * 1024 };

typedef enum { COLUMN_NUMBER, COLUMN_BYTES, COLUMN_TEXT } column_kind_t; /* each may be null */

struct column {
    const char *name;
    column_kind_t kind;
    int64_t before; /* a number that came later: what it is in a row from before */
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
    bool appended;    /* the key is the row's seq: rows are added and removed, not changed */
    bool clustered;   /* rows stand in the order of their keys; else in that in which they came */
    unsigned indexed; /* columns, as bits, that an index besides the key's has; not said of clustered ones */
    size_t sized;     /* the column that says how long the file behind the row is; 0: there is none */
};

extern const struct place *const places[]; /* in the order of their numbers; NULL-ended */
#define for_each_place(p) for (const struct place *const *p##_at = places, *p; (p = *p##_at); p##_at++)
const struct place *place_numbered(int number);
const struct place *place_of(const concept_t *c);

/* A key out of its parts: numbers, and ids. */
enum { KEY_NUMBER = 8, KEY_ID_SIZE = 16 };
typedef struct {
    char at[MAX_KEY];
    size_t len;
} place_key_t;
void key_number(place_key_t *key, int64_t number);
void key_ident(place_key_t *key, ident_t id);
int key_compare(str_t a, str_t b); /* as memcmp() tells it */
static inline str_t key_str(const place_key_t *key) { return (str_t){key->at, key->len}; }

/* Rows whose keys lie in [from, until), in the order of their keys; an empty `until` is the end. */
struct place_span {
    str_t from, until;
};
typedef err_t (*place_take_t)(void *with, str_t key, str_t row);
CHECKED err_t place_rows(struct tx *tx, const struct place *place, const struct place_span *span,
                         place_take_t take, void *with);
CHECKED err_t place_row(struct tx *tx, const struct place *place, str_t key, buf_t *out_row, bool *out_there);

/* place_row() of many keys, each behind the one before, while nobody writes. Where rows stand in the order of their keys the
 * next ones are looked at before one is looked for. */
struct place_walk {
    struct tx *tx;
    const struct place *place;
    struct walked *own;
};
typedef struct place_walk place_walk_own;
CHECKED err_t place_walk_row(struct place_walk *walk, str_t key, buf_t *out_row, bool *out_there);
void place_walk_drop(struct place_walk *walk);

CHECKED err_t place_put(struct tx *tx, const struct place *place, str_t row);
CHECKED err_t place_remove(struct tx *tx, const struct place *place, str_t key);

/* Reading a row without the store: the value of one column. */
struct value {
    bool is_null;
    int64_t number;
    str_t bytes;
};
CHECKED err_t row_value(const struct place *place, str_t row, size_t column, struct value *out_value);
CHECKED err_t row_key(const struct place *place, str_t row, place_key_t *out_key);

/* All columns of a row that has these, each in its form; INVALID for any other bytes. */
CHECKED err_t row_read(const struct column *columns, size_t count, str_t row, struct value *out_values);
void row_put_value(buf_t *row, column_kind_t kind, const struct value *value);
int64_t row_weight(const struct place *place, const struct value *values);

CHECKED err_t place_changed(struct tx *tx, const struct place *place, str_t key);
CHECKED err_t place_leaves(struct tx *tx, const struct place *place, str_t key);
/* And where in the file it stands; 0: it is not there, or stands by its key. */
CHECKED err_t place_leaves_at(struct tx *tx, const struct place *place, str_t key, int64_t *out_at);
CHECKED err_t place_comes(struct tx *tx, const struct place *place, str_t key);
CHECKED err_t place_remove_all(struct tx *tx, const struct place *place);

CHECKED err_t changes_cut(struct tx *tx, int64_t *out_cut);
typedef err_t (*change_take_t)(void *with, str_t key);
CHECKED err_t changes_read(struct tx *tx, const struct place *place, int64_t since, change_take_t take,
                           void *with);
CHECKED err_t changes_forget(struct tx *tx, int64_t cut, int64_t seen);
CHECKED err_t changes_counter(struct tx *tx, int64_t *out_seq);
CHECKED err_t changes_back(struct tx *tx, int64_t cut); /* within an act that began with nothing noted */
CHECKED err_t changes_known(struct tx *tx, int64_t cut, bool *out_known); /* there, and not forgotten */

/* Bytes and rows by what they weigh for, kept in the same transaction as the rows (table `weights`), and the same
 * counted anew, which has to give no difference. */
struct weights {
    int64_t rows[WEIGHT_COUNT], bytes[WEIGHT_COUNT];
};
CHECKED err_t weights_read(struct tx *tx, struct weights *out_weights);
CHECKED err_t weights_count(struct tx *tx, struct weights *out_weights);
void weights_come(struct tx *tx, const struct place *place, int64_t bytes); /* one row more */
void weights_grow(struct tx *tx, const struct place *place, int64_t bytes); /* a row that was there */
const char *weight_name(enum weight weight);
