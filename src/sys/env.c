/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/env.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { DIAL_SECONDS = 10 };

static moment_t clock_read(clockid_t which)
{
    struct timespec at;
    clock_gettime(which, &at);
    return (moment_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static moment_t real_now(struct env *env) { return (void)env, clock_read(CLOCK_REALTIME); }
static moment_t real_boot(struct env *env) { return (void)env, clock_read(CLOCK_BOOTTIME); }

static void real_random(struct env *env, void *at, size_t len)
{
    (void)env;
    for (size_t done = 0; done < len;) {
        ssize_t got = getrandom((char *)at + done, len - done, 0);
        if (got > 0)
            done += (size_t)got;
        else if (errno != EINTR)
            abort(); /* a machine without randomness cannot keep any promise */
    }
}

static err_t disk_error(const char *what, const char *path)
{
    err_t code = errno == ENOENT || errno == ENOTDIR  ? ERR_MISSING
                 : errno == ENOSPC || errno == EDQUOT ? ERR_BUSY
                                                      : ERR_BROKEN;
    return fail(code, "cannot %s %s: %s", what, path, strerror(errno));
}

static err_t put_all(int fd, const char *path, str_t bytes, off_t offset)
{
    for (size_t done = 0; done < bytes.len;) {
        ssize_t put = pwrite(fd, bytes.at + done, bytes.len - done, offset + (off_t)done);
        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            return disk_error("write", path);
    }
    return ERR_OK;
}

static err_t write_all(int fd, const char *path, str_t bytes, off_t offset)
{
    TRY(put_all(fd, path, bytes, offset));
    /* An fsync that failed once may report success the next time although the bytes are lost: never tried again. */
    return fsync(fd) == 0 ? ERR_OK : disk_error("sync", path);
}

static err_t real_read_file(struct env *env, const char *path, buf_t *out_bytes)
{
    (void)env;
    OWN(fd) fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return disk_error("open", path);
    for (;;) {
        char part[16 * 1024];
        ssize_t got = read(fd, part, sizeof part);
        if (got > 0)
            buf_put(out_bytes, str_bytes(part, (size_t)got));
        explicit_bzero(part, got > 0 ? (size_t)got : 0);
        if (got == 0 || buf_end(out_bytes) != ERR_OK)
            return buf_end(out_bytes);
        if (got < 0 && errno != EINTR)
            return disk_error("read", path);
    }
}

static err_t sync_folder_of(const char *path)
{
    char copy[4096];
    if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy)
        return fail(ERR_INVALID, "a path past %zu bytes", sizeof copy);
    OWN(fd) folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) != 0)
        return disk_error("sync the folder of", path);
    return ERR_OK;
}

/* A crash before the rename leaves PATH.new; the next write removes it, so that its mode and owner do not stay. */
static err_t real_write_file(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    char fresh[4096];
    (void)env;
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh)
        return fail(ERR_INVALID, "a path past %zu bytes", sizeof fresh);
    unlink(fresh);
    OWN(fd) fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return disk_error("create", fresh);
    TRY(write_all(fd, fresh, bytes, 0));
    if (rename(fresh, path) != 0)
        return disk_error("rename", fresh);
    return sync_folder_of(path);
}

/* Each folder on the way, from the first that is missing. */
static err_t folders_make(const char *path)
{
    char folder[4096];
    if ((size_t)snprintf(folder, sizeof folder, "%s", path) >= sizeof folder)
        return fail(ERR_INVALID, "a path past %zu bytes", sizeof folder);
    for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(folder, 0755) != 0 && errno != EEXIST)
            return disk_error("make", folder);
        *at = '/';
    }
    return ERR_OK;
}

/* A crash leaves PATH.new, or either content under the name: whoever calls this puts the same bytes again. */
static err_t real_put_file(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    char fresh[4096];
    (void)env;
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh)
        return fail(ERR_INVALID, "a path past %zu bytes", sizeof fresh);
    OWN(fd) fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0 && errno == ENOENT) {
        TRY(folders_make(path));
        fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    }
    if (fd < 0)
        return disk_error("create", fresh);
    TRY(put_all(fd, fresh, bytes, 0));
    return rename(fresh, path) == 0 ? ERR_OK : disk_error("rename", fresh);
}

/* The whole file system at once: for some hundred small files that is one wait instead of hundreds. */
static err_t real_sync_beneath(struct env *env, const char *path)
{
    (void)env;
    OWN(fd) folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder >= 0 && syncfs(folder) == 0 ? ERR_OK : disk_error("sync", path);
}

static err_t real_overwrite(struct env *env, const char *path, off_t offset, str_t bytes)
{
    (void)env;
    OWN(fd) fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0)
        return disk_error("open", path);
    if (offset < 0 || bytes.len > (size_t)about.st_size || offset > about.st_size - (off_t)bytes.len)
        return fail(ERR_MISSING, "no such place in %s", path);
    return write_all(fd, path, bytes, offset);
}

static err_t real_append(struct env *env, const char *path, off_t offset, str_t bytes)
{
    (void)env;
    OWN(fd) fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0)
        return disk_error("open", path);
    if (offset < 0 || offset > about.st_size)
        return fail(ERR_MISSING, "no such place in %s", path);
    if (offset < about.st_size && ftruncate(fd, offset) != 0)
        return disk_error("cut", path);
    return write_all(fd, path, bytes, offset);
}

static err_t real_remove_file(struct env *env, const char *path)
{
    (void)env;
    if (unlink(path) != 0)
        return errno == ENOENT ? ERR_OK : disk_error("remove", path);
    return sync_folder_of(path);
}

static err_t real_drop_file(struct env *env, const char *path)
{
    (void)env;
    return unlink(path) == 0 || errno == ENOENT ? ERR_OK : disk_error("remove", path);
}

static int dial_one(const struct addrinfo *to)
{
    int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);
    struct timeval wait = {.tv_sec = DIAL_SECONDS};
    int one = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait); /* bounds connect() too */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return fd;
    close(fd);
    return -1;
}

static err_t real_dial(struct env *env, const char *host, uint16_t port, int *out_fd)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char service[8];
    (void)env;
    snprintf(service, sizeof service, "%u", port);
    int failed = getaddrinfo(host, service, &hints, &found);
    if (failed)
        return fail(ERR_UNREACHABLE, "no address for %s: %s", host, gai_strerror(failed));
    int fd = -1;
    for (const struct addrinfo *to = found; to && fd < 0; to = to->ai_next)
        fd = dial_one(to);
    freeaddrinfo(found);
    if (fd < 0)
        return fail(ERR_UNREACHABLE, "nobody answers at %s port %u", host, port);
    *out_fd = fd;
    return ERR_OK;
}

struct env *env_real(void)
{
    static struct env real = {
        .now = real_now,
        .boot = real_boot,
        .random = real_random,
        .read_file = real_read_file,
        .write_file = real_write_file,
        .put_file = real_put_file,
        .sync_beneath = real_sync_beneath,
        .overwrite = real_overwrite,
        .remove_file = real_remove_file,
        .drop_file = real_drop_file,
        .append = real_append,
        .dial = real_dial,
    };
    return &real;
}

ident_t ident_new(struct env *env)
{
    ident_t id;
    env->random(env, id.bytes, sizeof id.bytes);
    return id;
}
