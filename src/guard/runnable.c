/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/runnable.h"

#include "sudo/clean.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

void runnable_drop(struct runnable *runnable) { fd_drop(&runnable->descriptor); }

static err_t no_program(void) { return fail(ERR_MISSING, "there is no such program"); }

/* By a path that opens nothing: neither a device nor a pipe is touched. */
static err_t file_find(const char *path, int *out_fd)
{
    struct stat about;
    OWN(fd) found = open(path, O_PATH | O_CLOEXEC);
    if (found <= 0 || fstat(found, &about) != 0 || !S_ISREG(about.st_mode) || !(about.st_mode & 0111))
        return no_program();
    *out_fd = give(found);
    return ERR_OK;
}

static err_t name_find(str_t name, int *out_fd)
{
    char path[PATH_MOST];
    str_t folders = STR(CLEAN_PATH);
    while (folders.len) {
        str_t folder = str_until(&folders, ':');
        int len = snprintf(path, sizeof path, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
        if (len > 0 && (size_t)len < sizeof path && file_find(path, out_fd) == ERR_OK)
            return ERR_OK;
    }
    return no_program();
}

static err_t place_find(str_t program, str_t cwd, int *out_fd)
{
    char path[PATH_MOST];
    bool relative = program.len && program.at[0] != '/';
    if (!program.len || memchr(program.at, 0, program.len))
        return no_program();
    if (!memchr(program.at, '/', program.len))
        return name_find(program, out_fd);
    int len = snprintf(path, sizeof path, "%.*s%s%.*s", STR_ARG(relative ? cwd : STR("")),
                       relative ? "/" : "", STR_ARG(program));
    if (len < 0 || (size_t)len >= sizeof path || path[0] != '/')
        return no_program();
    return file_find(path, out_fd);
}

static void self_path(int fd, char out_path[64]) { snprintf(out_path, 64, "/proc/self/fd/%d", fd); }

/* As the kernel calls the file; INVALID where no path leads to it any more. */
static err_t path_of(int fd, char out_path[PATH_MOST])
{
    char link[64];
    struct stat held, named;
    self_path(fd, link);
    ssize_t len = readlink(link, out_path, PATH_MOST - 1);
    out_path[len > 0 ? len : 0] = 0;
    if (len <= 0 || fstat(fd, &held) != 0 || lstat(out_path, &named) != 0 || held.st_dev != named.st_dev ||
        held.st_ino != named.st_ino)
        return fail(ERR_DENIED, "the program was moved meanwhile");
    return str_is_utf8(str(out_path)) ? ERR_OK : fail(ERR_DENIED, "the program's path is not text");
}

static bool is_roots(const struct stat *about)
{
    return about->st_uid == 0 && !(about->st_mode & (S_IWGRP | S_IWOTH));
}

/* The file, and every folder above it. */
static bool is_trusted(const char *path)
{
    char above[PATH_MOST];
    struct stat about;
    snprintf(above, sizeof above, "%s", path);
    for (char *slash; above[0];) {
        if (lstat(above, &about) != 0 || !is_roots(&about))
            return false;
        slash = strrchr(above, '/');
        *slash = 0;
    }
    return stat("/", &about) == 0 && is_roots(&about);
}

static bool is_loader(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    return (str_starts(str(name), STR("ld-")) || str_starts(str(name), STR("ld."))) && strstr(name, ".so");
}

/* A folder where nothing may be run stays one. Where the kernel takes nobody's word for who owns a file (nosuid), it is not
 * taken here: somebody may have mounted a disk that he has made himself, and can change beneath. */
static err_t mount_check(int fd, bool *out_believed)
{
    struct statvfs about;
    if (fstatvfs(fd, &about) != 0 || about.f_flag & ST_NOEXEC)
        return fail(ERR_DENIED, "nothing may be run where the program lies");
    *out_believed = !(about.f_flag & ST_NOSUID);
    return ERR_OK;
}

static err_t bytes_copy(int from, int to)
{
    char part[64 * 1024];
    off_t all = 0;
    for (ssize_t got; (got = pread(from, part, sizeof part, all)) != 0; all += got) {
        if (got < 0 || write(to, part, (size_t)got) != got)
            return fail(ERR_BROKEN, "the program could not be copied: %s", strerror(errno));
        if (all + got > COPY_MOST)
            return fail(ERR_DENIED, "a program that others may change is held to %d bytes", COPY_MOST);
    }
    return ERR_OK;
}

/* A copy that nobody can change, open for reading only: what is open for writing does not run. */
static err_t copy_make(int from, int *out_fd)
{
    char link[64];
    int made = memfd_create("custody", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    if (made < 0)
        made = memfd_create("custody", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    OWN(fd) copy = made;
    if (made <= 0)
        return fail(ERR_BROKEN, "no memory for a copy of the program");
    TRY(bytes_copy(from, copy));
    self_path(copy, link);
    OWN(fd) read_only = open(link, O_RDONLY | O_CLOEXEC);
    if (read_only <= 0 || fchmod(copy, 0555) != 0 ||
        fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return fail(ERR_BROKEN, "a copy of the program could not be sealed");
    *out_fd = give(read_only);
    return ERR_OK;
}

err_t runnable_find(str_t program, str_t cwd, struct runnable *out_runnable)
{
    char link[64];
    bool believed = false;
    OWN(fd) found = 0;
    OWN(runnable) runnable = {0};
    TRY(place_find(program, cwd, &found));
    TRY(path_of(found, runnable.path));
    TRY(mount_check(found, &believed));
    if (is_loader(runnable.path))
        return fail(ERR_DENIED, "the loader is no program: name the program itself");
    self_path(found, link);
    /* Not waiting for whoever has a lease on it (fcntl(2)): all who ask wait behind this one. */
    OWN(fd) file = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file <= 0)
        return fail(ERR_DENIED, "the program cannot be read");
    runnable.trusted = believed && is_trusted(runnable.path);
    if (runnable.trusted)
        runnable.descriptor = give(file);
    else
        TRY(copy_make(file, &runnable.descriptor));
    *out_runnable = give(runnable);
    return ERR_OK;
}

err_t runnable_digest(const struct runnable *runnable, uint8_t out_sha256[DIGEST_SIZE])
{
    struct stat about;
    if (fstat(runnable->descriptor, &about) != 0)
        return fail(ERR_BROKEN, "the program cannot be looked at");
    size_t len = (size_t)about.st_size;
    void *bytes = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, runnable->descriptor, 0) : NULL;
    if (bytes == MAP_FAILED)
        return fail(ERR_BROKEN, "the program cannot be read");
    digest(str_bytes(bytes, len), out_sha256);
    if (bytes)
        munmap(bytes, len);
    return ERR_OK;
}
