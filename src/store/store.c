/* SPDX-License-Identifier: Apache-2.0 */
#include "store/_files.h"

#include "concept/describe.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char control_schema[] =
    "create table if not exists tenants (id bytea primary key, realm bytea not null, name text not null unique,"
    " state text not null, made bigint not null);";

static const char tenant_schema[] =
    "create table if not exists counters (tenant bytea primary key, seq bigint not null, frozen bytea);"
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
    pthread_mutex_destroy(&file->sync_lock);
    pthread_cond_destroy(&file->done);
    free(file);
}

/* What a table has got since it was made: a switch that came later is on where nothing was said of it. */
static const struct {
    const char *table, *column, *add;
} later_columns[] = {
    {"collections", "launches", "alter table collections add column launches bigint not null default 1"},
    {"counters", "frozen", "alter table counters add column frozen bytea"},
    {"followings", "restarts", "alter table followings add column restarts bigint not null default 0"},
    {"followings", "stops", "alter table followings add column stops bigint not null default 0"},
    {"followings", "late", "alter table followings add column late bigint not null default 0"},
    {"followings", "stopped", "alter table followings add column stopped bigint not null default 0"},
    {"followings", "lost", "alter table followings add column lost bigint not null default 0"},
};

static err_t columns_add(struct db *db)
{
    for (size_t i = 0; i < sizeof later_columns / sizeof *later_columns; i++) {
        int64_t there = 0;
        TRY(db_number(db, &there, "select count(*) from pragma_table_info($1) where name = $2",
                      T(str(later_columns[i].table)), T(str(later_columns[i].column))));
        if (!there)
            TRY(db_script(db, later_columns[i].add));
    }
    return ERR_OK;
}

/* The tables, where the file has not got them all yet: it remembers which it has by a number made of their text. */
err_t file_schema_lay(const struct store *store, struct db *db, ident_t tenant)
{
    char remember[64];
    int64_t has = 0;
    TRY(db_number(db, &has, "select user_version from pragma_user_version"));
    if (has == store->schema_number)
        return ERR_OK;
    TRY(db_script(db, store->schema.at));
    TRY(columns_add(db));
    TRY(weights_anew(&(struct tx){.db = db, .tenant = tenant}));
    snprintf(remember, sizeof remember, "pragma user_version = %d", store->schema_number);
    return db_script(db, remember);
}

/* In one transaction: another process may be opening the same file. */
static err_t schema_ensure(const struct store *store, struct db *db, ident_t tenant)
{
    int64_t has = 0;
    TRY(db_number(db, &has, "select user_version from pragma_user_version"));
    if (has == store->schema_number)
        return ERR_OK;
    TRY(db_script(db, "begin immediate"));
    err_t laid = file_schema_lay(store, db, tenant);
    if (laid == ERR_OK)
        return db_script(db, "commit");
    (void)!db_script(db, "rollback"); /* what failed first is what is told */
    return laid;
}

/* Files that are open, by their tenants: ids are random, any of their bytes will do. */
static struct file **bucket_of(struct store *store, ident_t tenant)
{
    uint32_t hash;
    memcpy(&hash, tenant.bytes, sizeof hash);
    return &store->files[hash % MAX_OPEN_TENANTS];
}

/* Two processes work on the files: they are of the group's, whatever the umask, and SQLite makes its own like them. Under its
 * name a file is never seen without that mode: the other process may open it at any moment. A crash leaves an empty file
 * under the other name, which the next start of that process takes over. */
