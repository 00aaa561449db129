/* SPDX-License-Identifier: Apache-2.0 */
#include "store/steps_given.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEPT_MOST = 64 * 1024 * 1024 };
static atomic_int taken, kill_at, full_at;

/* Whether there is no room at this one. */
static bool step(void)
{
    int number = atomic_fetch_add(&taken, 1) + 1;
    int full = atomic_load(&full_at);
    if (number == atomic_load(&kill_at))
        kill(getpid(), SIGKILL);
    return full && number >= full;
}

int steps_taken(void) { return atomic_load(&taken); }

/* SQLite's files: each is one of the system's, behind this. */

struct counted {
    sqlite3_file base;
    sqlite3_file *real;
    const char *path; /* lives as long as the file */
    bool is_kept, is_log, lost;
};

static sqlite3_file *real_of(sqlite3_file *file) { return ((struct counted *)(void *)file)->real; }
#define REAL(file, call, ...) real_of(file)->pMethods->call(real_of(file), ##__VA_ARGS__)

static int counted_close(sqlite3_file *file) { return REAL(file, xClose); }
static int counted_read(sqlite3_file *file, void *at, int len, sqlite3_int64 from)
{
    return REAL(file, xRead, at, len, from);
}
static int counted_write(sqlite3_file *file, const void *at, int len, sqlite3_int64 to)
{
    return step() ? SQLITE_FULL : REAL(file, xWrite, at, len, to);
}
static int counted_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    (void)step();
    ((struct counted *)(void *)file)->lost &= size > 0;
    return REAL(file, xTruncate, size);
}

/* What is synced is kept as it was before: what is written meanwhile may be on the disk, or not. */

static char powered[512], kept_folder[512]; /* what is synced beneath the first is kept in the second */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool sync_fails;

static err_t kept_path(const char *path, buf_t *out_path)
{
    const char *name = strrchr(path, '/');
    buf_putf(out_path, "%s%s", kept_folder, name ? name : path);
    return buf_end(out_path);
}

static err_t file_keep(sqlite3_file *file, str_t bytes)
{
    OWN(buf) path = BUF(1024);
    TRY(kept_path(((struct counted *)(void *)file)->path, &path));
    return env_real()->put_file(env_real(), path.at, bytes, 0600);
}

static int sync_kept(sqlite3_file *file, int flags)
{
    sqlite3_int64 size = 0;
    int code = REAL(file, xFileSize, &size);
    OWN(buf) bytes = BUF(KEPT_MOST);
    char *at = code == SQLITE_OK ? buf_room(&bytes, (size_t)size) : NULL;
    if (!at || (size && REAL(file, xRead, at, (int)size, 0) != SQLITE_OK))
        abort();
    code = REAL(file, xSync, flags);
    if (code == SQLITE_OK && file_keep(file, buf_str(&bytes)) != ERR_OK)
        abort();
    return code;
}

static int counted_sync(sqlite3_file *file, int flags)
{
    struct counted *counted = (struct counted *)(void *)file;
    (void)step();
    if (!counted->is_kept)
        return REAL(file, xSync, flags);
    pthread_mutex_lock(&kept_lock);
    bool fails = counted->is_log && atomic_exchange(&sync_fails, false);
    counted->lost |= fails;
    int code = fails ? SQLITE_IOERR_FSYNC : counted->lost ? REAL(file, xSync, flags) : sync_kept(file, flags);
    pthread_mutex_unlock(&kept_lock);
    return code;
}
static int counted_size(sqlite3_file *file, sqlite3_int64 *out) { return REAL(file, xFileSize, out); }
static int counted_lock(sqlite3_file *file, int kind) { return REAL(file, xLock, kind); }
static int counted_unlock(sqlite3_file *file, int kind) { return REAL(file, xUnlock, kind); }
static int counted_reserved(sqlite3_file *file, int *out) { return REAL(file, xCheckReservedLock, out); }
static int counted_control(sqlite3_file *file, int what, void *with)
{
    return REAL(file, xFileControl, what, with);
}
static int counted_sector(sqlite3_file *file) { return REAL(file, xSectorSize); }
static int counted_device(sqlite3_file *file) { return REAL(file, xDeviceCharacteristics); }
static int counted_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return REAL(file, xShmMap, page, size, extend, out);
}
static int counted_shm_lock(sqlite3_file *file, int from, int count, int flags)
{
    return REAL(file, xShmLock, from, count, flags);
}
static void counted_shm_barrier(sqlite3_file *file) { REAL(file, xShmBarrier); }
static int counted_shm_unmap(sqlite3_file *file, int removed) { return REAL(file, xShmUnmap, removed); }
static int counted_fetch(sqlite3_file *file, sqlite3_int64 from, int len, void **out)
{
    return REAL(file, xFetch, from, len, out);
}
static int counted_unfetch(sqlite3_file *file, sqlite3_int64 from, void *at)
{
    return REAL(file, xUnfetch, from, at);
}

