/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/rpm.h"

#include "agent/place.h"

#include <sqlite3.h>

enum { TAG_NAME = 1000, TAG_VERSION = 1001, TAG_RELEASE = 1002, TAG_EPOCH = 1003 };
enum { TYPE_INT32 = 4, TYPE_STRING = 6 };
enum { INTRO = 8, ENTRY = 16, MAX_ENTRIES = 0xffff, MAX_HEADER = 64 * 1024 * 1024, VERSION_MAX = 1024 };

struct entry {
    uint32_t tag, type, offset, count;
};

static uint32_t number_at(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

static bool text_in(str_t data, const struct entry *entry, str_t *out_text)
{
    if (entry->type != TYPE_STRING || entry->count != 1 || entry->offset >= data.len)
        return false;
    const char *at = data.at + entry->offset;
    const char *end = memchr(at, '\0', data.len - entry->offset);
    if (!end)
        return false;
    *out_text = str_bytes(at, (size_t)(end - at));
    return true;
}

static bool epoch_in(str_t data, const struct entry *entry, struct rpm_package *package)
{
    if (entry->type != TYPE_INT32 || entry->count != 1 || data.len < 4 || entry->offset > data.len - 4)
        return false;
    package->epoch = number_at(data.at + entry->offset);
    package->has_epoch = true;
    return true;
}

/* False where an entry that matters is not what it has to be. */
static bool entry_take(str_t data, const struct entry *entry, struct rpm_package *package)
{
    switch (entry->tag) {
    case TAG_NAME:
        return text_in(data, entry, &package->name);
    case TAG_VERSION:
        return text_in(data, entry, &package->version);
    case TAG_RELEASE:
        return text_in(data, entry, &package->release);
    case TAG_EPOCH:
        return epoch_in(data, entry, package);
    default:
        return true;
    }
}

bool rpm_header_read(str_t blob, struct rpm_package *out_package)
{
    struct rpm_package package = {0};
    if (blob.len < INTRO || blob.len > MAX_HEADER)
        return false;
    size_t entries = number_at(blob.at), len = number_at(blob.at + 4);
    if (!entries || entries > MAX_ENTRIES || blob.len - INTRO < entries * ENTRY ||
        blob.len - INTRO - entries * ENTRY != len)
        return false;
    str_t data = str_bytes(blob.at + INTRO + entries * ENTRY, len);
    for (const char *at = blob.at + INTRO; at < data.at; at += ENTRY) {
        struct entry entry = {number_at(at), number_at(at + 4), number_at(at + 8), number_at(at + 12)};
        if (!entry_take(data, &entry, &package))
            return false;
    }
    *out_package = package;
    return package.name.len && package.version.len && package.release.len;
}

static void package_add(str_t blob, struct list *programs)
{
    OWN(buf) version = BUF(VERSION_MAX);
    struct rpm_package package;
    if (!rpm_header_read(blob, &package) || str_eq(package.name, STR("gpg-pubkey")))
        return;
    if (package.has_epoch)
        buf_putf(&version, "%u:", package.epoch);
    buf_put(&version, package.version);
    buf_put(&version, STR("-"));
    buf_put(&version, package.release);
    if (buf_end(&version) == ERR_OK)
        program_add(programs, package.name, buf_str(&version));
}

/* The database */

typedef sqlite3 *database_own;
static void database_drop(sqlite3 **database) { sqlite3_close(*database); }

typedef sqlite3_stmt *statement_own;
static void statement_drop(sqlite3_stmt **statement) { sqlite3_finalize(*statement); }

/* As a URI, in which these three have a meaning. */
static void uri_put(buf_t *uri, const char *path)
{
    buf_putf(uri, "file:");
    for (; *path; path++)
        if (*path == '%' || *path == '?' || *path == '#')
            buf_putf(uri, "%%%02x", (unsigned)*path);
        else
            buf_put_byte(uri, (uint8_t)*path);
    buf_putf(uri, "?immutable=1");
}

static err_t unreadable(const char *path, sqlite3 *database)
{
    return fail(ERR_BROKEN, "cannot read %.100s: %.100s", path, sqlite3_errmsg(database));
}

static err_t database_open(const char *path, sqlite3 **out_database)
{
    OWN(buf) uri = BUF(8192);
    OWN(database) database = NULL;
    uri_put(&uri, path);
    TRY(buf_end(&uri));
    if (sqlite3_open_v2(uri.at, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return unreadable(path, database);
    sqlite3_limit(database, SQLITE_LIMIT_LENGTH, MAX_HEADER);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    *out_database = give(database);
    return ERR_OK;
}

static err_t packages_read(const char *path, struct list *programs)
{
    OWN(database) database = NULL;
    TRY(database_open(path, &database));
    OWN(statement) rows = NULL;
    if (sqlite3_prepare_v2(database, "select blob from Packages", -1, &rows, NULL) != SQLITE_OK)
        return unreadable(path, database);
    int step;
    while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
        const void *at = sqlite3_column_blob(rows, 0);
        if (at)
            package_add(str_bytes(at, (size_t)sqlite3_column_bytes(rows, 0)), programs);
    }
    return step == SQLITE_DONE ? ERR_OK : unreadable(path, database);
}

err_t rpm_read(const char *root, struct list *programs)
{
    static const char *const files[] = {"var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        place_t path = place(root, files[i]);
        if (access(path.text, F_OK) == 0)
            return packages_read(path.text, programs);
    }
    return fail(ERR_MISSING, "no record of rpm");
}
