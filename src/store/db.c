/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

enum { KEPT = 192, BUSY_MS = 5000, MOST_ARGS = 32 };

/* A connection that is busy may keep more pages than its share; all together keep no more than this, and so many of those
 * that were given room what they were given. */
enum { CACHE_TOTAL = 8 * 1024 * 1024, ROOMY_AT_ONCE = 2 };
static atomic_int roomy;

/* Where $1, $2 … are bound: in the order in which they first stand in the text; 0: it has none of that number. */
struct order {
    uint8_t at[MOST_ARGS];
};

/* Statements are found by the address of their text: a literal has one, and a built text is kept by its builder. */
struct kept {
    const char *sql;
    sqlite3_stmt *statement;
    bool in_use;
    struct order order;
};

struct db {
    sqlite3 *lite;
    struct kept kept[KEPT];
    size_t kept_count;
    bool roomy;
    int log_pages; /* as the last commit left it while it had room */
    bool alone;    /* what is written goes into the file, and not into its log */
    int pushed; /* that file, once something was pushed: open as long as the connection, whose locks closing it would end */
};

static err_t db_error(struct db *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        return fail(ERR_CONFLICT, "such a row exists, or what it refers to does not");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(ERR_BUSY, "the database is in use");
    case SQLITE_FULL:
        return fail(ERR_BUSY, "the disk is full");
    case SQLITE_NOMEM:
        return fail(ERR_BUSY, "no memory for the database");
    default:
        return fail(ERR_BROKEN, "the database: %s", sqlite3_errstr(sqlite3_extended_errcode(db->lite)));
    }
}

