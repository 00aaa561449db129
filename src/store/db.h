/* SPDX-License-Identifier: Apache-2.0
 *
 * One SQL database behind a small interface: SQLite, WAL, 16 KiB pages, synchronous FULL unless it is put off, secure_delete on.
 *
 *     OWN(db) db = NULL;
 *     TRY(db_open(path, &db));
 *     TRY(db_do(db, "insert into notes (id, text) values ($1, $2)", ID(id), T(text)));
 *
 *     OWN(rows) rows = {0};
 *     TRY(db_read(db, &rows, "select text from notes where id = $1", ID(id)));
 *     while (row_next(&rows))
 *         use(row_text(&rows, 0));
 *     return rows_end(&rows);                     the loop also ends on an error: ask which
 *
 * SQL is a literal; values go in as $1, $2 … only. What stands in a row lives until the next row_next(). Statements
 * are prepared once a connection and kept. A connection is used by one thread at a time.
 * A broken constraint is CONFLICT, a lock held past 5 s BUSY, a full disk BUSY, anything else BROKEN.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"

typedef struct db *db_own;

typedef struct {
    enum { ARG_NULL, ARG_TEXT, ARG_BYTES, ARG_NUMBER } kind;
    str_t bytes;
    int64_t number;
} arg_t;

#define T(text)  ((arg_t){ARG_TEXT, .bytes = (text)})
#define B(view)  ((arg_t){ARG_BYTES, .bytes = (view)})
#define N(count) ((arg_t){ARG_NUMBER, .number = (int64_t)(count)})
#define ID(id)   ((arg_t){ARG_BYTES, .bytes = ident_bytes(&(id))})
#define NONE     ((arg_t){ARG_NULL})

struct kept;
typedef struct {
    struct db *db;
    void *statement;
    struct kept *kept; /* NULL: a statement of its own */
    err_t state;
} rows_t;
typedef rows_t rows_own;

CHECKED err_t db_open(const char *path, struct db **out_db);

/* Of a file that nobody else knows, and that is begun anew after a crash: nothing is written twice, or synced. */
CHECKED err_t db_open_alone(const char *path, struct db **out_db);

/* Of a file that nobody writes to any more: nothing is written, beside it neither. */
CHECKED err_t db_open_still(const char *path, struct db **out_db);
void db_drop(struct db **db);

/* Many statements without arguments, from a schema. */
CHECKED err_t db_script(struct db *db, const char *sql);

/* The log of writes is folded into the file and emptied, so that what was deleted is in neither. BUSY while a reader
 * holds it. */
CHECKED err_t db_fold(struct db *db);

/* The same beside whoever reads and writes, as far as they let it; nothing is emptied. */
CHECKED err_t db_fold_beside(struct db *db);

/* For one act that writes a large part of the file: from now on the connection keeps ROOM_KIB of it in memory, until it is
 * taken back. What several have so is bounded together. More would be slower: a page that is written early is written into
 * memory that is there already, and one that is kept for the end needs some of its own. Its commits do not fold the log of
 * writes meanwhile: db_log_is_long() says whether there is reason to. */
enum { ROOM_KIB = 24 * 1024, LOG_PAGES = 1000 };
CHECKED err_t db_room(struct db *db, bool much);
bool db_log_is_long(const struct db *db);

/* For one that reads a large part of it: without a copy of its own. */
CHECKED err_t db_map(struct db *db, bool much);

CHECKED err_t db_run_args(struct db *db, const char *sql, const arg_t *args, size_t count);
CHECKED err_t db_read_args(struct db *db, rows_t *out_rows, const char *sql, const arg_t *args, size_t count);

#define DB_ARGS_(...) \
    ((const arg_t[]){NONE, ##__VA_ARGS__} + 1), \
        (sizeof((const arg_t[]){NONE, ##__VA_ARGS__}) / sizeof(arg_t) - 1)
#define db_do(db, sql, ...)         db_run_args(db, "" sql "", DB_ARGS_(__VA_ARGS__))
#define db_read(db, rows, sql, ...) db_read_args(db, rows, "" sql "", DB_ARGS_(__VA_ARGS__))

/* Commits of a connection that puts syncing off are whole and in order, and on the disk once db_log_sync() has returned
 * OK after them. That may be called on another thread than the one that uses the connection, with what db_log() gave
 * after the commit; it lives as long as the connection. */
struct db_log;
CHECKED err_t db_sync_apart(struct db *db);
struct db_log *db_log(struct db *db);
CHECKED err_t db_log_sync(struct db_log *log);

/* What was written so far is begun to be brought to the disk, so that the sync at the end of a long act has less to wait
 * for. Nothing depends on it. */
void db_push(struct db *db);

int64_t db_changed(struct db *db); /* rows the last statement changed */

bool row_next(rows_t *rows);
str_t row_text(const rows_t *rows, int column); /* or bytes; {NULL, 0} for null */
int64_t row_number(const rows_t *rows, int column);
ident_t row_ident(const rows_t *rows, int column); /* zero for null */
bool row_is_null(const rows_t *rows, int column);
CHECKED err_t rows_end(const rows_t *rows);
void rows_drop(rows_t *rows);

/* What a query gives as a whole: the one number of its one row, or the ids of its first column, 16 bytes each, where an
 * act changes what it has found. */
CHECKED err_t db_number_args(struct db *db, int64_t *out_number, const char *sql, const arg_t *args,
                             size_t count);
CHECKED err_t db_idents_args(struct db *db, buf_t *out_ids, const char *sql, const arg_t *args, size_t count);
#define db_number(db, out, sql, ...) db_number_args(db, out, "" sql "", DB_ARGS_(__VA_ARGS__))
#define db_idents(db, out, sql, ...) db_idents_args(db, out, "" sql "", DB_ARGS_(__VA_ARGS__))
#define for_each_ident(id, ids) \
    for (ident_t id, *at_ = (ident_t *)(void *)(ids)->at; \
         (ids)->len && at_ < (ident_t *)(void *)((ids)->at + (ids)->len) && (id = *at_, true); at_++)

/* One row: MISSING where there is none. The caller still owns the rows and what stands in them. */
CHECKED err_t row_one(rows_t *rows);
