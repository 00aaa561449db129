/* SPDX-License-Identifier: Apache-2.0
 *
 * One tenant inside one transaction, as the store's own files see it.
 */
#pragma once
#include "store/db.h"
#include "store/store.h"

struct tx {
    struct db *db;
    ident_t tenant;
    int64_t seq; /* the next one of this tenant's counter; 0: reading */
};

/* `$1` is the tenant: bound here, never by a caller. The arguments given are $2 and on. */
CHECKED err_t tx_run_args(struct tx *tx, const char *sql, const arg_t *args, size_t count);
CHECKED err_t tx_read_args(struct tx *tx, rows_t *out_rows, const char *sql, const arg_t *args, size_t count);
#define tx_do(tx, sql, ...)         tx_run_args(tx, "" sql "", DB_ARGS_(__VA_ARGS__))
#define tx_read(tx, rows, sql, ...) tx_read_args(tx, rows, "" sql "", DB_ARGS_(__VA_ARGS__))

enum { TX_ARGS = 24 };

extern const char launch_schema[]; /* of store/launches.c */

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

/* The statements that record.c builds from the concepts, for the test that parses them all. */
enum record_verb {
    VERB_PUT,
    VERB_REPLACE,
    VERB_ONE,
    VERB_OF,
    VERB_LIST,
    VERB_EXISTS,
    VERB_COUNTED,
    VERB_REMOVE,
    VERB_REMOVE_OWNED,
    VERB_REMOVE_OF,
    VERB_REMOVE_ALL,
    VERB_UNSEAL,
    VERB_COUNT
};
const char *record_sql(const concept_t *c, enum record_verb verb);
