/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/home.h"

#include <errno.h>
#include <libgen.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096 };
#define WITHIN_REACH "/mnt"

static err_t folder_make(const char *home, const char *name, mode_t mode, uid_t owner)
{
    char path[PATH_LEN];
    snprintf(path, sizeof path, "%s%s%s", home, *name ? "/" : "", name);
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return fail(ERR_BROKEN, "cannot make %s: %s", path, strerror(errno));
    if (chmod(path, mode) != 0 || (geteuid() == 0 && chown(path, owner, owner) != 0))
        return fail(ERR_BROKEN, "cannot give %s away: %s", path, strerror(errno));
    return ERR_OK;
}

/* Whether every folder on the way lets others through. */
static bool is_within_reach(const char *home)
{
    char path[PATH_LEN];
    struct stat about;
    if (!realpath(home, path))
        return false;
    while (stat(path, &about) == 0 && about.st_mode & S_IXOTH) {
        if (!strcmp(path, "/"))
            return true;
        dirname(path);
    }
    return false;
}

static err_t bring_within_reach(struct settings *settings)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(settings->home, WITHIN_REACH, NULL, MS_BIND, NULL) != 0)
        return fail(ERR_INVALID, "other users cannot walk into %s: choose a --home that they can",
                    settings->home);
    settings->home = WITHIN_REACH;
    return ERR_OK;
}

err_t home_make(struct settings *settings)
{
    TRY(folder_make(settings->home, "", 0755, 0));
    TRY(folder_make(settings->home, "keyring", 0700, settings->keys_uid));
    TRY(folder_make(settings->home, "store", 0700, settings->web_uid));
    TRY(folder_make(settings->home, "log", 0755, settings->jobs_uid));
    TRY(folder_make(settings->home, "run", 0755, settings->web_uid));
    return geteuid() == 0 && !is_within_reach(settings->home) ? bring_within_reach(settings) : ERR_OK;
}
