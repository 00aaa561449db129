/* SPDX-License-Identifier: Apache-2.0 */
#include "store/_private.h"

#include "concept/describe.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

enum { PATH_MAX_LEN = 1024, COMMITTERS = 2 };

struct pending {
    struct pending *next;
    act_t act;
    void *with;
    void (*settled)(void *with, err_t result, const char *note); /* NULL: somebody waits for `done` */
    err_t result;
    bool done;
    char note[256];
};

struct file {
    ident_t tenant;
    char path[PATH_MAX_LEN + 64];
    struct db *writer, *reader; /* the reader once somebody reads */
    size_t users;
    uint64_t used;
    pthread_mutex_t lock, read_lock;
    pthread_cond_t done;
    struct pending *first, **last;
    bool committing;
    struct file *next;   /* of those that wait for a committer */
    struct file *beside; /* of those in the same bucket */
};

/* Threads that commit what nobody waits for. A file stands in their list while it has such acts; each turn is one
 * commit, so that tenants take turns too. */
struct committers {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    struct file *first, **last;
    pthread_t threads[COMMITTERS];
    atomic_size_t count;
    bool stopping;
};

struct store {
    struct env *env;
    char folder[PATH_MAX_LEN];
    buf_t schema; /* of a tenant's file */
    int schema_number;
    pthread_mutex_t lock; /* of control and of the table of files */
    struct db *control;
    struct file *files[MAX_OPEN_TENANTS]; /* buckets */
    size_t open, most;
    uint64_t uses;
    struct committers committers;
};

static const char control_schema[] =
    "create table if not exists tenants (id bytea primary key, realm bytea not null, name text not null unique,"
    " state text not null, made bigint not null);";

static const char tenant_schema[] =
    "create table if not exists counters (tenant bytea primary key, seq bigint not null);"
    "create table if not exists spools (tenant bytea not null, device bytea not null, epoch bytea not null,"
    " high bigint not null, stored bigint not null, seq bigint not null, primary key (tenant, device, epoch));"
    /* the order in which devices are listed unless another is asked for: a page reads no row but its own */
    "create index if not exists devices_enrolled on devices (tenant, enrolled, id);"
    "create unique index if not exists policies_numbered on policies (tenant, number);"
    "create table if not exists outbox_numbers (tenant bytea primary key, number bigint not null);"
    "create table if not exists outbox (tenant bytea not null, number bigint not null, entry bytea not null,"
    " primary key (tenant, number));";

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

/* What a table has got since it was made: a switch that came later is on where nothing was said of it. */
static err_t columns_add(struct db *db)
{
    int64_t there = 0;
    TRY(db_number(db, &there,
                  "select count(*) from pragma_table_info('collections') where name = 'launches'"));
    return there ? ERR_OK
                 : db_script(db, "alter table collections add column launches bigint not null default 1");
}

/* The tables, where the file has not got them all yet: it remembers which it has by a number made of their text. */
static err_t schema_ensure(const struct store *store, struct db *db)
{
    char remember[64];
    int64_t has = 0;
    TRY(db_number(db, &has, "select user_version from pragma_user_version"));
    if (has == store->schema_number)
        return ERR_OK;
    TRY(db_script(db, store->schema.at));
    TRY(columns_add(db));
    snprintf(remember, sizeof remember, "pragma user_version = %d", store->schema_number);
    return db_script(db, remember);
}

/* Files that are open, by their tenants: ids are random, any of their bytes will do. */
static struct file **bucket_of(struct store *store, ident_t tenant)
{
    uint32_t hash;
    memcpy(&hash, tenant.bytes, sizeof hash);
    return &store->files[hash % MAX_OPEN_TENANTS];
}

static err_t file_open(struct store *store, ident_t tenant, struct file **out_file)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        return fail(ERR_BUSY, "no memory for a tenant's file");
    file->tenant = tenant;
    file->last = &file->first;
    pthread_mutex_init(&file->lock, NULL);
    pthread_mutex_init(&file->read_lock, NULL);
    pthread_cond_init(&file->done, NULL);
    snprintf(file->path, sizeof file->path, "%s/tenants/%s.db", store->folder,
             ident_text("ten", tenant).text);
    err_t result = db_open(file->path, &file->writer);
    if (result == ERR_OK)
        result = schema_ensure(store, file->writer);
    if (result != ERR_OK)
        return file_free(file), result;
    file->beside = *bucket_of(store, tenant);
    *bucket_of(store, tenant) = file;
    store->open++;
    *out_file = file;
    return ERR_OK;
}