static err_t file_share(const char *path)
{
    char fresh[PATH_MAX_LEN + 96];
    snprintf(fresh, sizeof fresh, "%s.new%u", path, geteuid());
    if (access(path, F_OK) == 0)
        return ERR_OK;
    int fd = open(fresh, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(ERR_BROKEN, "cannot make %s: %s", path, strerror(errno));
    bool shared = fchmod(fd, 0660) == 0;
    close(fd);
    if (shared && renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return ERR_OK;
    bool there = shared && errno == EEXIST;
    (void)unlink(fresh); /* the other process was first */
    return there ? ERR_OK : fail(ERR_BROKEN, "cannot share %s: %s", path, strerror(errno));
}

/* Where another process opens the same new file at this moment it is taken alone for as long as its journal is set up, and
 * SQLite does not wait for that by itself. */
static err_t shared_open(const char *path, struct db **out_db)
{
    enum { TRIES = 250, WAIT_US = 20000 };
    TRY(file_share(path));
    err_t opened = db_open(path, out_db);
    for (int tries = 0; opened == ERR_BUSY && tries < TRIES; tries++) {
        usleep(WAIT_US);
        opened = db_open(path, out_db);
    }
    return opened;
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
    pthread_mutex_init(&file->sync_lock, NULL);
    pthread_cond_init(&file->done, NULL);
    snprintf(file->path, sizeof file->path, "%s/tenants/%s.db", store->folder,
             ident_text("ten", tenant).text);
    err_t result = shared_open(file->path, &file->writer);
    if (result == ERR_OK)
        result = schema_ensure(store, file->writer, tenant);
    if (result == ERR_OK)
        result = db_sync_apart(file->writer);
    if (result == ERR_OK)
        result = file_look(store, file);
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

void file_close(struct store *store, struct file **link)
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

err_t file_shut(struct store *store, ident_t tenant)
{
    struct file **link = file_link(store, tenant);
    if (*link && (*link)->users)
        return fail(ERR_BUSY, "%s is in use", ident_text("ten", tenant).text);
    if (*link)
        file_close(store, link);
    return ERR_OK;
}

static const char *const file_ends[] = {".fill", "-shm", "-wal", ""}; /* the file itself last */
enum { FILE_ENDS = sizeof file_ends / sizeof *file_ends };

static void file_path(const struct store *store, ident_t tenant, const char *end,
                      char path[PATH_MAX_LEN + 64])
{
    snprintf(path, PATH_MAX_LEN + 64, "%s/tenants/%s.db%s", store->folder, ident_text("ten", tenant).text,
             end);
}

err_t file_remove(struct store *store, ident_t tenant)
{
    char path[PATH_MAX_LEN + 64];
    TRY(file_shut(store, tenant));
    for (size_t i = 0; i < FILE_ENDS; i++) {
        file_path(store, tenant, file_ends[i], path);
        TRY(store->env->remove_file(store->env, path));
    }
    return ERR_OK;
}

err_t file_weigh(struct store *store, ident_t tenant, struct tenant_files *out_files)
{
    char path[PATH_MAX_LEN + 64];
    struct stat about;
    *out_files = (struct tenant_files){0};
    for (size_t i = 0; i < FILE_ENDS; i++) {
        file_path(store, tenant, file_ends[i], path);
        if (stat(path, &about) == 0) {
            out_files->files++;
            out_files->bytes += about.st_size;
        } else if (errno != ENOENT) {
            return fail(ERR_BROKEN, "cannot look at %s: %s", path, strerror(errno));
        }
    }
    return ERR_OK;
}

err_t file_tenant_known(struct store *store, ident_t tenant)
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
    TRY(file_tenant_known(store, tenant));
    TRY(room_make(store));
    return file_open(store, tenant, out_file);
}

err_t file_take(struct store *store, ident_t tenant, struct file **out_file)
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

void file_release(struct store *store, struct file *file, size_t users)
{
    pthread_mutex_lock(&store->lock);
    file->users -= users;
    pthread_mutex_unlock(&store->lock);
}

static bool disk_is_scarce(const char *folder)
{
    enum { PARTS = 50, MOST = 1 << 30 };
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return false;
    uint64_t part = (uint64_t)disk.f_blocks * disk.f_frsize / PARTS;
    return (uint64_t)disk.f_bavail * disk.f_frsize < (part < MOST ? part : MOST);
}

err_t store_spare(struct store *store)
{
    enum { LOOK_MS = 1000 };
    moment_t now = store->env->boot(store->env), looked = atomic_load(&store->looked);
    if ((!looked || now - looked >= LOOK_MS) && atomic_compare_exchange_strong(&store->looked, &looked, now))
        atomic_store(&store->scarce, disk_is_scarce(store->folder));
    return atomic_load(&store->scarce) ? fail(ERR_BUSY, "the disk is nearly full: send it again later")
                                       : ERR_OK;
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
    buf_put(&store->schema, str(blob_schema));
    buf_put(&store->schema, str(change_schema));
    buf_put(&store->schema, str(usage_schema));
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
    TRY(shared_open(path, &store->control));
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

const char *store_folder(const struct store *store) { return store->folder; }
struct env *store_env(const struct store *store) { return store->env; }

control_own control_take(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    return (control_own){store, store->control};
}

void control_drop(control_own *control) { pthread_mutex_unlock(&control->store->lock); }
