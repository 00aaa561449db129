/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/bring.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

enum { AT_ONCE = 256 * 1024 };

/* A file that waits for its copy, or a copy for being synced. */
struct brought {
    char *from, *to;
    ident_text_t name;
    uint8_t digest[DIGEST_SIZE];
    int fd;
};

struct bringing {
    char path[BRING_PATH]; /* of the last one: its folder is synced */
    pthread_t thread;
    bool running, ending;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct brought waiting[BRING_WAITING]; /* a ring */
    size_t first, count;
    err_t result; /* of the first that failed */
    char note[256];
    struct brought copied[BROUGHT_AT_ONCE]; /* the thread's own, as all below */
    size_t copied_count;
    buf_t part;
};

typedef struct brought brought_own;
static void brought_drop(struct brought *file)
{
    free(file->from);
    free(file->to);
    if (file->fd > 0)
        close(file->fd);
}

static err_t disk_error(const char *what, const char *path)
{
    err_t code = errno == ENOENT ? ERR_MISSING : errno == ENOSPC || errno == EDQUOT ? ERR_BUSY : ERR_BROKEN;
    return fail(code, "cannot %s %s: %s", what, path, strerror(errno));
}

static err_t bytes_put(int to, str_t bytes, const char *path)
{
    while (bytes.len) {
        ssize_t put = write(to, bytes.at, bytes.len);
        if (put > 0)
            bytes = str_bytes(bytes.at + put, bytes.len - (size_t)put);
        else if (put == 0 || errno != EINTR)
            return disk_error("write", path);
    }
    return ERR_OK;
}

/* Read once, for the copy and for its digest. What is to be written is begun early, and waited for with the others. */
static err_t bytes_copy(int from, int to, buf_t *part, struct hash *hash)
{
    ssize_t got = 1;
    part->limit = AT_ONCE;
    buf_clear(part);
    char *at = buf_room(part, AT_ONCE);
    TRY(buf_end(part));
    while (got > 0 || (got < 0 && errno == EINTR)) {
        got = read(from, at, AT_ONCE);
        const str_t bytes = str_bytes(at, got > 0 ? (size_t)got : 0);
        TRY(hash_add(hash, bytes));
        TRY(bytes_put(to, bytes, "a copy"));
    }
    if (got < 0)
        return disk_error("read", "what is copied");
    (void)sync_file_range(to, 0, 0, SYNC_FILE_RANGE_WRITE);
    return ERR_OK;
}

static err_t digested_copy(struct bringing *bringing, int from, int to, const struct brought *file)
{
    OWN(hash) hash = NULL;
    uint8_t digest[DIGEST_SIZE];
    TRY(hash_begin(&hash));
    TRY(bytes_copy(from, to, &bringing->part, hash));
    TRY(hash_end(hash, digest));
    return memcmp(digest, file->digest, DIGEST_SIZE) == 0
               ? ERR_OK
               : fail(ERR_BROKEN, "%s: its digest is wrong", file->name.text);
}

static err_t part_name(const char *to, char part[BRING_PATH])
{
    return (size_t)snprintf(part, BRING_PATH, "%s.part", to) < BRING_PATH
               ? ERR_OK
               : fail(ERR_INVALID, "a path past %d bytes", BRING_PATH);
}

static err_t file_copy(struct bringing *bringing, struct brought *file)
{
    char part[BRING_PATH];
    TRY(part_name(file->to, part));
    OWN(fd) in = open(file->from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return errno == ENOENT ? fail(ERR_BROKEN, "%s: it is missing", file->name.text)
                               : disk_error("open", file->from);
    OWN(fd) out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0)
        return disk_error("create", part);
    TRY(digested_copy(bringing, in, out, file));
    file->fd = give(out);
    bringing->copied[bringing->copied_count++] = give(*file);
    return ERR_OK;
}

/* The folder of a tenant's blobs, and the one that it stands in, where they are not there yet. */
static err_t folders_make(const char *path)
{
    char folder[BRING_PATH];
    const char *last = strrchr(path, '/');
    const char *before = last ? memrchr(path, '/', (size_t)(last - path)) : NULL;
    for (int i = 0; before && i < 2; i++) {
        const char *end = i ? last : before;
        snprintf(folder, sizeof folder, "%.*s", (int)(end - path), path);
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return disk_error("make", folder);
    }
    return ERR_OK;
}

static err_t folder_sync(const char *path)
{
    char folder[BRING_PATH];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    OWN(fd) fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? ERR_OK : disk_error("sync", folder);
}

static err_t copy_end(const struct brought *file)
{
    char part[BRING_PATH];
    TRY(part_name(file->to, part));
    if (fsync(file->fd) != 0)
        return disk_error("sync", part);
    return rename(part, file->to) == 0 ? ERR_OK : disk_error("rename", part);
}

static err_t copies_end(struct bringing *bringing)
{
    while (bringing->copied_count) {
        OWN(brought) file = bringing->copied[--bringing->copied_count];
        TRY(copy_end(&file));
    }
    return ERR_OK;
}