/* With the first that reads: most uses of most files only write. */
static err_t reader_open(struct file *file)
{
    OWN(db) reader = NULL;
    if (file->reader)
        return ERR_OK;
    TRY(db_open(file->path, &reader));
    TRY(db_script(reader, "pragma query_only = on"));
    file->reader = give(reader);
    return ERR_OK;
}

/* The link that leads to a tenant's file; to NULL where it is not open. */
static struct file **file_link(struct store *store, ident_t tenant)
{
    struct file **link = bucket_of(store, tenant);
    while (*link && !ident_eq((*link)->tenant, tenant))
        link = &(*link)->beside;
    return link;
}

static void file_close(struct store *store, struct file **link)
{
    struct file *file = *link;
    *link = file->beside;
    file_free(file);
    store->open--;
}

/* Of those that nobody uses, the one not used for longest makes room. */
static err_t room_make(struct store *store)
{
    struct file *oldest = NULL;
    if (store->open < store->most)
        return ERR_OK;
    for (size_t i = 0; i < MAX_OPEN_TENANTS; i++)
        for (struct file *file = store->files[i]; file; file = file->beside)
            if (!file->users && (!oldest || file->used < oldest->used))
                oldest = file;
    if (!oldest)
        return fail(ERR_BUSY, "%zu tenants are in use at once", store->most);
    file_close(store, file_link(store, oldest->tenant));
    return ERR_OK;
}

void store_most(struct store *store, size_t most) { store->most = most; }

err_t file_remove(struct store *store, ident_t tenant)
{
    static const char *const ends[] = {"-shm", "-wal", ""}; /* the file itself last */
    struct file **link = file_link(store, tenant);
    if (*link && (*link)->users)
        return fail(ERR_BUSY, "%s is in use", ident_text("ten", tenant).text);
    if (*link)
        file_close(store, link);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char path[PATH_MAX_LEN + 64];
        snprintf(path, sizeof path, "%s/tenants/%s.db%s", store->folder, ident_text("ten", tenant).text,
                 ends[i]);
        TRY(store->env->remove_file(store->env, path));
    }
    return ERR_OK;
}

static err_t tenant_known(struct store *store, ident_t tenant)
{
    OWN(rows) rows = {0};
    TRY(db_read(store->control, &rows, "select 1 from tenants where id = $1", ID(tenant)));
    return row_one(&rows);
}

static err_t file_take_locked(struct store *store, ident_t tenant, struct file **out_file)
{
    struct file *file = *file_link(store, tenant);
    if (file) {
        *out_file = file;
        return ERR_OK;
    }
    TRY(tenant_known(store, tenant));
    TRY(room_make(store));
    return file_open(store, tenant, out_file);
}

static err_t file_take(struct store *store, ident_t tenant, struct file **out_file)
{
    pthread_mutex_lock(&store->lock);
    struct file *file = NULL;
    err_t result = file_take_locked(store, tenant, &file);
    if (file) {
        file->users++;
        file->used = ++store->uses;
        *out_file = file;
    }
    pthread_mutex_unlock(&store->lock);
    return result;
}

static void file_release(struct store *store, struct file *file, size_t users)
{
    pthread_mutex_lock(&store->lock);
    file->users -= users;
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
    TRY(db_do(tx->db, "savepoint act"));
    settle(pending, pending->act(tx, pending->with));
    if (pending->result == ERR_OK)
        return db_do(tx->db, "release act");
    tx->seq = seq;
    err_t back = db_script(tx->db, "rollback to act; release act");
    if (back == ERR_OK || pending->result != ERR_BUSY)
        return back;
    return fail(ERR_BUSY, "%s", pending->note); /* a full disk has taken back the acts of all */
}

/* Without savepoints, which make SQLite keep a copy of every page an act touches: one act that fails fails all. */
static err_t act_plain(struct tx *tx, struct pending *pending)
{
    settle(pending, pending->act(tx, pending->with));
    return pending->result;
}

typedef err_t (*run_t)(struct tx *tx, struct pending *pending);

