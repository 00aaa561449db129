/* SPDX-License-Identifier: Apache-2.0 */
#include "store/blobs.h"

#include "crypt/hash.h"
#include "store/_private.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { PATH_ROOM = 2048, MOST_BLOBS_MEMORY = 256 * 1024 * 1024 };

const char blob_schema[] =
    "create table if not exists blobs (tenant bytea not null, id bytea not null, subject bytea not null,"
    " device bytea not null, kind text not null, size bigint not null, made bigint not null, digest bytea not null,"
    " seq bigint not null, primary key (tenant, id));"
    "create index if not exists blobs_by_age on blobs (tenant, made, id);"
    "create index if not exists blobs_of_device on blobs (tenant, device);";

struct blob {
    char path[PATH_ROOM], part[PATH_ROOM + 8];
    int fd;
    struct hash *hash;
    int64_t size;
};

static err_t disk_error(const char *what, const char *path)
{
    err_t code = errno == ENOENT ? ERR_MISSING : errno == ENOSPC || errno == EDQUOT ? ERR_BUSY : ERR_BROKEN;
    return fail(code, "cannot %s %s: %s", what, path, strerror(errno));
}

static void folder_of(const struct store *store, ident_t tenant, buf_t *out)
{
    buf_putf(out, "%s/blobs/%s", store_folder(store), ident_text("ten", tenant).text);
}

err_t blob_path(struct store *store, ident_t tenant, ident_t id, buf_t *out_path)
{
    folder_of(store, tenant, out_path);
    buf_putf(out_path, "/%s", ident_text("blob", id).text);
    return buf_end(out_path);
}

/* The group's too, as all of the store: two processes work on it, and the mask of one of them says nothing to the other. */
static err_t shared_make(const char *path)
{
    if (mkdir(path, 0770) != 0)
        return errno == EEXIST ? ERR_OK : disk_error("make", path);
    return chmod(path, 02770) == 0 ? ERR_OK : disk_error("share", path);
}

err_t blobs_ready(const struct store *store, ident_t tenant)
{
    char path[PATH_ROOM];
    OWN(buf) folder = BUF(PATH_ROOM - 1);
    snprintf(path, sizeof path, "%s/blobs", store_folder(store));
    TRY(shared_make(path));
    folder_of(store, tenant, &folder);
    TRY(buf_end(&folder));
    return shared_make(folder.at);
}

err_t blob_begin(struct store *store, ident_t tenant, ident_t *io_id, struct blob **out_blob)
{
    OWN(blob) blob = calloc(1, sizeof *blob);
    OWN(buf) path = BUF(PATH_ROOM - 1);
    ident_t id = ident_is_zero(*io_id) ? ident_new(store_env(store)) : *io_id;
    if (!blob)
        return fail(ERR_BUSY, "no memory for a blob");
    TRY(blobs_ready(store, tenant));
    TRY(blob_path(store, tenant, id, &path));
    snprintf(blob->path, sizeof blob->path, "%s", path.at);
    snprintf(blob->part, sizeof blob->part, "%s.part", path.at);
    TRY(hash_begin(&blob->hash));
    blob->fd = open(blob->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0660);
    if (blob->fd < 0 || fchmod(blob->fd, 0660) != 0)
        return disk_error("create", blob->part);
    *io_id = id;
    *out_blob = give(blob);
    return ERR_OK;
}

err_t blob_add(struct blob *blob, str_t bytes)
{
    TRY(hash_add(blob->hash, bytes));
    for (size_t done = 0; done < bytes.len;) {
        ssize_t put = write(blob->fd, bytes.at + done, bytes.len - done);
        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            return disk_error("write", blob->part);
    }
    blob->size += (int64_t)bytes.len;
    return ERR_OK;
}

static err_t folder_sync(const char *of)
{
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(of, '/') - of), of);
    OWN(fd) fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd > 0 && fsync(fd) == 0 ? ERR_OK : disk_error("sync", folder);
}

err_t blob_end(struct blob *blob, struct blob_about *io_about)
{
    TRY(hash_end(blob->hash, io_about->digest));
    if (fsync(blob->fd) != 0)
        return disk_error("sync", blob->part);
    if (renameat2(AT_FDCWD, blob->part, AT_FDCWD, blob->path, RENAME_NOREPLACE) != 0)
        return errno == EEXIST ? fail(ERR_CONFLICT, "there is a file of this id already")
                               : disk_error("rename", blob->part);
    *blob->part = '\0';
    io_about->size = blob->size;
    return folder_sync(blob->path);
}

void blob_drop(struct blob **blob)
{
    if (!*blob)
        return;
    if ((*blob)->fd > 0)
        close((*blob)->fd);
    if (*(*blob)->part)
        unlink((*blob)->part);
    hash_drop(&(*blob)->hash);
    free(*blob);
    *blob = NULL;
}

static place_key_t key_of(ident_t id)
{
    place_key_t key = {.len = 0};
    key_ident(&key, id);
    return key;
}

err_t blob_put(struct tx *tx, const struct blob_about *about)
{
    const place_key_t key = key_of(about->id);
    TRY(place_leaves(tx, &blobs_place, key_str(&key)));
    TRY(tx_do(tx,
              "insert into blobs (tenant, id, subject, device, kind, size, made, digest, seq)"
              " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
              ID(about->id), ID(about->subject), ID(about->device), T(about->kind), N(about->size),
              N(about->made), B(str_bytes(about->digest, sizeof about->digest)), N(tx->seq++)));
    return place_comes(tx, &blobs_place, key_str(&key));
}

