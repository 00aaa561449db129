/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/facts.h"

#include "guard/installed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sodium.h>
#include <stddef.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

enum { PLACES = 16 * 1024, COPIES = 32, TICK_NS = 20 * 1000 * 1000 };

#ifndef F2FS_SUPER_MAGIC
#define F2FS_SUPER_MAGIC 0xF2F52010
#endif

struct facts {
    pthread_mutex_t lock;
    uint8_t key[SHORT_KEY];
    struct file *places[PLACES];
    int open_files; /* /proc/self/fd, of this process */
    struct mounts *mounts;
    struct installed *installed;
    struct copied {
        const char *path;
        int64_t size;
        bool known; /* its digest */
        uint8_t sha256[DIGEST_SIZE];
    } copied[COPIES]; /* the installed interpreters */
    size_t copied_count;
};

void facts_drop(struct facts **facts)
{
    if (!*facts)
        return;
    for (size_t i = 0; i < PLACES; i++)
        free((*facts)->places[i]);
    installed_drop(&(*facts)->installed);
    mounts_drop(&(*facts)->mounts);
    fd_drop(&(*facts)->open_files);
    pthread_mutex_destroy(&(*facts)->lock);
    free(*facts);
    *facts = NULL;
}

int64_t facts_changed(const struct stat *about)
{
    return about->st_ctim.tv_sec * INT64_C(1000000000) + about->st_ctim.tv_nsec;
}

static void copied_look(struct facts *facts)
{
    pthread_mutex_lock(&facts->lock);
    facts->copied_count = 0;
    for (const char *const *path = interpreter_files; *path && facts->copied_count < COPIES; path++) {
        struct stat about;
        if (stat(*path, &about) == 0)
            facts->copied[facts->copied_count++] = (struct copied){.path = *path, .size = about.st_size};
    }
    pthread_mutex_unlock(&facts->lock);
}

err_t facts_open(const char *root, struct facts **out_facts)
{
    OWN(facts) facts = calloc(1, sizeof *facts);
    if (!facts)
        return fail(ERR_BUSY, "no memory for what is known of files");
    pthread_mutex_init(&facts->lock, NULL);
    env_real()->random(env_real(), facts->key, sizeof facts->key);
    facts->open_files = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
    TRY(mounts_open(&facts->mounts));
    TRY(installed_open(root, &facts->installed));
    copied_look(facts);
    *out_facts = give(facts);
    return ERR_OK;
}

/* The places */

static struct file **place_of(struct facts *facts, uint64_t number)
{
    return &facts->places[digest_short(facts->key, str_bytes(&number, sizeof number)) % PLACES];
}

static bool is_same(const struct file *a, const struct file *b)
{
    return a->device == b->device && a->number == b->number && a->changed == b->changed &&
           a->size == b->size && a->foreign == b->foreign && !strcmp(a->path, b->path);
}

/* Without what is past the path's end: most of a file is room for a longer one. */
static size_t size_of(const struct file *file)
{
    return offsetof(struct file, path) + strlen(file->path) + 1;
}

/* Folders above may change without the file: what they say is not kept. */
static void file_copy(const struct file *kept, struct file *out_file)
{
    memcpy(out_file, kept, size_of(kept));
    out_file->known &= ~(unsigned)FACT_TRUST;
    out_file->asked &= ~(unsigned)FACT_TRUST;
}

static bool file_recall(struct facts *facts, struct file *file)
{
    pthread_mutex_lock(&facts->lock);
    const struct file *kept = *place_of(facts, file->number);
    bool known = kept && is_same(kept, file);
    if (known)
        file_copy(kept, file);
    pthread_mutex_unlock(&facts->lock);
    return known;
}

/* Without memory the file is found out about again the next time. */
static void file_keep(struct facts *facts, const struct file *file)
{
    size_t size = size_of(file);
    if (!file->steady)
        return;
    pthread_mutex_lock(&facts->lock);
    struct file **place = place_of(facts, file->number), *kept = realloc(*place, size);
    if (kept) {
        memcpy(kept, file, size);
        *place = kept;
    }
    pthread_mutex_unlock(&facts->lock);
}

/* Where a file is that was heard of, or found. */
static struct file_place place_in(const struct file *file)
{
    return (struct file_place){file->device, file->number, .any_device = !file->changed};
}

static void heard_alone(struct facts *facts, const struct heard_of *heard, struct file *out_file)
{
    *out_file =
        (struct file){.device = heard->device, .number = heard->number}; /* not steady: it is not kept */
    snprintf(out_file->path, FILE_PATH, "%.*s", STR_ARG(heard->path));
    const struct file_place place = place_in(out_file);
    out_file->foreign = !mounts_lead_to(facts->mounts, out_file->path, &place);
}