static err_t acts_commit(struct tx *tx, struct pending *batch, run_t run)
{
    TRY(db_do(tx->db, "begin immediate"));
    TRY(seq_read(tx));
    for (struct pending *p = batch; p; p = p->next)
        TRY(run(tx, p));
    TRY(tx_do(tx, "update counters set seq = $2 where tenant = $1", N(tx->seq)));
    return db_do(tx->db, "commit");
}

static err_t batch_try(struct file *file, struct pending *batch, run_t run)
{
    struct tx tx = {.db = file->writer, .tenant = file->tenant};
    err_t result = acts_commit(&tx, batch, run);
    if (result == ERR_OK)
        return ERR_OK;
    char note[sizeof batch->note];
    snprintf(note, sizeof note, "%s", err_note());
    /* Where the commit itself failed nothing is open any more, and this says so: nobody is misled by it. */
    (void)!db_script(file->writer, "rollback");
    return fail(result, "%s", note);
}

static void batch_commit(struct file *file, struct pending *batch)
{
    err_t result = batch_try(file, batch, act_plain);
    if (result != ERR_OK && batch->next)
        result = batch_try(file, batch, act_behind_savepoint);
    for (struct pending *p = result == ERR_OK ? NULL : batch; p; p = p->next)
        settle(p, result);
}

/* Tells those of a batch that nobody waits for; how many they were. The others end with their own threads. */
static size_t batch_tell(struct pending *batch, struct pending **out_waited)
{
    size_t told = 0;
    for (struct pending *p = batch, *next; p; p = next) {
        next = p->next;
        if (!p->settled) {
            p->next = *out_waited;
            *out_waited = p;
            continue;
        }
        p->settled(p->with, p->result, p->note);
        free(p);
        told++;
    }
    return told;
}

/* One commit of all that is pending. The file's lock is held when it begins and when it ends, not meanwhile; whoever
 * calls it has `committing` set. Gives how many uses of the file have ended with it. */
static size_t commit_turn(struct file *file)
{
    struct pending *batch = file->first, *waited = NULL;
    file->first = NULL;
    file->last = &file->first;
    pthread_mutex_unlock(&file->lock);
    batch_commit(file, batch);
    size_t told = batch_tell(batch, &waited);
    pthread_mutex_lock(&file->lock);
    for (struct pending *p = waited, *next; p; p = next) {
        next = p->next;
        p->done = true;
    }
    if (waited)
        pthread_cond_broadcast(&file->done);
    return told;
}

static void committers_want(struct committers *committers, struct file *file)
{
    pthread_mutex_lock(&committers->lock);
    file->next = NULL;
    *committers->last = file;
    committers->last = &file->next;
    pthread_cond_signal(&committers->wanted);
    pthread_mutex_unlock(&committers->lock);
}

static struct file *committers_next(struct committers *committers)
{
    pthread_mutex_lock(&committers->lock);
    while (!committers->first && !committers->stopping)
        pthread_cond_wait(&committers->wanted, &committers->lock);
    struct file *file = committers->first;
    if (file) {
        committers->first = file->next;
        if (!committers->first)
            committers->last = &committers->first;
    }
    pthread_mutex_unlock(&committers->lock);
    return file;
}

static void *committer_run(void *with)
{
    struct store *store = with;
    for (struct file *file; (file = committers_next(&store->committers));) {
        pthread_mutex_lock(&file->lock);
        size_t told = file->first ? commit_turn(file) : 0;
        bool more = file->first;
        file->committing = more;
        if (!more)
            pthread_cond_broadcast(&file->done);
        pthread_mutex_unlock(&file->lock);
        if (more)
            committers_want(&store->committers, file);
        if (told)
            file_release(store, file, told);
    }
    return NULL;
}

/* With the first act that nobody waits for: a store that has none has no threads. */
static err_t committers_start(struct store *store)
{
    struct committers *committers = &store->committers;
    if (atomic_load(&committers->count) == COMMITTERS)
        return ERR_OK;
    pthread_mutex_lock(&store->lock);
    while (committers->count < COMMITTERS &&
           pthread_create(&committers->threads[committers->count], NULL, committer_run, store) == 0)
        committers->count++;
    size_t count = committers->count;
    pthread_mutex_unlock(&store->lock);
    return count ? ERR_OK : fail(ERR_BUSY, "no thread for the store");
}

