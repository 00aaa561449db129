/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/merge.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096, AT_ONCE = 1024 * 1024 };

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

static err_t bytes_copy(int from, int to, const char *path)
{
    OWN(buf) part = BUF(AT_ONCE);
    char *at = buf_room(&part, AT_ONCE);
    ssize_t got = 1;
    TRY(buf_end(&part));
    while (got > 0 || (got < 0 && errno == EINTR)) {
        got = read(from, at, AT_ONCE);
        TRY(bytes_put(to, str_bytes(at, got > 0 ? (size_t)got : 0), path));
    }
    if (got < 0)
        return disk_error("read for", path);
    return fsync(to) == 0 ? ERR_OK : disk_error("sync", path);
}

/* A crash leaves FILE.part, which the next one begins anew. */
static err_t file_copy(const char *from, const char *to)
{
    char part[PATH_ROOM];
    if ((size_t)snprintf(part, sizeof part, "%s.part", to) >= sizeof part)
        return fail(ERR_INVALID, "a path past %zu bytes", sizeof part);
    OWN(fd) in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return disk_error("open", from);
    OWN(fd) out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0)
        return disk_error("create", part);
    TRY(bytes_copy(in, out, part));
    return rename(part, to) == 0 ? ERR_OK : disk_error("rename", part);
}

/* The folder of a tenant's blobs, and the one that it stands in, where they are not there yet. */
static err_t folders_make(const char *path)
{
    char folder[PATH_ROOM];
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
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    OWN(fd) fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? ERR_OK : disk_error("sync", folder);
}

err_t file_bring(const char *from, const char *to, bool may_link)
{
    TRY(folders_make(to));
    if (!may_link || link(from, to) != 0)
        TRY(file_copy(from, to));
    return folder_sync(to);
}
