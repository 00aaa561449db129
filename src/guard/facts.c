/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sodium.h>
#include <stddef.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

enum { PLACES = 16 * 1024, FOLDER_MAX = 256, COPIES = 32 };

struct facts {
    pthread_mutex_t lock;
    uint8_t key[SHORT_KEY];
    struct file *places[PLACES];
    char folder[FOLDER_MAX];
    struct packages *packages; /* replaced beneath the lock; readers of it hold `reading` */
    pthread_rwlock_t reading;
    int64_t packages_at;
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
    packages_drop(&(*facts)->packages);
    pthread_mutex_destroy(&(*facts)->lock);
    pthread_rwlock_destroy(&(*facts)->reading);
    free(*facts);
    *facts = NULL;
}

static int64_t changed_at(const struct stat *about)
{
    return about->st_ctim.tv_sec * INT64_C(1000000000) + about->st_ctim.tv_nsec;
}

static int64_t folder_changed(const char *folder)
{
    struct stat about;
    return stat(folder, &about) == 0 ? changed_at(&about) : 0;
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

err_t facts_open(const char *packages_folder, struct facts **out_facts)
{
    OWN(facts) facts = calloc(1, sizeof *facts);
    if (!facts)
        return fail(ERR_BUSY, "no memory for what is known of files");
    pthread_mutex_init(&facts->lock, NULL);
    pthread_rwlock_init(&facts->reading, NULL);
    env_real()->random(env_real(), facts->key, sizeof facts->key);
    snprintf(facts->folder, sizeof facts->folder, "%s", packages_folder);
    facts->packages_at = folder_changed(packages_folder);
    err_t read = packages_read(packages_folder, &facts->packages);
    if (read != ERR_OK && read != ERR_MISSING)
        return read;
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
           a->size == b->size && !strcmp(a->path, b->path);
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
    pthread_mutex_lock(&facts->lock);
    struct file **place = place_of(facts, file->number), *kept = realloc(*place, size);
    if (kept) {
        memcpy(kept, file, size);
        *place = kept;
    }
    pthread_mutex_unlock(&facts->lock);
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

bool facts_refresh(struct facts *facts)
{
    struct packages *fresh = NULL;
    int64_t at = folder_changed(facts->folder);
    if (at == facts->packages_at || packages_read(facts->folder, &fresh) != ERR_OK)
        return false;
    facts->packages_at = at;
    pthread_rwlock_wrlock(&facts->reading);
    packages_drop(&facts->packages);
    facts->packages = fresh;
    pthread_rwlock_unlock(&facts->reading);
    places_clear(facts);
    copied_look(facts);
    return true;
}

/* Finding */

static bool is_answered_here(int fd)
{
    static const long elsewhere[] = {FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, CIFS_SUPER_MAGIC,
                                     V9FS_MAGIC,       AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, CEPH_SUPER_MAGIC};
    struct statfs about;
    if (fstatfs(fd, &about) != 0)
        return false;
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (about.f_type == elsewhere[i])
            return false;
    return true;
}

/* A descriptor to read with, where the one there is names the file alone. */
static int reading_from(int fd)
{
    char name[64];
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && !(flags & O_PATH))
        return fcntl(fd, F_DUPFD_CLOEXEC, 3);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* Most files say what they are at their beginning; the few that might be loaders are read whole. */
static void file_look(int fd, struct file *file)
{
    char head[LOOK_BYTES];
    OWN(fd) from = S_ISREG(file->mode) && file->readable ? reading_from(fd) : -1;
    ssize_t got = from > 0 ? pread(from, head, sizeof head, 0) : -1;
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

err_t facts_find(struct facts *facts, int fd, struct file *out_file)
{
    struct stat about;
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(name, out_file->path, FILE_PATH - 1);
    if (len <= 0 || fstat(fd, &about) != 0)
        return fail(ERR_MISSING, "a file without a name: %s", strerror(errno));
    out_file->path[len] = '\0';
    out_file->device = about.st_dev;
    out_file->number = about.st_ino;
    out_file->changed = changed_at(&about);
    out_file->size = about.st_size;
    if (file_recall(facts, out_file))
        return ERR_OK;
    out_file->mode = about.st_mode;
    out_file->owner = about.st_uid;
    out_file->links = about.st_nlink;
    out_file->known = out_file->asked = 0;
    out_file->package[0] = '\0';
    out_file->state = FILE_UNKNOWN;
    out_file->look = (struct look){0};
    out_file->readable = is_answered_here(fd);
    file_look(fd, out_file);
    file_keep(facts, out_file);
    return ERR_OK;
}

/* Learning */

static bool sha256_read(int fd, int64_t size, uint8_t out_sha256[DIGEST_SIZE])
{
    char part[64 * 1024];
    crypto_hash_sha256_state state;
    OWN(fd) from = reading_from(fd);
    off_t at = 0;
    ssize_t got = 0;
    crypto_hash_sha256_init(&state);
    while (from > 0 && at <= size && (got = pread(from, part, sizeof part, at)) > 0) {
        crypto_hash_sha256_update(&state, (const unsigned char *)part, (size_t)got);
        at += got;
    }
    crypto_hash_sha256_final(&state, out_sha256);
    return from > 0 && got == 0;
}

static bool sha256_learn(int fd, struct file *file)
{
    return file->readable && file->size <= DIGEST_BYTES_MAX && sha256_read(fd, file->size, file->sha256);
}

static void package_learn(struct facts *facts, struct file *file)
{
    pthread_rwlock_rdlock(&facts->reading);
    if (!packages_find(facts->packages, file_path(file), file->package))
        file->package[0] = '\0';
    pthread_rwlock_unlock(&facts->reading);
}

static void state_learn(struct facts *facts, int fd, struct file *file)
{
    OWN(fd) from = file->readable && file->size <= DIGEST_BYTES_MAX ? reading_from(fd) : -1;
    pthread_rwlock_rdlock(&facts->reading);
    file->state = from > 0 ? packages_state(facts->packages, file_path(file), from) : FILE_UNKNOWN;
    pthread_rwlock_unlock(&facts->reading);
}

static bool is_roots_alone(const char *path, struct stat *about)
{
    return lstat(path, about) == 0 && about->st_uid == 0 && !(about->st_mode & (S_IWGRP | S_IWOTH)) &&
           !S_ISLNK(about->st_mode);
}

static bool is_trusted(const struct file *file)
{
    char path[FILE_PATH];
    struct stat about = {0};
    if (file->path[0] != '/' || !is_roots_alone("/", &about))
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
    bool known = true;
    if (file->asked & fact)
        return;
    if (fact == FACT_SHA256)
        known = sha256_learn(fd, file);
    if (fact == FACT_PACKAGE)
        package_learn(facts, file);
    if (fact == FACT_STATE)
        state_learn(facts, fd, file);
    if (fact == FACT_TRUST)
        file->trusted = is_trusted(file);
    file->asked |= fact;
    file->known |= known ? fact : 0;
    if (!file->changed)
        return; /* made up from what was heard: there may be more to know of the real one */
    file_keep(facts, file);
}

/* Copies of interpreters */

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
