/* SPDX-License-Identifier: Apache-2.0 */
#include "store/_private.h"

#include "concept/describe.h"
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

enum { PATH_MAX_LEN = 1024 };

struct pending {
    struct pending *next;
    act_t act;
    void *with;
    err_t result;
    bool done;
    char note[256];
};

struct file {
    ident_t tenant;
    struct db *writer, *reader;
    size_t users;
    uint64_t used;
    pthread_mutex_t lock, read_lock;
    pthread_cond_t done;
    struct pending *first, **last;
    bool committing;
};

struct store {
    struct env *env;
    char folder[PATH_MAX_LEN];
    pthread_mutex_t lock; /* of control and of the table of files */
    struct db *control;
    struct file *files[MAX_OPEN_TENANTS];
    uint64_t uses;
};

static const char control_schema[] =
    "create table if not exists tenants (id bytea primary key, realm bytea not null, name text not null unique,"
    " state text not null, made bigint not null);";

static const char tenant_schema[] =
    "create table if not exists counters (tenant bytea primary key, seq bigint not null);"
    "create table if not exists spools (tenant bytea not null, device bytea not null, epoch bytea not null,"
    " high bigint not null, stored bigint not null, seq bigint not null, primary key (tenant, device, epoch));";

static err_t tx_args(struct tx *tx, const arg_t *args, size_t count, arg_t out_all[TX_ARGS])
{
    if (count + 1 > TX_ARGS)
        return fail(ERR_BROKEN, "a statement with %zu arguments", count);
    out_all[0] = ID(tx->tenant);
    if (count)
        memcpy(out_all + 1, args, count * sizeof *args);
    return ERR_OK;
}

err_t tx_run_args(struct tx *tx, const char *sql, const arg_t *args, size_t count)
{
    arg_t all[TX_ARGS];
    TRY(tx_args(tx, args, count, all));
    return db_run_args(tx->db, sql, all, count + 1);
}

err_t tx_read_args(struct tx *tx, rows_t *out_rows, const char *sql, const arg_t *args, size_t count)
{
    arg_t all[TX_ARGS];
    TRY(tx_args(tx, args, count, all));
    return db_read_args(tx->db, out_rows, sql, all, count + 1);
}

static void file_free(struct file *file)
{
    db_drop(&file->writer);
    db_drop(&file->reader);
    pthread_mutex_destroy(&file->lock);
    pthread_mutex_destroy(&file->read_lock);
    pthread_cond_destroy(&file->done);
    free(file);
}

static err_t file_open(struct store *store, ident_t tenant, struct file **out_file)
{
    char path[PATH_MAX_LEN + 64];
    OWN(buf) schema = BUF(64 * 1024);
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        return fail(ERR_BUSY, "no memory for a tenant's file");
    file->tenant = tenant;
    file->last = &file->first;
    pthread_mutex_init(&file->lock, NULL);
    pthread_mutex_init(&file->read_lock, NULL);
    pthread_cond_init(&file->done, NULL);
    snprintf(path, sizeof path, "%s/tenants/%s.db", store->folder, ident_text("ten", tenant).text);
    describe_sql(&schema);
    buf_put(&schema, str(tenant_schema));
    err_t result = buf_end(&schema);
    if (result == ERR_OK)
        result = db_open(path, &file->writer);
    if (result == ERR_OK)
        result = db_script(file->writer, schema.at);
    if (result == ERR_OK)
        result = db_open(path, &file->reader);
    if (result == ERR_OK)
        result = db_script(file->reader, "pragma query_only = on");
    if (result != ERR_OK)
        return file_free(file), result;
    *out_file = file;
    return ERR_OK;
}

/* A free place in the table, if need be that of the file not used for longest; NULL where all are in use. */
static struct file **place_find(struct store *store)
{
    struct file **oldest = NULL;
    for (size_t i = 0; i < MAX_OPEN_TENANTS; i++) {
        struct file **place = &store->files[i];
        if (!*place)
            return place;
        if (!(*place)->users && (!oldest || (*place)->used < (*oldest)->used))
            oldest = place;
    }
    if (oldest) {
        file_free(*oldest);
        *oldest = NULL;
    }
    return oldest;
}

static err_t tenant_known(struct store *store, ident_t tenant)
{
    OWN(rows) rows = {0};
    TRY(db_read(store->control, &rows, "select 1 from tenants where id = $1", ID(tenant)));
    return row_one(&rows);
}

static err_t file_take_locked(struct store *store, ident_t tenant, struct file **out_file)
{
    for (size_t i = 0; i < MAX_OPEN_TENANTS; i++)
        if (store->files[i] && ident_eq(store->files[i]->tenant, tenant)) {
            *out_file = store->files[i];
            return ERR_OK;
        }
    TRY(tenant_known(store, tenant));
    struct file **place = place_find(store);
    if (!place)
        return fail(ERR_BUSY, "%d tenants are in use at once", MAX_OPEN_TENANTS);
    TRY(file_open(store, tenant, place));
    *out_file = *place;
    return ERR_OK;
}

static err_t file_take(struct store *store, ident_t tenant, struct file **out_file)
{
    pthread_mutex_lock(&store->lock);
    err_t result = file_take_locked(store, tenant, out_file);
    if (result == ERR_OK) {
        (*out_file)->users++;
        (*out_file)->used = ++store->uses;
    }
    pthread_mutex_unlock(&store->lock);
    return result;
}

static void file_release(struct store *store, struct file *file)
{
    pthread_mutex_lock(&store->lock);
    file->users--;
    pthread_mutex_unlock(&store->lock);
}