static err_t one_bring(struct bringing *bringing, struct brought *file)
{
    if (bringing->copied_count == BROUGHT_AT_ONCE)
        TRY(copies_end(bringing));
    return file_copy(bringing, file);
}

/* What has failed is kept, and what came after it is not begun. */
static void settle(struct bringing *bringing, err_t result)
{
    if (bringing->result != ERR_OK || result == ERR_OK)
        return;
    bringing->result = result;
    snprintf(bringing->note, sizeof bringing->note, "%s", err_note());
}

/* The next one; false where there will be none. */
static bool next_take(struct bringing *bringing, struct brought *out_file)
{
    while (!bringing->count && !bringing->ending)
        pthread_cond_wait(&bringing->changed, &bringing->lock);
    if (!bringing->count)
        return false;
    *out_file = give(bringing->waiting[bringing->first]);
    bringing->first = (bringing->first + 1) % BRING_WAITING;
    bringing->count--;
    pthread_cond_signal(&bringing->changed);
    return true;
}

static void *bringing_run(void *with)
{
    struct bringing *bringing = with;
    struct brought file;
    pthread_mutex_lock(&bringing->lock);
    while (next_take(bringing, &file)) {
        bool failed = bringing->result != ERR_OK;
        pthread_mutex_unlock(&bringing->lock);
        err_t result = failed ? ERR_OK : one_bring(bringing, &file);
        brought_drop(&file);
        pthread_mutex_lock(&bringing->lock);
        settle(bringing, result);
    }
    settle(bringing, bringing->result == ERR_OK ? copies_end(bringing) : ERR_OK);
    pthread_mutex_unlock(&bringing->lock);
    return NULL;
}

static struct bringing *bringing_new(void)
{
    struct bringing *bringing = calloc(1, sizeof *bringing);
    if (!bringing)
        return NULL;
    pthread_mutex_init(&bringing->lock, NULL);
    pthread_cond_init(&bringing->changed, NULL);
    return bringing;
}

static err_t result_of(const struct bringing *bringing)
{
    return bringing->result == ERR_OK ? ERR_OK : fail(bringing->result, "%s", bringing->note);
}

static err_t copy_want(struct bringing *bringing, struct brought *file)
{
    if (!bringing->running && pthread_create(&bringing->thread, NULL, bringing_run, bringing) != 0)
        return fail(ERR_BUSY, "no thread to bring files");
    bringing->running = true;
    pthread_mutex_lock(&bringing->lock);
    while (bringing->count == BRING_WAITING)
        pthread_cond_wait(&bringing->changed, &bringing->lock);
    bringing->waiting[(bringing->first + bringing->count++) % BRING_WAITING] = give(*file);
    err_t result = result_of(bringing);
    pthread_cond_signal(&bringing->changed);
    pthread_mutex_unlock(&bringing->lock);
    return result;
}

err_t bring(struct bringing **io_bringing, const struct bring *file)
{
    OWN(brought) wanted = {.name = file->name};
    struct bringing *bringing = *io_bringing ? *io_bringing : bringing_new();
    if (!bringing)
        return fail(ERR_BUSY, "no memory to bring files");
    *io_bringing = bringing;
    if (strlen(file->to) >= BRING_PATH || strlen(file->from) >= BRING_PATH)
        return fail(ERR_INVALID, "a path past %d bytes", BRING_PATH);
    if (!bringing->path[0])
        TRY(folders_make(file->to));
    snprintf(bringing->path, sizeof bringing->path, "%s", file->to);
    if (file->may_link && link(file->from, file->to) == 0)
        return ERR_OK;
    wanted.from = strdup(file->from);
    wanted.to = strdup(file->to);
    if (!wanted.from || !wanted.to)
        return fail(ERR_BUSY, "no memory to bring files");
    memcpy(wanted.digest, file->digest, DIGEST_SIZE);
    return copy_want(bringing, &wanted);
}

static void thread_end(struct bringing *bringing)
{
    if (!bringing->running)
        return;
    pthread_mutex_lock(&bringing->lock);
    bringing->ending = true;
    pthread_cond_signal(&bringing->changed);
    pthread_mutex_unlock(&bringing->lock);
    pthread_join(bringing->thread, NULL);
    bringing->running = false;
}

err_t bring_end(struct bringing *bringing)
{
    if (!bringing)
        return ERR_OK;
    thread_end(bringing);
    TRY(result_of(bringing));
    return folder_sync(bringing->path);
}

void bringing_drop(struct bringing **bringing)
{
    struct bringing *own = *bringing;
    if (!own)
        return;
    thread_end(own);
    for (; own->count; own->count--, own->first = (own->first + 1) % BRING_WAITING)
        brought_drop(&own->waiting[own->first]);
    while (own->copied_count)
        brought_drop(&own->copied[--own->copied_count]);
    buf_drop(&own->part);
    pthread_mutex_destroy(&own->lock);
    pthread_cond_destroy(&own->changed);
    free(own);
    *bringing = NULL;
}
