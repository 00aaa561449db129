/* SPDX-License-Identifier: Apache-2.0
 *
 * Freezing: a column of the counters, looked at inside each writing transaction, so that other processes see it too.
 */
#include "store/_files.h"

static err_t frozen_read(struct tx *tx, void *with)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select frozen from counters where tenant = $1 and frozen is not null"));
    *(ident_t *)with = row_next(&rows) ? row_ident(&rows, 0) : (ident_t){{0}};
    return rows_end(&rows);
}

static err_t frozen_write(struct tx *tx, void *with)
{
    const ident_t *pass = with;
    return tx_do(tx, "update counters set frozen = $2 where tenant = $1", pass ? ID(*pass) : NONE);
}

err_t store_thaw_with(struct tx *tx) { return frozen_write(tx, NULL); }

err_t store_frozen(struct store *store, ident_t tenant, bool *out_frozen)
{
    ident_t pass;
    TRY(store_read(store, tenant, frozen_read, &pass));
    *out_frozen = !ident_is_zero(pass);
    return ERR_OK;
}

/* What is read and written while it is frozen is much, and written in one transaction: without room for its pages those of
 * indexes would be read and written again and again. Slower is no failure. */
static void file_room(struct file *file, bool much)
{
    pthread_mutex_lock(&file->read_lock);
    (void)!db_room(file->writer, much);
    if (file->reader)
        (void)!db_map(file->reader, much);
    pthread_mutex_unlock(&file->read_lock);
}

/* Acts under way were begun without it. */
static void pass_set(struct file *file, ident_t pass)
{
    pthread_mutex_lock(&file->lock);
    while (file->committing)
        pthread_cond_wait(&file->done, &file->lock);
    file->pass = pass;
    file_room(file, !ident_is_zero(pass));
    pthread_mutex_unlock(&file->lock);
}

/* The file stays open until it is let go: what this handle has frozen it with is known by it. */
static err_t file_hold(struct store *store, ident_t tenant, ident_t pass)
{
    struct file *file = NULL;
    TRY(file_take(store, tenant, &file));
    pass_set(file, pass);
    return ERR_OK;
}

/* What its commits did not do while it was frozen, by a connection of its own: nobody waits for it. What it leaves, and
 * whatever fails, the next commits do. */
static void fold_beside(const struct file *file)
{
    OWN(db) db = NULL;
    if (db_log_is_long(file->writer) && db_open(file->path, &db) == ERR_OK)
        (void)!db_fold_beside(db);
}

static err_t file_let_go(struct store *store, ident_t tenant)
{
    struct file *file = NULL;
    TRY(file_take(store, tenant, &file));
    bool held = !ident_is_zero(file->pass);
    pass_set(file, (ident_t){{0}});
    if (held)
        fold_beside(file);
    file_release(store, file, held ? 2 : 1);
    return ERR_OK;
}

/* The file is held before it is frozen: a failure in between leaves it as it was. */
err_t store_freeze(struct store *store, ident_t tenant)
{
    ident_t pass;
    TRY(store_read(store, tenant, frozen_read, &pass));
    bool already = !ident_is_zero(pass);
    if (!already)
        pass = ident_new(store_env(store));
    TRY(file_hold(store, tenant, pass));
    err_t written = already ? ERR_OK : store_write(store, tenant, frozen_write, &pass);
    if (written != ERR_OK)
        (void)!file_let_go(store, tenant); /* it is open: what failed is the write, and that is told */
    return written;
}

err_t store_thaw(struct store *store, ident_t tenant)
{
    bool frozen = false;
    TRY(store_frozen(store, tenant, &frozen));
    if (frozen)
        TRY(store_write(store, tenant, frozen_write, NULL));
    return file_let_go(store, tenant);
}
