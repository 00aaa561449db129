/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/bring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { AT_ONCE = 256 * 1024 };

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

static err_t digested_copy(struct bringing *bringing, int from, int to, const struct bring *file)
{
    OWN(hash) hash = NULL;
    uint8_t digest[DIGEST_SIZE];
    TRY(hash_begin(&hash));
    TRY(bytes_copy(from, to, &bringing->part, hash));
    TRY(hash_end(hash, digest));
    return memcmp(digest, file->digest, DIGEST_SIZE) == 0
               ? ERR_OK
               : fail(ERR_BROKEN, "%s: its digest is wrong", file->name);
}

static err_t part_name(const char *to, char part[BRING_PATH])
{
    return (size_t)snprintf(part, BRING_PATH, "%s.part", to) < BRING_PATH
               ? ERR_OK
               : fail(ERR_INVALID, "a path past %d bytes", BRING_PATH);
}

static err_t file_copy(struct bringing *bringing, const struct bring *file)
{
    char part[BRING_PATH];
    struct brought *brought = &bringing->at[bringing->count];
    TRY(part_name(file->to, part));
    OWN(fd) in = open(file->from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return errno == ENOENT ? fail(ERR_BROKEN, "%s: it is missing", file->name)
                               : disk_error("open", file->from);
    OWN(fd) out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0)
        return disk_error("create", part);
    TRY(digested_copy(bringing, in, out, file));
    snprintf(brought->path, sizeof brought->path, "%s", file->to);
    brought->fd = give(out);
    bringing->count++;
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

static err_t copy_end(struct brought *brought)
{
    char part[BRING_PATH];
    OWN(fd) fd = give(brought->fd);
    TRY(part_name(brought->path, part));
    if (fsync(fd) != 0)
        return disk_error("sync", part);
    return rename(part, brought->path) == 0 ? ERR_OK : disk_error("rename", part);
}

static err_t copies_end(struct bringing *bringing)
{
    while (bringing->count)
        TRY(copy_end(&bringing->at[--bringing->count]));
    return ERR_OK;
}

err_t bring(struct bringing *bringing, const struct bring *file)
{
    if (strlen(file->to) >= BRING_PATH)
        return fail(ERR_INVALID, "a path past %d bytes", BRING_PATH);
    if (bringing->count == BROUGHT_AT_ONCE)
        TRY(copies_end(bringing));
    if (!bringing->path[0])
        TRY(folders_make(file->to));
    snprintf(bringing->path, sizeof bringing->path, "%s", file->to);
    return bringing->may_link && link(file->from, file->to) == 0 ? ERR_OK : file_copy(bringing, file);
}

err_t bring_end(struct bringing *bringing)
{
    TRY(copies_end(bringing));
    return bringing->path[0] ? folder_sync(bringing->path) : ERR_OK;
}

void bringing_drop(struct bringing *bringing)
{
    while (bringing->count)
        close(bringing->at[--bringing->count].fd);
    buf_drop(&bringing->part);
}