static err_t seq_read(struct tx *tx)
{
    OWN(rows) rows = {0};
    TRY(tx_do(tx, "insert into counters (tenant, seq) values ($1, 1) on conflict do nothing"));
    TRY(tx_read(tx, &rows, "select seq from counters where tenant = $1"));
    TRY(row_one(&rows));
    tx->seq = row_number(&rows, 0);
    return ERR_OK;
}

static void settle(struct pending *pending, err_t result)
{
    pending->result = result;
    if (result != ERR_OK)
        snprintf(pending->note, sizeof pending->note, "%s", err_note());
}

/* An act that fails takes back its own writes only; what fails here takes back those of all. */
static err_t act_behind_savepoint(struct tx *tx, struct pending *pending)
{
    int64_t seq = tx->seq;
    TRY(db_script(tx->db, "savepoint act"));
    settle(pending, pending->act(tx, pending->with));
    if (pending->result == ERR_OK)
        return db_script(tx->db, "release act");
    tx->seq = seq;
    err_t back = db_script(tx->db, "rollback to act; release act");
    if (back == ERR_OK || pending->result != ERR_BUSY)
        return back;
    return fail(ERR_BUSY, "%s", pending->note); /* a full disk has taken back the acts of all */
}

static err_t commit_acts(struct tx *tx, struct pending *batch)
{
    TRY(db_script(tx->db, "begin immediate"));
    TRY(seq_read(tx));
    for (struct pending *p = batch; p; p = p->next)
        TRY(act_behind_savepoint(tx, p));
    TRY(tx_do(tx, "update counters set seq = $2 where tenant = $1", N(tx->seq)));
    return db_script(tx->db, "commit");
}

static void commit_batch(struct file *file, struct pending *batch)
{
    struct tx tx = {.db = file->writer, .tenant = file->tenant};
    err_t result = commit_acts(&tx, batch);
    if (result == ERR_OK)
        return;
    for (struct pending *p = batch; p; p = p->next)
        settle(p, result);
    /* Where the commit itself failed nothing is open any more, and this says so: nobody is misled by it. */
    if (db_script(file->writer, "rollback") != ERR_OK)
        return;
}

/* Whoever finds nobody committing commits for all who wait. */
static void wait_for_commit(struct file *file, struct pending *mine)
{
    pthread_mutex_lock(&file->lock);
    *file->last = mine;
    file->last = &mine->next;
    while (!mine->done) {
        if (file->committing) {
            pthread_cond_wait(&file->done, &file->lock);
            continue;
        }
        struct pending *batch = file->first;
        file->first = NULL;
        file->last = &file->first;
        file->committing = true;
        pthread_mutex_unlock(&file->lock);
        commit_batch(file, batch);
        pthread_mutex_lock(&file->lock);
        file->committing = false;
        for (struct pending *p = batch, *next; p; p = next) {
            next = p->next;
            p->done = true;
        }
        pthread_cond_broadcast(&file->done);
    }
    pthread_mutex_unlock(&file->lock);
}

err_t store_write(struct store *store, ident_t tenant, act_t act, void *with)
{
    struct file *file = NULL;
    struct pending mine = {.act = act, .with = with};
    TRY(file_take(store, tenant, &file));
    wait_for_commit(file, &mine);
    file_release(store, file);
    return mine.result == ERR_OK ? ERR_OK : fail(mine.result, "%s", mine.note);
}

static err_t read_in_transaction(struct file *file, act_t act, void *with)
{
    struct tx tx = {.db = file->reader, .tenant = file->tenant};
    TRY(db_script(file->reader, "begin"));
    err_t result = act(&tx, with);
    err_t ended = db_script(file->reader, "commit");
    return result != ERR_OK ? result : ended;
}

err_t store_read(struct store *store, ident_t tenant, act_t act, void *with)
{
    struct file *file = NULL;
    TRY(file_take(store, tenant, &file));
    pthread_mutex_lock(&file->read_lock);
    err_t result = read_in_transaction(file, act, with);
    pthread_mutex_unlock(&file->read_lock);
    file_release(store, file);
    return result;
}

err_t store_open(struct env *env, const char *folder, struct store **out_store)
{
    char path[PATH_MAX_LEN + 64];
    OWN(store) store = calloc(1, sizeof *store);
    if (!store)
        return fail(ERR_BUSY, "no memory for the store");
    store->env = env;
    pthread_mutex_init(&store->lock, NULL);
    if ((size_t)snprintf(store->folder, sizeof store->folder, "%s", folder) >= sizeof store->folder)
        return fail(ERR_INVALID, "the folder's path is too long");
    snprintf(path, sizeof path, "%s/tenants", folder);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail(ERR_BROKEN, "cannot make %s: %s", path, strerror(errno));
    snprintf(path, sizeof path, "%s/control.db", folder);
    TRY(db_open(path, &store->control));
    TRY(db_script(store->control, control_schema));
    *out_store = give(store);
    return ERR_OK;
}

void store_drop(struct store **store)
{
    if (!*store)
        return;
    for (size_t i = 0; i < MAX_OPEN_TENANTS; i++)
        if ((*store)->files[i])
            file_free((*store)->files[i]);
    db_drop(&(*store)->control);
    pthread_mutex_destroy(&(*store)->lock);
    free(*store);
    *store = NULL;
}

control_own control_take(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    return (control_own){store, store->control};
}

void control_drop(control_own *control) { pthread_mutex_unlock(&control->store->lock); }