bool facts_at(struct facts *facts, const struct heard_of *heard, struct file *out_file)
{
    pthread_mutex_lock(&facts->lock);
    const struct file *kept = *place_of(facts, heard->number);
    bool known = kept && kept->number == heard->number &&
                 (kept->device == heard->device || str_eq(str(kept->path), heard->path));
    if (known)
        file_copy(kept, out_file);
    pthread_mutex_unlock(&facts->lock);
    if (!known)
        heard_alone(facts, heard, out_file);
    return known;
}

static void places_clear(struct facts *facts)
{
    pthread_mutex_lock(&facts->lock);
    for (size_t i = 0; i < PLACES; i++) {
        free(facts->places[i]);
        facts->places[i] = NULL;
    }
    pthread_mutex_unlock(&facts->lock);
}

struct packages_count facts_packages(struct facts *facts)
{
    struct packages_count count = packages_count(installed_hold(facts->installed));
    installed_leave(facts->installed);
    return count;
}

bool facts_refresh(struct facts *facts)
{
    bool moved = mounts_moved(facts->mounts), other = installed_refresh(facts->installed);
    if (other)
        copied_look(facts);
    if (moved || other)
        places_clear(facts);
    return moved || other;
}

/* Steady */

/* Nobody has it open to write to: else pages that were written to before could be changed once more, without a sign. The kernel
 * gives a lease where that is so (fcntl(2)). */
static bool has_no_writer(int fd)
{
    if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
        return false;
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return true;
}

/* Two changes within a tick of the kernel's clock have one moment. */
static bool is_of_now(const struct file *file)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec - file->changed < TICK_NS;
}

static bool is_steady(int fd, bool tells, const struct file *file)
{
    if (tells)
        return !is_of_now(file) && has_no_writer(fd);
    return file->owner == 0 && !(file->mode & (S_IWGRP | S_IWOTH));
}

/* Finding */

