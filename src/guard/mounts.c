/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/mounts.h"

#include "base/arena.h"
#include "sys/env.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

enum {
    MOUNTINFO_MAX = 16 * 1024 * 1024,
    CALLERS_MAX =
        4 * 1024 * 1024, /* of who may have mounted as much as he likes: what is past it is not looked for */
    TABLE_MEMORY = 64 * 1024 * 1024
};

struct known {
    uint64_t id;
    dev_t device;
    struct disk disk;
    str_t root, path;
};

/* What is mounted here: never changed, replaced whole. */
struct table {
    arena_t arena;
    struct known *at;
    size_t count;
    atomic_int holders;
};

struct mounts {
    pthread_mutex_t lock;
    int watched;
    bool behind; /* the kernel has said so, and it could not be read */
    atomic_bool moved;
    struct table *now;
};

static void table_leave(struct table *table)
{
    if (!table || atomic_fetch_sub(&table->holders, 1) != 1)
        return;
    arena_drop(&table->arena);
    free(table);
}

typedef struct table *table_own;
static void table_drop(struct table **table) { table_leave(*table); }

void mounts_drop(struct mounts **mounts)
{
    if (!*mounts)
        return;
    table_leave((*mounts)->now);
    fd_drop(&(*mounts)->watched);
    pthread_mutex_destroy(&(*mounts)->lock);
    free(*mounts);
    *mounts = NULL;
}

/* Lines */

static bool is_one_of(str_t kind, const char *const *kinds)
{
    for (; *kinds; kinds++)
        if (str_eq(kind, str(*kinds)))
            return true;
    return false;
}

static bool holds_no_programs(str_t kind)
{
    static const char *const kinds[] = {
        "proc",     "sysfs",   "cgroup",      "cgroup2",   "devpts",  "securityfs", "debugfs", "tracefs",
        "bpf",      "mqueue",  "hugetlbfs",   "configfs",  "pstore",  "autofs",     "nsfs",    "rpc_pipefs",
        "efivarfs", "fusectl", "binfmt_misc", "selinuxfs", "smackfs", NULL};
    return is_one_of(kind, kinds);
}

static bool may_wait(str_t kind)
{
    static const char *const kinds[] = {"nfs",  "nfs4", "cifs",   "smb3",     "9p", "afs",
                                        "coda", "ceph", "autofs", "virtiofs", NULL};
    return str_starts(kind, STR("fuse")) || is_one_of(kind, kinds);
}

static bool tells_of_changes(str_t kind)
{
    static const char *const kinds[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", NULL};
    return is_one_of(kind, kinds);
}

static bool device_read(str_t word, dev_t *out_device)
{
    uint64_t major, minor;
    str_t first = str_until(&word, ':');
    if (str_number(first, UINT32_MAX, &major) != ERR_OK || str_number(word, UINT32_MAX, &minor) != ERR_OK)
        return false;
    *out_device = makedev((unsigned)major, (unsigned)minor);
    return true;
}

static bool is_octal(str_t text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '7')
            return false;
    return text.len == 3;
}

/* Space, tab, line end and backslash stand as \ and three octal digits. */
static bool path_read(str_t word, char path[MOUNT_PATH])
{
    size_t len = 0;
    for (size_t i = 0; i < word.len && len < MOUNT_PATH - 1; i++) {
        str_t digits = {word.at + i + 1, word.len - i > 3 ? 3 : 0};
        bool escaped = word.at[i] == '\\' && is_octal(digits);
        path[len++] = escaped
                          ? (char)((digits.at[0] - '0') * 64 + (digits.at[1] - '0') * 8 + digits.at[2] - '0')
                          : word.at[i];
        i += escaped ? 3 : 0;
    }
    path[len] = '\0';
    return path[0] == '/';
}

bool mount_line_read(str_t line, struct mount *out_mount)
{
    str_t words[5];
    for (size_t i = 0; i < 5; i++)
        words[i] = str_until(&line, ' ');
    for (str_t word = str_until(&line, ' '); !str_eq(word, STR("-")); word = str_until(&line, ' '))
        if (!line.len)
            return false;
    str_t kind = str_until(&line, ' ');
    out_mount->programs = !holds_no_programs(kind);
    out_mount->disk = (struct disk){may_wait(kind), tells_of_changes(kind)};
    return str_number(words[0], INT64_MAX, &out_mount->id) == ERR_OK &&
           device_read(words[2], &out_mount->device) && path_read(words[3], out_mount->root) &&
           path_read(words[4], out_mount->path);
}

/* The table */

