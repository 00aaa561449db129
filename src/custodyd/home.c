/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/home.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096, SHARED = 02770, ALL_MODES = 07777 };
#define WITHIN_REACH "/mnt"

/* The owner is set before the mode: giving a folder away takes the bit by which its files stay of its group. Who is not of
 * that group and has no CAP_FSETID, as under our unit, does not set that bit, and is not told: so it is set as the group. */
static bool folder_given(const char *path, mode_t mode, uid_t owner)
{
    bool root = geteuid() == 0;
    struct stat about;
    if (root && (chown(path, owner, owner) != 0 || setegid(owner) != 0))
        return false;
    bool changed = chmod(path, mode) == 0;
    if (root && setegid(0) != 0)
        return false;
    if (!changed || stat(path, &about) != 0)
        return false;
    errno = EPERM; /* for the case that it was taken without a word */
    return (about.st_mode & ALL_MODES) == mode;
}

static err_t folder_give(const char *path, mode_t mode, uid_t owner)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return fail(ERR_BROKEN, "cannot make %s: %s", path, strerror(errno));
    return folder_given(path, mode, owner)
               ? ERR_OK
               : fail(ERR_BROKEN, "cannot give %s away with mode %o: %s", path, mode, strerror(errno));
}

static err_t folder_make(const char *home, const char *name, mode_t mode, uid_t owner)
{
    char path[PATH_LEN];
    snprintf(path, sizeof path, "%s%s%s", home, *name ? "/" : "", name);
    return folder_give(path, mode, owner);
}

/* What a release made that kept the store to the web process alone. */
static err_t files_share(const char *folder)
{
    DIR *names = opendir(folder);
    if (!names)
        return errno == ENOENT ? ERR_OK : fail(ERR_BROKEN, "cannot read %s: %s", folder, strerror(errno));
    bool shared = true;
    for (const struct dirent *each; (each = readdir(names));)
        if (each->d_type == DT_REG)
            shared = fchmodat(dirfd(names), each->d_name, 0660, 0) == 0 && shared;
    closedir(names);
    return shared ? ERR_OK : fail(ERR_BROKEN, "cannot share what is in %s", folder);
}

/* The web process's, and the jobs process is in its group. */
static err_t store_make(const struct settings *settings)
{
    char path[PATH_LEN];
    TRY(folder_make(settings->home, "store", SHARED, settings->web_uid));
    TRY(folder_make(settings->home, "store/tenants", SHARED, settings->web_uid));
    snprintf(path, sizeof path, "%s/store", settings->home);
    TRY(files_share(path));
    snprintf(path, sizeof path, "%s/store/tenants", settings->home);
    return files_share(path);
}

/* Where a setting says, or in the home. */
static err_t elsewhere_path(const struct settings *settings, const char *at, const char *name,
                            char path[PATH_LEN])
{
    return snprintf(path, PATH_LEN, "%s%s", *at ? at : settings->home, *at ? "" : name) < PATH_LEN
               ? ERR_OK
               : fail(ERR_INVALID, "the path of the folder%s is too long", name);
}

static err_t elsewhere_make(struct settings *settings)
{
    TRY(elsewhere_path(settings, settings->snapshots, "/snapshots", settings->snapshots_at));
    TRY(folder_give(settings->snapshots_at, 0700, settings->jobs_uid));
    TRY(elsewhere_path(settings, settings->keyring_copy, "/keyring-copy", settings->copy_at));
    return folder_give(settings->copy_at, 0700, settings->keys_uid);
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
    TRY(store_make(settings));
    TRY(folder_make(settings->home, "log", 0755, settings->jobs_uid));
    TRY(folder_make(settings->home, "run", 0755, settings->web_uid));
    if (geteuid() == 0 && !is_within_reach(settings->home))
        TRY(bring_within_reach(settings));
    return elsewhere_make(settings);
}
