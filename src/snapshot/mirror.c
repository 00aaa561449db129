/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/mirror.h"

#include "base/limits.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

enum { PATH_ROOM = 2048, MOST_FILE = 2 * 1024 * 1024, DEEPEST = 8 };

struct mirroring {
    struct env *env;
    size_t copied;
};

typedef DIR *walk_own;
static void walk_drop(DIR **walk)
{
    if (*walk)
        closedir(*walk);
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), ending = strlen(end);
    return len >= ending && !strcmp(name + len - ending, end);
}

static err_t file_copy(struct mirroring *mirroring, const char *from, const char *to)
{
    struct stat here, there;
    OWN(buf) bytes = BUF(MOST_FILE);
    if (stat(from, &here) != 0)
        return ERR_OK; /* a partial tile that was filled meanwhile */
    if (stat(to, &there) == 0 && here.st_size == there.st_size)
        return ERR_OK;
    err_t read = mirroring->env->read_file(mirroring->env, from, &bytes);
    if (read == ERR_MISSING)
        return ERR_OK;
    TRY(read);
    mirroring->copied++;
    return mirroring->env->put_file(mirroring->env, to, buf_str(&bytes), 0600);
}

static err_t folder_copy(struct mirroring *mirroring, const char *from, const char *to, int depth)
{
    char here[PATH_ROOM + 512], there[PATH_ROOM + 512];
    OWN(walk) walk = depth < DEEPEST ? opendir(from) : NULL;
    if (!walk)
        return errno == ENOENT ? ERR_OK : fail(ERR_BROKEN, "cannot read %s: %s", from, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(walk));) {
        if (*entry->d_name == '.' || ends_with(entry->d_name, ".new"))
            continue;
        if ((size_t)snprintf(here, sizeof here, "%s/%s", from, entry->d_name) >= sizeof here ||
            (size_t)snprintf(there, sizeof there, "%s/%s", to, entry->d_name) >= sizeof there)
            return fail(ERR_INVALID, "a path past %d bytes", PATH_ROOM);
        TRY(entry->d_type == DT_DIR ? folder_copy(mirroring, here, there, depth + 1)
                                    : file_copy(mirroring, here, there));
    }
    return ERR_OK;
}

/* Its second line; 0 where there is no checkpoint. */
static err_t size_read(struct env *env, const char *path, buf_t *out_note, uint64_t *out_size)
{
    *out_size = 0;
    err_t read = env->read_file(env, path, out_note);
    if (read != ERR_OK)
        return read == ERR_MISSING ? ERR_OK : read;
    str_t rest = buf_str(out_note);
    (void)str_until(&rest, '\n');
    return str_number(str_until(&rest, '\n'), INT64_MAX, out_size);
}

static err_t log_mirror(struct mirroring *mirroring, const char *from, const char *to)
{
    char here[PATH_ROOM + 512], there[PATH_ROOM + 512];
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(buf) before = BUF(MAX_NOTE);
    uint64_t size = 0, mirrored = 0;
    struct env *env = mirroring->env;
    snprintf(here, sizeof here, "%s/checkpoint", from);
    snprintf(there, sizeof there, "%s/checkpoint", to);
    TRY(size_read(env, here, &note, &size));
    TRY(size_read(env, there, &before, &mirrored));
    if (size < mirrored)
        return fail(ERR_BROKEN, "the log %s was taken back: it has %llu entries, its mirror %llu", from,
                    (unsigned long long)size, (unsigned long long)mirrored);
    if (size == mirrored)
        return ERR_OK;
    snprintf(here, sizeof here, "%s/tile", from);
    snprintf(there, sizeof there, "%s/tile", to);
    TRY(folder_copy(mirroring, here, there, 0));
    TRY(env->sync_beneath(env, to));
    snprintf(there, sizeof there, "%s/checkpoint", to);
    return env->write_file(env, there, buf_str(&note), 0600);
}

err_t mirror_take(struct env *env, const char *logs, const char *to, size_t *out_copied)
{
    char from[PATH_ROOM], there[PATH_ROOM], note[512] = "";
    struct mirroring mirroring = {.env = env};
    OWN(walk) walk = opendir(logs);
    if (!walk)
        return fail(ERR_BROKEN, "cannot read %s: %s", logs, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(walk));) {
        if (*entry->d_name == '.' || entry->d_type != DT_DIR)
            continue;
        snprintf(from, sizeof from, "%s/%s", logs, entry->d_name);
        snprintf(there, sizeof there, "%s/%s", to, entry->d_name);
        if (log_mirror(&mirroring, from, there) != ERR_OK)
            snprintf(note, sizeof note, "%s", err_note());
    }
    *out_copied = mirroring.copied;
    return *note ? fail(ERR_BROKEN, "%s", note) : ERR_OK;
}