err_t db_script(struct db *db, const char *sql)
{
    int code = sqlite3_exec(db->lite, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? ERR_OK : db_error(db, code);
}

static void caches_bound(void)
{
    int rooms = atomic_load(&roomy);
    rooms = rooms < ROOMY_AT_ONCE ? rooms : ROOMY_AT_ONCE;
    sqlite3_soft_heap_limit64(CACHE_TOTAL + (sqlite3_int64)rooms * ROOM_KIB * 1024);
}

static void room_count(struct db *db, bool much)
{
    atomic_fetch_add(&roomy, much - db->roomy);
    db->roomy = much;
    caches_bound();
}

static int log_measure(void *with, sqlite3 *lite, const char *name, int pages)
{
    (void)lite, (void)name;
    ((struct db *)with)->log_pages = pages;
    return SQLITE_OK;
}

bool db_log_is_long(const struct db *db) { return db->log_pages >= LOG_PAGES; }

err_t db_room(struct db *db, bool much)
{
    _Static_assert(ROOM_KIB == 24576, "as it is written below");
    room_count(db, much);
    db->log_pages = much ? 0 : db->log_pages;
    if (much)
        sqlite3_wal_hook(db->lite, log_measure, db);
    else
        sqlite3_wal_autocheckpoint(db->lite, LOG_PAGES);
    return db_script(db, much ? "pragma cache_size = -24576" : "pragma cache_size = -8000");
}

err_t db_map(struct db *db, bool much)
{
    return db_script(db, much ? "pragma mmap_size = 2147418112" : "pragma mmap_size = 0");
}

static err_t file_open(const char *path, int how, const char *settings, struct db **out_db)
{
    OWN(db) db = calloc(1, sizeof *db);
    if (!db)
        return fail(ERR_BUSY, "no memory for a database");
    if (sqlite3_open_v2(path, &db->lite, how | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return fail(ERR_BROKEN, "cannot open %s", path);
    caches_bound();
    sqlite3_busy_timeout(db->lite, BUSY_MS);
    sqlite3_extended_result_codes(db->lite, 1);
    TRY(db_script(db, settings));
    TRY(db_script(db, "pragma secure_delete = on; pragma foreign_keys = on; pragma temp_store = memory;"
                      "pragma cache_size = -8000"));
    *out_db = give(db);
    return ERR_OK;
}

err_t db_open(const char *path, struct db **out_db)
{
    return file_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                     "pragma page_size = 16384; pragma journal_mode = wal; pragma synchronous = full",
                     out_db);
}

err_t db_open_alone(const char *path, struct db **out_db)
{
    TRY(file_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                  "pragma page_size = 16384; pragma locking_mode = exclusive; pragma journal_mode = off;"
                  "pragma synchronous = off",
                  out_db));
    (*out_db)->alone = true;
    return ERR_OK;
}

/* As RFC 3986 has it, for the characters that end a path. */
static err_t still_uri(const char *path, buf_t *out_uri)
{
    buf_put(out_uri, STR("file:"));
    for (; *path; path++)
        if (strchr("?#%", *path))
            buf_putf(out_uri, "%%%02X", (unsigned)(uint8_t)*path);
        else
            buf_put_byte(out_uri, (uint8_t)*path);
    buf_put(out_uri, STR("?immutable=1"));
    return buf_end(out_uri);
}

err_t db_open_still(const char *path, struct db **out_db)
{
    OWN(buf) uri = BUF(3 * 4096);
    TRY(still_uri(path, &uri));
    return file_open(uri.at, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, "pragma query_only = on", out_db);
}

void db_drop(struct db **db)
{
    if (!*db)
        return;
    room_count(*db, false);
    for (size_t i = 0; i < (*db)->kept_count; i++)
        sqlite3_finalize((*db)->kept[i].statement);
    sqlite3_close_v2((*db)->lite);
    if ((*db)->pushed > 0)
        close((*db)->pushed);
    free(*db);
    *db = NULL;
}

/* SQLite still syncs the head of a new log, and the log and the file around folding it. */
err_t db_sync_apart(struct db *db) { return db_script(db, "pragma synchronous = normal"); }

struct db_log *db_log(struct db *db)
{
    sqlite3_file *log = NULL;
    (void)sqlite3_file_control(db->lite, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return log && log->pMethods ? (struct db_log *)log : NULL;
}

err_t db_log_sync(struct db_log *log)
{
    sqlite3_file *file = (sqlite3_file *)log;
    int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    return code == SQLITE_OK ? ERR_OK : fail(ERR_BUSY, "the disk did not take what was written");
}

static err_t fold(struct db *db, int how)
{
    int code = sqlite3_wal_checkpoint_v2(db->lite, NULL, how, NULL, NULL);
    return code == SQLITE_OK ? ERR_OK : db_error(db, code);
}

err_t db_fold(struct db *db) { return fold(db, SQLITE_CHECKPOINT_TRUNCATE); }
err_t db_fold_beside(struct db *db) { return fold(db, SQLITE_CHECKPOINT_PASSIVE); }

static struct kept *kept_find(struct db *db, const char *sql)
{
    for (size_t i = 0; i < db->kept_count; i++)
        if (db->kept[i].sql == sql)
            return &db->kept[i];
    return NULL;
}

static struct order order_of(sqlite3_stmt *statement)
{
    struct order order = {{0}};
    for (int at = 1; at <= sqlite3_bind_parameter_count(statement) && at <= UINT8_MAX; at++) {
        const char *name = sqlite3_bind_parameter_name(statement, at);
        long number = name ? strtol(name + 1, NULL, 10) : 0;
        if (number > 0 && number <= MOST_ARGS)
            order.at[number - 1] = (uint8_t)at;
    }
    return order;
}

/* A statement to keep, where there is room and its text is not of one that is being read. */
static struct kept *keep(struct db *db, const char *sql, sqlite3_stmt *statement, struct order order)
{
    if (kept_find(db, sql) || db->kept_count == KEPT)
        return NULL;
    struct kept *kept = &db->kept[db->kept_count++];
    *kept = (struct kept){sql, statement, true, order};
    return kept;
}

/* The kept statement, or one of its own where that is already being read. */
static err_t prepare(struct db *db, const char *sql, rows_t *out_rows, struct order *out_order)
{
    sqlite3_stmt *statement = NULL;
    struct kept *kept = kept_find(db, sql);
    *out_rows = (rows_t){.db = db};
    if (kept && !kept->in_use) {
        kept->in_use = true;
        *out_rows = (rows_t){.db = db, .statement = kept->statement, .kept = kept};
        *out_order = kept->order;
        return ERR_OK;
    }
    int code = sqlite3_prepare_v3(db->lite, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK)
        return fail(ERR_BROKEN, "the database: %s", sqlite3_errmsg(db->lite));
    *out_order = order_of(statement);
    *out_rows = (rows_t){.db = db, .statement = statement, .kept = keep(db, sql, statement, *out_order)};
    return ERR_OK;
}

static void release(rows_t *rows)
{
    if (!rows->kept) {
        sqlite3_finalize(rows->statement);
        return;
    }
    sqlite3_reset(rows->statement);
    sqlite3_clear_bindings(rows->statement);
    rows->kept->in_use = false;
}

static int bind(sqlite3_stmt *statement, int at, const arg_t *arg)
{
    static const char nothing[1];
    const char *bytes = arg->bytes.at ? arg->bytes.at : nothing;
    switch (arg->kind) {
    case ARG_TEXT:
        return arg->bytes.at
                   ? sqlite3_bind_text64(statement, at, bytes, arg->bytes.len, SQLITE_STATIC, SQLITE_UTF8)
                   : sqlite3_bind_null(statement, at);
    case ARG_BYTES:
        return arg->bytes.at ? sqlite3_bind_blob64(statement, at, bytes, arg->bytes.len, SQLITE_STATIC)
                             : sqlite3_bind_null(statement, at);
    case ARG_NUMBER:
        return sqlite3_bind_int64(statement, at, arg->number);
    default:
        return sqlite3_bind_null(statement, at);
    }
}

err_t db_read_args(struct db *db, rows_t *out_rows, const char *sql, const arg_t *args, size_t count)
{
    struct order order = {0};
    TRY(prepare(db, sql, out_rows, &order));
    for (size_t i = 0; i < count; i++) {
        int at = i < MOST_ARGS ? order.at[i] : 0;
        if (!at || bind(out_rows->statement, at, &args[i]) != SQLITE_OK)
            return fail(ERR_BROKEN, "a statement has no place for its argument %zu", i + 1);
    }
    return ERR_OK;
}

bool row_next(rows_t *rows)
{
    int code = sqlite3_step(rows->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        rows->state = db_error(rows->db, code);
    return code == SQLITE_ROW;
}

err_t row_one(rows_t *rows)
{
    if (row_next(rows))
        return ERR_OK;
    TRY(rows_end(rows));
    return fail(ERR_MISSING, "no such record");
}

err_t db_number_args(struct db *db, int64_t *out_number, const char *sql, const arg_t *args, size_t count)
{
    OWN(rows) rows = {0};
    TRY(db_read_args(db, &rows, sql, args, count));
    TRY(row_one(&rows));
    *out_number = row_number(&rows, 0);
    return ERR_OK;
}

err_t db_idents_args(struct db *db, buf_t *out_ids, const char *sql, const arg_t *args, size_t count)
{
    OWN(rows) rows = {0};
    TRY(db_read_args(db, &rows, sql, args, count));
    while (row_next(&rows)) {
        ident_t id = row_ident(&rows, 0);
        buf_put(out_ids, ident_bytes(&id));
    }
    TRY(rows_end(&rows));
    return buf_end(out_ids);
}

err_t db_run_args(struct db *db, const char *sql, const arg_t *args, size_t count)
{
    OWN(rows) rows = {0};
    TRY(db_read_args(db, &rows, sql, args, count));
    while (row_next(&rows))
        ;
    return rows_end(&rows);
}

void db_push(struct db *db)
{
    const char *path = sqlite3_db_filename(db->lite, "main");
    if (!db->pushed)
        db->pushed = open(db->alone ? path : sqlite3_filename_wal(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (db->pushed > 0)
        (void)sync_file_range(db->pushed, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int64_t db_changed(struct db *db) { return sqlite3_changes64(db->lite); }

str_t row_text(const rows_t *rows, int column)
{
    const void *at = sqlite3_column_blob(rows->statement, column);
    size_t len = (size_t)sqlite3_column_bytes(rows->statement, column);
    bool null = sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
    return null ? (str_t){0} : (str_t){at ? at : "", len};
}

bool row_is_null(const rows_t *rows, int column)
{
    return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

int64_t row_number(const rows_t *rows, int column) { return sqlite3_column_int64(rows->statement, column); }

ident_t row_ident(const rows_t *rows, int column)
{
    ident_t id = {{0}};
    str_t bytes = row_text(rows, column);
    if (bytes.len == sizeof id.bytes)
        memcpy(id.bytes, bytes.at, sizeof id.bytes);
    return id;
}

err_t rows_end(const rows_t *rows) { return rows->state; }

void rows_drop(rows_t *rows)
{
    if (rows->statement)
        release(rows);
    rows->statement = NULL;
}
