/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant's file made whole by one act, beside the place where it is going to stand.
 */
#include "store/_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILL_PATH = PATH_MAX_LEN + 96, INDEXES = 64 };

/* Nobody else knows of the file and nothing of it is used before it is whole: no log of writes has to bring it back. */
static err_t fill_open(const char *path, struct db **out_db)
{
    OWN(db) db = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(ERR_BROKEN, "cannot make %s: %s", path, strerror(errno));
    bool shared = fchmod(fd, 0660) == 0; /* as store.c makes them */
    close(fd);
    if (!shared)
        return fail(ERR_BROKEN, "cannot share %s: %s", path, strerror(errno));
    TRY(db_open_alone(path, &db));
    TRY(db_room(db, true));
    *out_db = give(db);
    return ERR_OK;
}

/* Entries of an index come in the order of rows, and would be put where they belong one by one: at the end they are sorted
 * instead. Laying the tables once more brings the indexes back. */
static err_t indexes_drop(struct db *db)
{
    OWN(rows) rows = {0};
    OWN(buf) drops = BUF(INDEXES * 128);
    TRY(db_read(db, &rows, "select name from sqlite_master where type = 'index' and sql is not null"));
    while (row_next(&rows))
        buf_putf(&drops, "drop index %.*s;", STR_ARG(row_text(&rows, 0)));
    TRY(rows_end(&rows));
    TRY(buf_end(&drops));
    rows_drop(&rows);
    return db_script(db, drops.at);
}

static err_t fill_act(struct store *store, struct tx *tx, act_t act, void *with)
{
    TRY(file_schema_lay(store, tx->db, tx->tenant));
    TRY(indexes_drop(tx->db));
    TRY(tx_do(tx, "insert into counters (tenant, seq) values ($1, 1)"));
    TRY(act(tx, with));
    TRY(db_script(tx->db, store->schema.at));
    TRY(weights_flush(tx));
    return tx_do(tx, "update counters set seq = $2 where tenant = $1", N(tx->seq));
}

static err_t fill_write(struct store *store, const char *path, struct tx *tx, act_t act, void *with)
{
    OWN(db) db = NULL;
    TRY(fill_open(path, &db));
    tx->db = db;
    TRY(db_script(db, "begin"));
    TRY(fill_act(store, tx, act, with));
    return db_script(db, "commit");
}

static err_t synced(const char *path, int flags)
{
    OWN(fd) fd = open(path, flags | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot sync %s: %s", path, strerror(errno));
}

static err_t fill_place(struct store *store, const char *from, const char *to)
{
    char folder[FILL_PATH];
    snprintf(folder, sizeof folder, "%s/tenants", store->folder);
    TRY(synced(from, O_RDONLY));
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
        return fail(errno == EEXIST ? ERR_CONFLICT : ERR_BROKEN, "cannot put %s in its place: %s", to,
                    strerror(errno));
    return synced(folder, O_RDONLY | O_DIRECTORY);
}

static err_t known(struct store *store, ident_t tenant)
{
    OWN(control) control = control_take(store);
    return file_tenant_known(store, tenant);
}

err_t store_fill(struct store *store, ident_t tenant, act_t act, void *with)
{
    char path[FILL_PATH], part[FILL_PATH + 8];
    struct tx tx = {.tenant = tenant, .seq = 1};
    snprintf(path, sizeof path, "%s/tenants/%s.db", store->folder, ident_text("ten", tenant).text);
    snprintf(part, sizeof part, "%s.fill", path);
    TRY(known(store, tenant));
    if (access(path, F_OK) == 0)
        return fail(ERR_CONFLICT, "%s has a file", ident_text("ten", tenant).text);
    err_t result = fill_write(store, part, &tx, act, with);
    if (result == ERR_OK)
        result = fill_place(store, part, path);
    if (result != ERR_OK)
        (void)unlink(part); /* what failed is what is told; one that stays is begun anew */
    return result;
}
