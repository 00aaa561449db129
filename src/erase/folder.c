/* SPDX-License-Identifier: Apache-2.0 */
#include "erase/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is done with each file, and with each folder once it has been walked; NULL: nothing. */
struct walk {
    err_t (*file)(struct walk *walk, int at, const char *name);
    err_t (*folder)(struct walk *walk, int at, const char *name);
    struct found found;
};

static err_t trouble(const char *what, const char *name)
{
    return fail(errno == EBUSY ? ERR_BUSY : ERR_BROKEN, "cannot %s %s: %s", what, name, strerror(errno));
}

static err_t folder_walk(struct walk *walk, int at, const char *name, int depth);

static err_t each(struct walk *walk, int at, const struct dirent *entry, int depth)
{
    struct stat about;
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
        return ERR_OK;
    if (fstatat(at, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ERR_OK : trouble("look at", entry->d_name);
    if (S_ISDIR(about.st_mode))
        return folder_walk(walk, at, entry->d_name, depth + 1);
    walk->found.items++;
    walk->found.bytes += about.st_size;
    return walk->file ? walk->file(walk, at, entry->d_name) : ERR_OK;
}

static err_t entries_walk(struct walk *walk, DIR *entries, int depth)
{
    for (const struct dirent *entry; (entry = readdir(entries));)
        TRY(each(walk, dirfd(entries), entry, depth));
    return ERR_OK;
}

static err_t folder_walk(struct walk *walk, int at, const char *name, int depth)
{
    if (depth > FOLDER_DEPTH)
        return fail(ERR_TOO_LARGE, "folders within folders, past %d", FOLDER_DEPTH);
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ERR_OK : trouble("open", name);
    DIR *entries = fdopendir(fd);
    if (!entries) {
        close(fd);
        return trouble("read", name);
    }
    err_t result = entries_walk(walk, entries, depth);
    closedir(entries);
    return result == ERR_OK && walk->folder ? walk->folder(walk, at, name) : result;
}

err_t folder_weigh(const char *path, struct found *out_found)
{
    struct walk walk = {0};
    TRY(folder_walk(&walk, AT_FDCWD, path, 0));
    *out_found = walk.found;
    return ERR_OK;
}

static err_t file_unlink(struct walk *walk, int at, const char *name)
{
    (void)walk;
    return unlinkat(at, name, 0) == 0 || errno == ENOENT ? ERR_OK : trouble("remove", name);
}

static err_t folder_unlink(struct walk *walk, int at, const char *name)
{
    (void)walk;
    return unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? ERR_OK : trouble("remove", name);
}

/* That the folder is gone is known where it stood. */
static err_t parent_sync(const char *path)
{
    char parent[4096];
    const char *slash = strrchr(path, '/');
    snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    OWN(fd) fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_OK : trouble("open", parent);
    return fsync(fd) == 0 ? ERR_OK : trouble("sync", parent);
}

err_t folder_remove(const char *path)
{
    struct walk walk = {.file = file_unlink, .folder = folder_unlink};
    TRY(folder_walk(&walk, AT_FDCWD, path, 0));
    return parent_sync(path);
}