static err_t table_fill(struct table *table, str_t text)
{
    size_t lines = 1;
    OWN(arena) one = ARENA(sizeof(struct mount) * 2);
    struct mount *mount = arena_new(&one, struct mount);
    TRY(arena_end(&one));
    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    table->at = arena_array(&table->arena, struct known, lines);
    TRY(arena_end(&table->arena));
    while (text.len && table->count < lines) {
        if (!mount_line_read(str_until(&text, '\n'), mount))
            continue;
        table->at[table->count++] =
            (struct known){mount->id, mount->device, mount->disk, arena_copy(&table->arena, str(mount->root)),
                           arena_copy(&table->arena, str(mount->path))};
    }
    return arena_end(&table->arena);
}

static err_t table_read(struct table **out_table)
{
    OWN(table) table = calloc(1, sizeof *table);
    OWN(buf) text = BUF(MOUNTINFO_MAX);
    struct env *env = env_real();
    if (!table)
        return fail(ERR_BUSY, "no memory for what is mounted");
    atomic_store(&table->holders, 1);
    table->arena = (arena_t)ARENA(TABLE_MEMORY);
    TRY(env->read_file(env, "/proc/self/mountinfo", &text));
    TRY(table_fill(table, buf_str(&text)));
    *out_table = give(table);
    return ERR_OK;
}

err_t mounts_open(struct mounts **out_mounts)
{
    OWN(mounts) mounts = calloc(1, sizeof *mounts);
    if (!mounts)
        return fail(ERR_BUSY, "no memory for what is mounted");
    pthread_mutex_init(&mounts->lock, NULL);
    mounts->watched = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    TRY(table_read(&mounts->now));
    *out_mounts = give(mounts);
    return ERR_OK;
}

static bool kernel_says_so(const struct mounts *mounts)
{
    struct pollfd watched = {.fd = mounts->watched, .events = POLLPRI};
    return mounts->watched > 0 && poll(&watched, 1, 0) == 1 && watched.revents & (POLLPRI | POLLERR);
}

static struct table *table_held(struct mounts *mounts)
{
    pthread_mutex_lock(&mounts->lock);
    struct table *table = mounts->now;
    atomic_fetch_add(&table->holders, 1);
    pthread_mutex_unlock(&mounts->lock);
    return table;
}

/* As it is now. Where it cannot be read, what was known stays: a name that is not found forbids, and allows nothing. */
static struct table *table_take(struct mounts *mounts)
{
    struct table *fresh = NULL;
    pthread_mutex_lock(&mounts->lock);
    mounts->behind = kernel_says_so(mounts) || mounts->behind;
    if (mounts->behind && table_read(&fresh) == ERR_OK) {
        table_leave(mounts->now);
        mounts->now = fresh;
        mounts->behind = false;
        atomic_store(&mounts->moved, true);
    }
    pthread_mutex_unlock(&mounts->lock);
    return table_held(mounts);
}

bool mounts_moved(struct mounts *mounts)
{
    table_leave(table_take(mounts));
    return atomic_exchange(&mounts->moved, false);
}

/* Paths */

/* What stands behind the folder, with its slash; of the folder itself nothing. */
static bool is_beneath(str_t path, str_t folder, str_t *out_rest)
{
    size_t len = folder.len == 1 ? 0 : folder.len; /* "/" */
    if (!str_starts(path, (str_t){folder.at, len}) || (path.len > len && path.at[len] != '/'))
        return false;
    *out_rest = path.len == 1 ? (str_t){0} : (str_t){path.at + len, path.len - len};
    return true;
}

static bool path_join(str_t folder, str_t rest, char path[MOUNT_PATH])
{
    size_t len = folder.len == 1 && rest.len ? 0 : folder.len;
    if (len + rest.len >= MOUNT_PATH)
        return false;
    memcpy(path, folder.at, len);
    if (rest.len)
        memcpy(path + len, rest.at, rest.len);
    path[len + rest.len] = '\0';
    return true;
}

/* The mount that a path of ours lies on: the longest, and of those at one place the last. */
static const struct known *known_over(const struct table *table, str_t path, str_t *out_rest)
{
    const struct known *over = NULL;
    str_t rest;
    for (size_t i = 0; i < table->count; i++) {
        const struct known *one = &table->at[i];
        if ((over && one->path.len < over->path.len) || !is_beneath(path, one->path, &rest))
            continue;
        over = one;
        *out_rest = rest;
    }
    return over;
}