static const sqlite3_io_methods methods = {
    3,
    counted_close,
    counted_read,
    counted_write,
    counted_truncate,
    counted_sync,
    counted_size,
    counted_lock,
    counted_unlock,
    counted_reserved,
    counted_control,
    counted_sector,
    counted_device,
    counted_shm_map,
    counted_shm_lock,
    counted_shm_barrier,
    counted_shm_unmap,
    counted_fetch,
    counted_unfetch,
};

static sqlite3_vfs *under, over;

static int counted_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
    struct counted *counted = (struct counted *)(void *)file;
    (void)vfs;
    *counted = (struct counted){
        .real = (sqlite3_file *)(void *)(counted + 1), .path = path, .is_log = flags & SQLITE_OPEN_WAL};
    counted->is_kept = *powered && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) && path &&
                       !strncmp(path, powered, strlen(powered));
    int code = under->xOpen(under, path, counted->real, flags, out_flags);
    counted->base.pMethods = code == SQLITE_OK ? &methods : NULL;
    return code;
}

static void vfs_count(void)
{
    if (under)
        return;
    under = sqlite3_vfs_find(NULL);
    over = *under;
    over.zName = "counted";
    over.szOsFile = (int)sizeof(struct counted) + under->szOsFile;
    over.xOpen = counted_open;
    over.pNext = NULL;
    if (sqlite3_vfs_register(&over, 1) != SQLITE_OK)
        abort();
}

/* What goes through the env. */

static err_t no_room(void) { return fail(ERR_BUSY, "the disk is full"); }

static err_t step_write(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    if (step())
        return no_room();
    TRY(env_real()->write_file(env, path, bytes, mode));
    (void)step();
    return ERR_OK;
}

static err_t step_put(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    return step() ? no_room() : env_real()->put_file(env, path, bytes, mode);
}

static err_t step_sync(struct env *env, const char *folder)
{
    (void)step();
    return env_real()->sync_beneath(env, folder);
}

static err_t step_overwrite(struct env *env, const char *path, off_t offset, str_t bytes)
{
    (void)step();
    TRY(env_real()->overwrite(env, path, offset, bytes));
    (void)step();
    return ERR_OK;
}

static err_t step_append(struct env *env, const char *path, off_t offset, str_t bytes)
{
    if (step())
        return no_room();
    TRY(env_real()->append(env, path, offset, bytes));
    (void)step();
    return ERR_OK;
}

static err_t step_remove(struct env *env, const char *path)
{
    (void)step();
    return env_real()->remove_file(env, path);
}

static void env_count(struct env *env)
{
    vfs_count();
    atomic_store(&taken, 0);
    env->write_file = step_write;
    env->put_file = step_put;
    env->sync_beneath = step_sync;
    env->overwrite = step_overwrite;
    env->append = step_append;
    env->remove_file = step_remove;
}

void steps_kill(struct env *env, int at)
{
    env_count(env);
    atomic_store(&kill_at, at);
}

void steps_full(struct env *env, int at)
{
    env_count(env);
    atomic_store(&full_at, at);
}

void steps_power(struct env *env, const char *store, const char *kept)
{
    env_count(env);
    snprintf(powered, sizeof powered, "%s/", store);
    snprintf(kept_folder, sizeof kept_folder, "%s", kept);
}

void steps_sync_fails(void) { atomic_store(&sync_fails, true); }

static err_t run(const char *const *command)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        execvp(command[0], (char *const *)(uintptr_t)command);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status == 0 ? ERR_OK : fail(ERR_BROKEN, "%s has failed", command[0]);
}

err_t steps_again(const char *base, const char *now)
{
    TRY(run((const char *const[]){"rm", "-rf", now, NULL}));
    return run((const char *const[]){"cp", "-a", base, now, NULL});
}

err_t steps_cut(const char *now)
{
    pthread_mutex_lock(&kept_lock);
    err_t result = steps_again(kept_folder, now);
    pthread_mutex_unlock(&kept_lock);
    TRY(result);
    return run((const char *const[]){"sh", "-c", "mkdir \"$1/tenants\" && mv \"$1\"/ten_* \"$1/tenants\"",
                                     "sh", now, NULL});
}