static bool is_one_of(long kind, const long *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

/* Of what is mounted elsewhere alone: by the number of its kind. */
static struct disk foreign_disk(int fd)
{
    static const long elsewhere[] = {FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, CIFS_SUPER_MAGIC,
                                     V9FS_MAGIC,       AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, CEPH_SUPER_MAGIC};
    static const long telling[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC};
    struct statfs about;
    if (fstatfs(fd, &about) != 0)
        return (struct disk){.waits = true};
    return (struct disk){is_one_of(about.f_type, elsewhere, sizeof elsewhere / sizeof *elsewhere),
                         is_one_of(about.f_type, telling, sizeof telling / sizeof *telling)};
}

static struct disk disk_of(struct facts *facts, const struct seen *seen)
{
    struct disk disk;
    return mounts_disk(facts->mounts, seen->mount, &disk) ? disk : foreign_disk(seen->fd);
}

/* A descriptor to read with, where `fd` names the file alone; 0 where it is one itself. */
static int opened_again(int fd)
{
    char name[64];
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && !(flags & O_PATH))
        return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* Most files say what they are at their beginning; the few that might be loaders are read whole. What the kernel asks about
 * is open for reading: only of others has that to be found out. */
static void file_look(int fd, struct file *file)
{
    char head[LOOK_BYTES];
    bool reads = S_ISREG(file->mode) && file->readable;
    ssize_t got = reads ? pread(fd, head, sizeof head, 0) : -1;
    OWN(fd) again = reads && got < 0 ? opened_again(fd) : 0;
    int from = again ? again : fd;
    if (again > 0)
        got = pread(again, head, sizeof head, 0);
    if (got <= 0)
        return;
    look_at(file_path(file), str_bytes(head, (size_t)got), &file->look);
    if (!file->look.whole || file->size > LOADER_BYTES)
        return;
    OWN(buf) bytes = BUF(LOADER_BYTES);
    char *at = buf_room(&bytes, (size_t)file->size);
    got = at ? pread(from, at, (size_t)file->size, 0) : -1;
    if (got > 0)
        look_at(file_path(file), str_bytes(at, (size_t)got), &file->look);
}

bool facts_see(int fd, struct seen *out_seen)
{
    struct statx is;
    const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    *out_seen = (struct seen){.fd = -1};
    if (statx(fd, "", flags, STATX_BASIC_STATS | STATX_MNT_ID, &is) != 0)
        return false;
    *out_seen = (struct seen){.fd = fd,
                              .device = makedev(is.stx_dev_major, is.stx_dev_minor),
                              .number = is.stx_ino,
                              .links = is.stx_nlink,
                              .mount = is.stx_mask & STATX_MNT_ID ? is.stx_mnt_id : 0,
                              .changed = is.stx_ctime.tv_sec * INT64_C(1000000000) + is.stx_ctime.tv_nsec,
                              .size = (int64_t)is.stx_size,
                              .mode = is.stx_mode,
                              .owner = is.stx_uid};
    return true;
}

/* What tells the file from all others. */
static err_t file_name(struct facts *facts, const struct seen *seen, pid_t tid, struct file *file)
{
    char name[16];
    snprintf(name, sizeof name, "%d", seen->fd);
    ssize_t len = readlinkat(facts->open_files, name, file->path, FILE_PATH - 1);
    if (len <= 0)
        return fail(ERR_MISSING, "a file without a name: %s", strerror(errno));
    file->path[len] = '\0';
    file->device = seen->device;
    file->number = seen->number;
    file->changed = seen->changed;
    file->size = seen->size;
    file->mode = seen->mode;
    file->owner = seen->owner;
    file->links = seen->links;
    const struct file_place place = place_in(file);
    file->foreign = !mounts_name(facts->mounts, &(struct called){seen->mount, tid, &place}, file->path);
    return ERR_OK;
}

bool facts_is_plain(struct facts *facts, const struct seen *seen)
{
    char head[LOOK_BYTES];
    struct look look = {0};
    struct disk disk;
    if (!S_ISREG(seen->mode) || !mounts_disk(facts->mounts, seen->mount, &disk) || disk.waits)
        return false;
    ssize_t got = pread(seen->fd, head, sizeof head, 0);
    if (got > 0)
        look_at(STR(""), str_bytes(head, (size_t)got), &look);
    return look.kind == KIND_PROGRAM && !look.whole;
}

/* Its name does not matter: nobody but root has put it there. */
bool facts_is_roots_loader(struct facts *facts, const struct seen *seen)
{
    pthread_mutex_lock(&facts->lock);
    const struct file *kept = *place_of(facts, seen->number);
    bool is = kept && kept->device == seen->device && kept->number == seen->number &&
              kept->changed == seen->changed && kept->size == seen->size && kept->look.kind == KIND_LOADER &&
              kept->rooted;
    pthread_mutex_unlock(&facts->lock);
    return is;
}

err_t facts_find(struct facts *facts, const struct seen *seen, pid_t tid, struct file *out_file)
{
    TRY(file_name(facts, seen, tid, out_file));
    if (file_recall(facts, out_file))
        return ERR_OK;
    out_file->known = out_file->asked = 0;
    out_file->package[0] = '\0';
    out_file->state = FILE_UNKNOWN;
    out_file->trusted = out_file->rooted = false;
    out_file->look = (struct look){0};
    struct disk disk = disk_of(facts, seen);
    out_file->readable = !disk.waits;
    out_file->steady = is_steady(seen->fd, disk.tells, out_file);
    file_look(seen->fd, out_file);
    file_keep(facts, out_file);
    return ERR_OK;
}

size_t facts_names(struct facts *facts, const struct file *file, void (*each)(void *with, const char *path),
                   void *with)
{
    const struct file_place place = place_in(file);
    return file->foreign ? 0 : mounts_others(facts->mounts, &(struct named){file->path, &place}, each, with);
}

bool facts_program(struct facts *facts, pid_t pid, char path[FILE_PATH])
{
    char name[64];
    struct seen seen;
    struct file file;
    path[0] = '\0';
    snprintf(name, sizeof name, "/proc/%d/exe", (int)pid);
    OWN(fd) fd = open(name, O_PATH | O_CLOEXEC);
    if (fd <= 0 || !facts_see(fd, &seen) || file_name(facts, &seen, pid, &file) != ERR_OK)
        return false;
    memcpy(path, file.path, strlen(file.path) + 1);
    return !file.foreign;
}

/* Learning */

static bool is_here(struct facts *facts, const struct file *file)
{
    const struct file_place place = place_in(file);
    return !file->foreign && mounts_lead_to(facts->mounts, file->path, &place);
}

static bool sha256_read(int fd, int64_t size, uint8_t out_sha256[DIGEST_SIZE])
{
    char part[64 * 1024];
    crypto_hash_sha256_state state;
    OWN(fd) again = opened_again(fd);
    off_t at = 0;
    ssize_t got = 0;
    crypto_hash_sha256_init(&state);
    while (again >= 0 && at <= size && (got = pread(again ? again : fd, part, sizeof part, at)) > 0) {
        crypto_hash_sha256_update(&state, (const unsigned char *)part, (size_t)got);
        at += got;
    }
    crypto_hash_sha256_final(&state, out_sha256);
    return again >= 0 && got == 0;
}

static bool sha256_learn(int fd, struct file *file)
{
    return file->readable && file->size <= DIGEST_BYTES_MAX && sha256_read(fd, file->size, file->sha256);
}

static void package_learn(struct facts *facts, struct file *file)
{
    bool here = is_here(facts, file);
    const struct packages *packages = installed_hold(facts->installed);
    if (!here || !packages_find(packages, file_path(file), file->package))
        file->package[0] = '\0';
    installed_leave(facts->installed);
}

static void state_learn(struct facts *facts, int fd, struct file *file)
{
    bool reads = file->readable && file->size <= DIGEST_BYTES_MAX && is_here(facts, file);
    OWN(fd) again = reads ? opened_again(fd) : -1;
    const struct packages *packages = installed_hold(facts->installed);
    file->state = again < 0 ? FILE_UNKNOWN : packages_state(packages, file_path(file), again ? again : fd);
    installed_leave(facts->installed);
}

static bool is_roots_alone(const char *path, struct stat *about)
{
    return lstat(path, about) == 0 && about->st_uid == 0 && !(about->st_mode & (S_IWGRP | S_IWOTH)) &&
           !S_ISLNK(about->st_mode);
}

/* Where the kernel takes nobody's word for who owns a file (nosuid), it is not taken here: anybody may have a disk mounted that
 * he has made himself. */
static bool owners_count(const char *path)
{
    struct statvfs about;
    return statvfs(path, &about) == 0 && !(about.f_flag & ST_NOSUID);
}

static bool is_trusted(const struct file *file)
{
    char path[FILE_PATH];
    struct stat about = {0};
    if (file->foreign || file->path[0] != '/' || !is_roots_alone("/", &about) || !owners_count(file->path))
        return false;
    for (const char *end = file->path + 1; end[-1]; end++) {
        end += strcspn(end, "/");
        snprintf(path, sizeof path, "%.*s", (int)(end - file->path), file->path);
        if (!is_roots_alone(path, &about))
            return false;
        if (!*end)
            break;
    }
    return about.st_dev == file->device && about.st_ino == file->number;
}

void facts_learn(struct facts *facts, int fd, unsigned fact, struct file *file)
{
    bool known = true, rooted = file->rooted;
    if (file->asked & fact)
        return;
    if (fact == FACT_SHA256)
        known = sha256_learn(fd, file);
    if (fact == FACT_PACKAGE)
        package_learn(facts, file);
    if (fact == FACT_STATE)
        state_learn(facts, fd, file);
    if (fact == FACT_TRUST)
        file->rooted |= file->trusted = is_trusted(file);
    file->asked |= fact;
    file->known |= known ? fact : 0;
    if (fact != FACT_TRUST || file->rooted != rooted) /* that it is trusted now is not kept */
        file_keep(facts, file);
}

/* Copies of interpreters */

/* Most files are as long as none of them: then nothing else has to be known. */
static bool copied_may(struct facts *facts, int64_t size)
{
    bool may = false;
    pthread_mutex_lock(&facts->lock);
    for (size_t i = 0; i < facts->copied_count; i++)
        may |= facts->copied[i].size == size;
    pthread_mutex_unlock(&facts->lock);
    return may;
}

/* Read by the first who asks, and by as many as ask meanwhile: nobody waits for another's reading. */
static bool copied_digest(struct facts *facts, size_t i, int64_t size, struct copied *out_one)
{
    pthread_mutex_lock(&facts->lock);
    *out_one = i < facts->copied_count ? facts->copied[i] : (struct copied){0};
    pthread_mutex_unlock(&facts->lock);
    if (!out_one->path || out_one->size != size)
        return false;
    if (out_one->known)
        return true;
    OWN(fd) fd = open(out_one->path, O_RDONLY | O_CLOEXEC);
    out_one->known = fd > 0 && sha256_read(fd, size, out_one->sha256);
    pthread_mutex_lock(&facts->lock);
    if (out_one->known && i < facts->copied_count && facts->copied[i].path == out_one->path)
        facts->copied[i] = *out_one;
    pthread_mutex_unlock(&facts->lock);
    return out_one->known;
}

const char *facts_copied(struct facts *facts, int fd, struct file *file)
{
    struct copied one;
    if (!copied_may(facts, file->size))
        return NULL;
    facts_learn(facts, fd, FACT_PACKAGE, file);
    for (size_t i = 0; !*file->package && i < COPIES; i++) {
        if (!copied_digest(facts, i, file->size, &one))
            continue;
        facts_learn(facts, fd, FACT_SHA256, file);
        if (file->known & FACT_SHA256 && !memcmp(one.sha256, file->sha256, DIGEST_SIZE))
            return one.path;
    }
    return NULL;
}