/* Without following a link: those are anybody's. What the kernel does not remember is asked of this machine's disks alone. */
static bool leads_to(const struct table *table, const char *path, const struct file_place *place)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_CACHED};
    struct stat about;
    str_t rest;
    OWN(fd) fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (fd < 0 && (errno == EAGAIN || errno == EINVAL)) {
        const struct known *over = known_over(table, str(path), &rest);
        how.resolve = RESOLVE_NO_SYMLINKS;
        fd = over && !over->disk.waits ? (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how) : -1;
    }
    return fd > 0 && fstat(fd, &about) == 0 && about.st_ino == place->number &&
           (place->any_device || about.st_dev == place->device);
}

bool mounts_lead_to(struct mounts *mounts, const char *path, const struct file_place *place)
{
    OWN(table) table = table_take(mounts);
    return path[0] == '/' && leads_to(table, path, place);
}

/* Names */

static const struct known *known_as(const struct table *table, uint64_t id)
{
    for (size_t i = 0; id && i < table->count; i++)
        if (table->at[i].id == id)
            return &table->at[i];
    return NULL;
}

/* The mount of the caller's that has this id. */
static bool mount_find(pid_t tid, uint64_t id, struct mount *out_mount)
{
    char name[64];
    OWN(buf) text = BUF(CALLERS_MAX);
    struct env *env = env_real();
    snprintf(name, sizeof name, "/proc/%d/mountinfo", (int)tid);
    if (env->read_file(env, name, &text) != ERR_OK)
        return false;
    for (str_t rest = buf_str(&text); rest.len;) {
        uint64_t found;
        str_t line = str_until(&rest, '\n'), behind = line;
        if (str_number(str_until(&behind, ' '), INT64_MAX, &found) == ERR_OK && found == id)
            return mount_line_read(line, out_mount);
    }
    return false;
}

/* As its caller would call it: the kernel tells a path from the root of the namespace, mountinfo from the caller's. */
static str_t from_callers_root(pid_t tid, const char *path)
{
    char name[64], root[MOUNT_PATH];
    str_t rest, whole = str(path);
    snprintf(name, sizeof name, "/proc/%d/root", (int)tid);
    ssize_t len = readlink(name, root, sizeof root);
    return len > 0 && is_beneath(whole, str_bytes(root, (size_t)len), &rest) && rest.len ? rest : whole;
}

/* Where on its file system the file lies, and which that is. */
static bool inner_path(const struct called *called, const char *path, struct mount *mount)
{
    str_t rest;
    char inner[MOUNT_PATH];
    if (!called->mount || !mount_find(called->tid, called->mount, mount) ||
        !is_beneath(from_callers_root(called->tid, path), str(mount->path), &rest) ||
        !path_join(str(mount->root), rest, inner))
        return false;
    memcpy(mount->path, inner, sizeof inner);
    return true;
}

static bool name_find(const struct table *table, const struct called *called, char path[MOUNT_PATH])
{
    OWN(arena) arena = ARENA(sizeof(struct mount) * 2);
    struct mount *mount = arena_new(&arena, struct mount);
    char candidate[MOUNT_PATH];
    str_t rest;
    if (!mount || !inner_path(called, path, mount))
        return false;
    for (size_t i = table->count; i > 0; i--) {
        const struct known *one = &table->at[i - 1];
        if (one->device != mount->device || !is_beneath(str(mount->path), one->root, &rest) ||
            !path_join(one->path, rest, candidate) || !leads_to(table, candidate, called->place))
            continue;
        memcpy(path, candidate, sizeof candidate);
        return true;
    }
    return false;
}

bool mounts_disk(struct mounts *mounts, uint64_t mount, struct disk *out_disk)
{
    OWN(table) table = table_held(mounts);
    const struct known *one = known_as(table, mount);
    *out_disk = one ? one->disk : (struct disk){0};
    return one;
}

bool mounts_name(struct mounts *mounts, const struct called *called, char path[MOUNT_PATH])
{
    OWN(table) table = table_take(mounts);
    if (known_as(table, called->mount))
        return true;
    return path[0] == '/' && (leads_to(table, path, called->place) || name_find(table, called, path));
}

size_t mounts_others(struct mounts *mounts, const struct named *named,
                     void (*each)(void *with, const char *path), void *with)
{
    char inner[MOUNT_PATH], candidate[MOUNT_PATH];
    size_t count = 0;
    str_t rest;
    OWN(table) table = table_held(mounts);
    const struct known *over = known_over(table, str(named->path), &rest);
    if (!over || !path_join(over->root, rest, inner))
        return 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct known *one = &table->at[i];
        if (one == over || one->device != over->device || !is_beneath(str(inner), one->root, &rest) ||
            !path_join(one->path, rest, candidate) || !strcmp(candidate, named->path) ||
            !leads_to(table, candidate, named->place))
            continue;
        count++;
        if (each)
            each(with, candidate);
    }
    return count;
}
