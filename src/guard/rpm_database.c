/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/rpm_database.h"

#include "base/own.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum { MAX_BLOB = 64 * 1024 * 1024, PATH_MAX_LEN = 1024 };

struct rpm_database {
    sqlite3 *file;
    char path[PATH_MAX_LEN];
};

void rpm_database_drop(struct rpm_database **database)
{
    if (!*database)
        return;
    sqlite3_close((*database)->file);
    free(*database);
    *database = NULL;
}

typedef sqlite3_stmt *statement_own;
static void statement_drop(sqlite3_stmt **statement) { sqlite3_finalize(*statement); }

/* As a URI, in which these three have a meaning, and two slashes at the beginning. */
static void uri_put(buf_t *uri, const char *path)
{
    buf_putf(uri, "file:");
    while (path[0] == '/' && path[1] == '/')
        path++;
    for (; *path; path++)
        if (*path == '%' || *path == '?' || *path == '#')
            buf_putf(uri, "%%%02x", (unsigned)*path);
        else
            buf_put_byte(uri, (uint8_t)*path);
    buf_putf(uri, "?immutable=1");
}

static bool path_find(const char *root, char out_path[PATH_MAX_LEN], struct stat *out_about)
{
    static const char *const files[] = {"var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int len = snprintf(out_path, PATH_MAX_LEN, "%s/%s", root, files[i]);
        if (len > 0 && len < PATH_MAX_LEN && stat(out_path, out_about) == 0)
            return true;
    }
    return false;
}

int64_t rpm_database_changed(const char *root)
{
    struct stat about;
    char path[PATH_MAX_LEN];
    return path_find(root, path, &about) ? about.st_ctim.tv_sec * INT64_C(1000000000) + about.st_ctim.tv_nsec
                                         : 0;
}

static err_t unreadable(const struct rpm_database *database)
{
    return fail(ERR_BROKEN, "cannot read %.100s: %.100s", database->path, sqlite3_errmsg(database->file));
}

err_t rpm_database_open(const char *root, struct rpm_database **out_database)
{
    struct stat about;
    OWN(buf) uri = BUF(8192);
    OWN(rpm_database) database = calloc(1, sizeof *database);
    if (!database)
        return fail(ERR_BUSY, "no memory to read packages of rpm with");
    if (!path_find(root, database->path, &about))
        return fail(ERR_MISSING, "no record of rpm");
    uri_put(&uri, database->path);
    TRY(buf_end(&uri));
    if (sqlite3_open_v2(uri.at, &database->file, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return unreadable(database);
    sqlite3_limit(database->file, SQLITE_LIMIT_LENGTH, MAX_BLOB);
    sqlite3_db_config(database->file, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    *out_database = give(database);
    return ERR_OK;
}

static err_t rows_take(struct rpm_database *database, sqlite3_stmt *rows, const struct rpm_reader *reader)
{
    int step;
    while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
        const void *at = sqlite3_column_blob(rows, 1);
        if (at)
            TRY(reader->take(reader->with, sqlite3_column_int64(rows, 0),
                             str_bytes(at, (size_t)sqlite3_column_bytes(rows, 1))));
    }
    return step == SQLITE_DONE ? ERR_OK : unreadable(database);
}

err_t rpm_database_each(struct rpm_database *database, const struct rpm_reader *reader)
{
    OWN(statement) rows = NULL;
    if (sqlite3_prepare_v2(database->file, "select hnum, blob from Packages", -1, &rows, NULL) != SQLITE_OK)
        return unreadable(database);
    return rows_take(database, rows, reader);
}

err_t rpm_database_one(struct rpm_database *database, int64_t number, const struct rpm_reader *reader)
{
    OWN(statement) rows = NULL;
    if (sqlite3_prepare_v2(database->file, "select hnum, blob from Packages where hnum = ?", -1, &rows,
                           NULL) != SQLITE_OK)
        return unreadable(database);
    sqlite3_bind_int64(rows, 1, number);
    return rows_take(database, rows, reader);
}