err_t blob_row_remove(struct tx *tx, ident_t id)
{
    const place_key_t key = key_of(id);
    return place_remove(tx, &blobs_place, key_str(&key));
}

static err_t blobs_room(struct tx *tx, size_t *out_room)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select count(*) from blobs where tenant = $1"));
    TRY(row_one(&rows));
    *out_room = (size_t)row_number(&rows, 0);
    return ERR_OK;
}

static err_t about_from(const rows_t *rows, arena_t *arena, struct blob_about *out)
{
    str_t digest = row_text(rows, 6);
    *out = (struct blob_about){.id = row_ident(rows, 0),
                               .subject = row_ident(rows, 1),
                               .device = row_ident(rows, 2),
                               .kind = arena_copy(arena, row_text(rows, 3)),
                               .size = row_number(rows, 4),
                               .made = row_number(rows, 5)};
    if (digest.len != sizeof out->digest)
        return fail(ERR_BROKEN, "%s has no digest", ident_text("blob", out->id).text);
    memcpy(out->digest, digest.at, digest.len);
    return ERR_OK;
}

err_t blobs_list(struct tx *tx, arena_t *arena, struct blobs *out_blobs)
{
    OWN(rows) rows = {0};
    struct blobs blobs = {0};
    size_t room = 0;
    TRY(blobs_room(tx, &room));
    blobs.at = arena_array(arena, struct blob_about, room);
    TRY(arena_end(arena));
    TRY(tx_read(tx, &rows,
                "select id, subject, device, kind, size, made, digest from blobs where tenant = $1"
                " order by made, id"));
    while (blobs.count < room && row_next(&rows))
        TRY(about_from(&rows, arena, &blobs.at[blobs.count++]));
    TRY(rows_end(&rows));
    *out_blobs = blobs;
    return arena_end(arena);
}

err_t blob_open(struct store *store, ident_t tenant, ident_t id, int *out_fd)
{
    OWN(buf) path = BUF(PATH_ROOM - 1);
    TRY(blob_path(store, tenant, id, &path));
    int fd = open(path.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return disk_error("open", path.at);
    *out_fd = fd;
    return ERR_OK;
}

err_t blob_file_remove(struct store *store, ident_t tenant, ident_t id)
{
    OWN(buf) path = BUF(PATH_ROOM - 1);
    TRY(blob_path(store, tenant, id, &path));
    return store_env(store)->remove_file(store_env(store), path.at);
}

/* The rows' blobs as a tenant has them now, in the order of their ids. */
static err_t ids_act(struct tx *tx, void *with)
{
    buf_t *ids = with;
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select id from blobs where tenant = $1 order by id"));
    while (row_next(&rows)) {
        ident_t id = row_ident(&rows, 0);
        buf_put(ids, ident_bytes(&id));
    }
    TRY(rows_end(&rows));
    return buf_end(ids);
}

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static bool is_named(const buf_t *ids, const char *name)
{
    ident_t id;
    return ident_read("blob", str(name), &id) == ERR_OK && ids->len &&
           bsearch(&id, ids->at, ids->len / sizeof id, sizeof id, by_bytes);
}

/* What a walk over a tenant's folder of blobs takes away. */
struct sweep {
    const buf_t *named; /* NULL: everything goes */
    moment_t older;
    int folder;
    size_t removed;
};

static err_t sweep_one(struct sweep *sweep, const char *name)
{
    struct stat about;
    if (*name == '.' || (sweep->named && is_named(sweep->named, name)))
        return ERR_OK;
    if (fstatat(sweep->folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ERR_OK : disk_error("look at", name);
    if (sweep->named && (moment_t)about.st_mtim.tv_sec * 1000 > sweep->older)
        return ERR_OK;
    if (unlinkat(sweep->folder, name, 0) != 0 && errno != ENOENT)
        return disk_error("remove", name);
    sweep->removed++;
    return ERR_OK;
}

typedef DIR *walk_own;
static void walk_drop(DIR **walk)
{
    if (*walk)
        closedir(*walk);
}

static err_t sweep_run(struct sweep *sweep, const char *path)
{
    OWN(walk) walk = opendir(path);
    if (!walk)
        return errno == ENOENT ? ERR_OK : disk_error("walk", path);
    sweep->folder = dirfd(walk);
    for (const struct dirent *entry; (entry = readdir(walk));)
        TRY(sweep_one(sweep, entry->d_name));
    return fsync(sweep->folder) == 0 ? ERR_OK : disk_error("sync", path);
}

/* The rows are read after the moment that decides: a blob whose row came since is too young to go. */
err_t blobs_sweep(struct store *store, ident_t tenant, moment_t now, size_t *out_removed)
{
    OWN(buf) named = BUF(MOST_BLOBS_MEMORY);
    OWN(buf) path = BUF(PATH_ROOM - 1);
    struct sweep sweep = {.named = &named, .older = now - HOURS(24)};
    TRY(store_read(store, tenant, ids_act, &named));
    folder_of(store, tenant, &path);
    TRY(buf_end(&path));
    TRY(sweep_run(&sweep, path.at));
    *out_removed = sweep.removed;
    return ERR_OK;
}

err_t blobs_remove_all(struct store *store, ident_t tenant)
{
    OWN(buf) path = BUF(PATH_ROOM - 1);
    struct sweep sweep = {.named = NULL};
    folder_of(store, tenant, &path);
    TRY(buf_end(&path));
    TRY(sweep_run(&sweep, path.at));
    return rmdir(path.at) == 0 || errno == ENOENT ? ERR_OK : disk_error("remove", path.at);
}
