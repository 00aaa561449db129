/* SPDX-License-Identifier: Apache-2.0
 *
 * One tenant inside one transaction, as the store's own files see it.
 */
#pragma once
#include "store/db.h"
#include "store/places.h"

struct tx {
    struct db *db;
    ident_t tenant;
    int64_t seq;       /* the next one of this tenant's counter; 0: reading */
    ident_t pass;      /* what this handle froze the tenant with; zero: it has not */
    int64_t high;      /* the counter is not below this, or the file is not the one it was */
    int64_t cut, seen; /* the last one, and its counter; only where they are known */
    bool cut_known;
    int64_t version; /* of what may be collected; only where it is known */
    bool version_known;
    struct weights weights; /* what the acts so far have added: it goes into the table with the commit */
};
CHECKED err_t changes_now(struct tx *tx, int64_t *out_cut); /* the last cut; 0: none */
CHECKED err_t place_all_leave(struct tx *tx, const struct place *place);
CHECKED err_t weights_all(struct tx *tx, const struct place *place, int64_t sign);
CHECKED err_t weights_flush(struct tx *tx);
CHECKED err_t weights_anew(struct tx *tx); /* what the table says is counted again */

/* `$1` is the tenant: bound here, never by a caller. The arguments given are $2 and on. */
CHECKED err_t tx_run_args(struct tx *tx, const char *sql, const arg_t *args, size_t count);
CHECKED err_t tx_read_args(struct tx *tx, rows_t *out_rows, const char *sql, const arg_t *args, size_t count);
#define tx_do(tx, sql, ...)         tx_run_args(tx, "" sql "", DB_ARGS_(__VA_ARGS__))
#define tx_read(tx, rows, sql, ...) tx_read_args(tx, rows, "" sql "", DB_ARGS_(__VA_ARGS__))

enum { TX_ARGS = 24 };

extern const char launch_schema[], blob_schema[], change_schema[],
    usage_schema[]; /* of the files with these names */
extern const struct place spools_place, launch_chains_place, launch_segments_place, launches_place,
    blobs_place;

/* How many launches a chain's rows hold, and their bytes; added. */
CHECKED err_t chain_measure(struct tx *tx, int64_t day, int64_t number, int64_t *io_count, int64_t *io_bytes);

struct env *store_env(const struct store *store);

/* The statements that places.c builds from the columns of each place, for the test that parses them too. */
enum place_verb {
    PLACE_SPAN,
    PLACE_KEYS,
    PLACE_ONE,
    PLACE_PUT,
    PLACE_REMOVE,
    PLACE_REMOVE_ALL,
    PLACE_WEIGHS, /* and where it stands, as PLACE_AT has it */
    PLACE_WEIGHS_ALL,
    PLACE_AT,      /* where the row of a key stands in the file; 0 where it stands by its key */
    PLACE_REWRITE, /* the row that stands there, but for its key and what has an index: not of clustered places */
    PLACE_VERBS
};
const char *place_sql(const struct place *place, enum place_verb verb);
bool place_counts(const struct place *place); /* seq stands beside the row, which is not known by it */
enum { KEY_ARGS = 4 };
/* The parts of a key as arguments, which look at its bytes; 0 for what is no key of this place. */
size_t key_args(const struct place *place, str_t key, arg_t out_args[KEY_ARGS]);
CHECKED err_t place_key_read(const struct place *place, str_t key,
                             arg_t out_args[KEY_ARGS]); /* INVALID for that */
arg_t place_arg(column_kind_t kind, const struct value *value);

/* A row put under its key, whatever stands there; neither noted nor weighed. */
CHECKED err_t place_row_write(struct tx *tx, const struct place *place, const struct value *values);

/* The control database, locked until the end of the scope. */
typedef struct {
    struct store *store;
    struct db *db;
} control_own;
control_own control_take(struct store *store);
void control_drop(control_own *control);

/* Fewer files at once than MAX_OPEN_TENANTS, for tests. */
void store_most(struct store *store, size_t most);

/* Within control_take(): closes a tenant's file and removes it. BUSY while an act uses it. */
CHECKED err_t file_remove(struct store *store, ident_t tenant);
CHECKED err_t file_shut(struct store *store, ident_t tenant); /* closes it alone */
CHECKED err_t file_weigh(struct store *store, ident_t tenant, struct tenant_files *out_files);

/* The statements that record.c builds from the concepts, for the test that parses them all. */
enum record_verb {
    VERB_PUT,
    VERB_OVER, /* the same for a row that is there, found by where it stands */
    VERB_REPLACE,
    VERB_ONE,
    VERB_OF,
    VERB_LIST,
    VERB_EXISTS,
    VERB_COUNTED,
    VERB_IDS_OF,
    VERB_OWNED,
    VERB_UNSEAL,
    VERB_OF_SUBJECT,
    VERB_IDS_OF_SUBJECT,
    VERB_COUNT
};
const char *record_sql(const concept_t *c, enum record_verb verb);
