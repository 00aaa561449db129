/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: headers of rpm, and a database of them.
 *
 *     CHECK_OK(given_header(entries, count, &blob));       as written, without a region
 *     CHECK_OK(given_region(entries, count, added, more, &blob));      a region of the former, the others behind it
 *     CHECK_OK(given_rpmdb(test_folder(), "var/lib/rpm/rpmdb.sqlite", blobs, count));
 */
#pragma once
#include "sys/env.h"
#include "test/test.h"

#include <sqlite3.h>
#include <sys/stat.h>

struct given_entry {
    uint32_t tag, type, count;
    str_t data;
};

static inline void given_number(buf_t *out, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_byte(out, (uint8_t)(number >> shift));
}

static inline void given_entries(const struct given_entry *entries, size_t count, buf_t *index, buf_t *data)
{
    for (size_t i = 0; i < count; i++) {
        given_number(index, entries[i].tag);
        given_number(index, entries[i].type);
        given_number(index, (uint32_t)data->len);
        given_number(index, entries[i].count);
        buf_put(data, entries[i].data);
    }
}

static inline err_t given_blob(const buf_t *index, const buf_t *data, buf_t *out_blob)
{
    given_number(out_blob, (uint32_t)(index->len / 16));
    given_number(out_blob, (uint32_t)data->len);
    buf_put(out_blob, buf_str(index));
    buf_put(out_blob, buf_str(data));
    return buf_end(out_blob);
}

static inline err_t given_header(const struct given_entry *entries, size_t count, buf_t *out_blob)
{
    OWN(buf) data = BUF(8192);
    OWN(buf) index = BUF(8192);
    given_entries(entries, count, &index, &data);
    return given_blob(&index, &data, out_blob);
}

struct given_entries {
    const struct given_entry *at;
    size_t count;
};

static inline err_t given_region(struct given_entries region, struct given_entries added, buf_t *out_blob)
{
    OWN(buf) data = BUF(8192);
    OWN(buf) index = BUF(8192);
    OWN(buf) rest = BUF(8192);
    given_entries(region.at, region.count, &rest, &data);
    const struct given_entry first = {63, 7, 16, {"", 0}};
    given_entries(&first, 1, &index, &data);
    buf_put(&index, buf_str(&rest));
    given_number(&data, 63);
    given_number(&data, 7);
    given_number(&data, 0 - (uint32_t)index.len);
    given_number(&data, 16);
    given_entries(added.at, added.count, &index, &data);
    return given_blob(&index, &data, out_blob);
}

static inline void given_folders(const char *root, char *path)
{
    for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        mkdir(path, 0700);
    }
}

/* With one that is no header before them. */
static inline err_t given_rpmdb(const char *root, const char *name, const str_t *blobs, size_t count)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *put = NULL;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", root, name);
    given_folders(root, path);
    sqlite3_open(path, &database);
    sqlite3_exec(database,
                 "pragma journal_mode = wal;"
                 "drop table if exists 'Packages';"
                 "create table 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);"
                 "insert into Packages (blob) values (x'00')",
                 NULL, NULL, NULL);
    sqlite3_prepare_v2(database, "insert into Packages (blob) values (?)", -1, &put, NULL);
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_blob(put, 1, blobs[i].at, (int)blobs[i].len, SQLITE_STATIC);
        sqlite3_step(put);
        sqlite3_reset(put);
    }
    sqlite3_finalize(put);
    return sqlite3_close(database) == SQLITE_OK ? ERR_OK : fail(ERR_BROKEN, "no database");
}