static void committers_stop(struct committers *committers)
{
    pthread_mutex_lock(&committers->lock);
    committers->stopping = true;
    pthread_cond_broadcast(&committers->wanted);
    pthread_mutex_unlock(&committers->lock);
    for (size_t i = 0; i < committers->count; i++)
        pthread_join(committers->threads[i], NULL);
}

static void pending_add(struct file *file, struct pending *pending)
{
    *file->last = pending;
    file->last = &pending->next;
}

/* Whoever finds nobody committing commits for all who wait. What came meanwhile from those who do not is left to the
 * committers. */
static void wait_for_commit(struct store *store, struct file *file, struct pending *mine)
{
    size_t told = 0;
    pthread_mutex_lock(&file->lock);
    pending_add(file, mine);
    while (!mine->done) {
        if (file->committing) {
            pthread_cond_wait(&file->done, &file->lock);
            continue;
        }
        file->committing = true;
        told += commit_turn(file);
        file->committing = store->committers.count && file->first;
        if (file->committing)
            committers_want(&store->committers, file);
        else
            pthread_cond_broadcast(&file->done);
    }
    pthread_mutex_unlock(&file->lock);
    file_release(store, file, told + 1);
}

err_t store_write(struct store *store, ident_t tenant, act_t act, void *with)
{
    struct file *file = NULL;
    struct pending mine = {.act = act, .with = with};
    TRY(file_take(store, tenant, &file));
    wait_for_commit(store, file, &mine);
    return mine.result == ERR_OK ? ERR_OK : fail(mine.result, "%s", mine.note);
}

err_t store_write_later(struct store *store, ident_t tenant, const struct later *later)
{
    struct file *file = NULL;
    TRY(committers_start(store));
    struct pending *pending = calloc(1, sizeof *pending);
    if (!pending)
        return fail(ERR_BUSY, "no memory for an act");
    *pending = (struct pending){.act = later->act, .with = later->with, .settled = later->settled};
    err_t taken = file_take(store, tenant, &file);
    if (taken != ERR_OK) {
        free(pending);
        return taken;
    }
    pthread_mutex_lock(&file->lock);
    pending_add(file, pending);
    bool idle = !file->committing;
    file->committing = true;
    pthread_mutex_unlock(&file->lock);
    if (idle)
        committers_want(&store->committers, file);
    return ERR_OK;
}

static err_t read_in_transaction(struct file *file, act_t act, void *with)
{
    TRY(reader_open(file));
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
    file_release(store, file, 1);
    return result;
}

static err_t schema_make(struct store *store)
{
    uint32_t hash = 2166136261U; /* FNV-1a: it has to tell one version of our own text from another */
    store->schema = (buf_t)BUF(64 * 1024);
    describe_sql(&store->schema);
    buf_put(&store->schema, str(tenant_schema));
    buf_put(&store->schema, str(launch_schema));
    for (size_t i = 0; i < store->schema.len; i++)
        hash = (hash ^ (uint8_t)store->schema.at[i]) * 16777619U;
    store->schema_number = (int)(hash & INT32_MAX) | 1;
    return buf_end(&store->schema);
}

err_t store_open(struct env *env, const char *folder, struct store **out_store)
{
    char path[PATH_MAX_LEN + 64];
    OWN(store) store = calloc(1, sizeof *store);
    if (!store)
        return fail(ERR_BUSY, "no memory for the store");
    store->env = env;
    store->most = MAX_OPEN_TENANTS;
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->committers.lock, NULL);
    pthread_cond_init(&store->committers.wanted, NULL);
    store->committers.last = &store->committers.first;
    TRY(schema_make(store));
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
    committers_stop(&(*store)->committers);
    for (size_t i = 0; i < MAX_OPEN_TENANTS; i++)
        while ((*store)->files[i])
            file_close(*store, &(*store)->files[i]);
    db_drop(&(*store)->control);
    buf_drop(&(*store)->schema);
    pthread_mutex_destroy(&(*store)->lock);
    pthread_mutex_destroy(&(*store)->committers.lock);
    pthread_cond_destroy(&(*store)->committers.wanted);
    free(*store);
    *store = NULL;
}

control_own control_take(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    return (control_own){store, store->control};
}

void control_drop(control_own *control) { pthread_mutex_unlock(&control->store->lock); }
