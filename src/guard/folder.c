/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/folder.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

struct folder_path {
    char text[1024];
};

static err_t path_of(const char *folder, const char *name, struct folder_path *out_path)
{
    int len = snprintf(out_path->text, sizeof out_path->text, "%s/%s", folder, name);
    return len > 0 && (size_t)len < sizeof out_path->text
               ? ERR_OK
               : fail(ERR_INVALID, "the name of a file is too long");
}

/* Of this thread, until own_rights(). */
static err_t owners_rights(const char *folder)
{
    struct stat about;
    if (stat(folder, &about) != 0)
        return fail(ERR_MISSING, "no folder %s", folder);
    setfsgid(about.st_gid);
    setfsuid(about.st_uid);
    return ERR_OK;
}

static void own_rights(void)
{
    setfsuid(geteuid());
    setfsgid(getegid());
}

err_t folder_write(struct env *env, const char *folder, const char *name, str_t bytes)
{
    struct folder_path path = {{0}}, parent;
    TRY(path_of(folder, name, &path));
    parent = path;
    *strrchr(parent.text, '/') = '\0';
    TRY(owners_rights(folder));
    mkdir(parent.text, 0700);
    err_t done = env->write_file(env, path.text, bytes, 0600);
    own_rights();
    return done;
}

err_t folder_read(struct env *env, const char *folder, const char *name, buf_t *out_bytes)
{
    struct folder_path path = {{0}};
    struct stat about;
    TRY(path_of(folder, name, &path));
    OWN(fd) fd = open(path.text, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail(errno == ENOENT ? ERR_MISSING : ERR_BROKEN, "cannot open %s: %s", name, strerror(errno));
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return fail(ERR_INVALID, "%s is no file", name);
    snprintf(path.text, sizeof path.text, "/proc/self/fd/%d", fd);
    return env->read_file(env, path.text, out_bytes);
}

err_t folder_remove(struct env *env, const char *folder, const char *name)
{
    struct folder_path path = {{0}};
    TRY(path_of(folder, name, &path));
    TRY(owners_rights(folder));
    err_t done = env->remove_file(env, path.text);
    own_rights();
    return done;
}
