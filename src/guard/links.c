/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/links.h"

#include <dirent.h>
#include <fcntl.h>

struct search {
    const struct links_ask *ask;
    void (*each)(void *with, const char *path);
    void *with;
    size_t entries;
};

typedef DIR *entries_own;
static void entries_drop(DIR **entries)
{
    if (*entries)
        closedir(*entries);
}

static bool is_the_file(const struct search *search, const struct stat *about)
{
    return about->st_dev == search->ask->file->device && about->st_ino == search->ask->file->number;
}

static void path_try(struct search *search, const char *path, const struct stat *about)
{
    if (is_the_file(search, about) && strcmp(path, search->ask->file->path) != 0)
        search->each(search->with, path);
}

/* Folders below are opened from the one above: what somebody makes of a folder meanwhile leads nowhere else. */
static void folder_search(struct search *search, int above, const char *path, unsigned depth)
{
    const char *name = depth == LINKS_DEPTH ? path : strrchr(path, '/') + 1;
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    OWN(entries) entries = fd < 0 ? NULL : fdopendir(fd);
    for (const struct dirent *entry; entries && (entry = readdir(entries)) && search->entries;) {
        char inner[FILE_PATH];
        struct stat about;
        search->entries--;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
            (size_t)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= sizeof inner ||
            fstatat(dirfd(entries), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
            about.st_dev != search->ask->file->device)
            continue;
        if (S_ISDIR(about.st_mode) && depth)
            folder_search(search, dirfd(entries), inner, depth - 1);
        path_try(search, inner, &about);
    }
}

static void place_search(struct search *search, str_t home, const struct rule_place *place)
{
    char path[FILE_PATH];
    struct stat about;
    snprintf(path, sizeof path, "%.*s%.*s", STR_ARG(home), STR_ARG(place->prefix));
    char *last = strrchr(path, '/');
    if (place->whole && lstat(path, &about) == 0)
        path_try(search, path, &about);
    if (place->whole || !last || last == path)
        return; /* a pattern over everything: it matches the name that the file was called by */
    *last = '\0';
    folder_search(search, AT_FDCWD, path, LINKS_DEPTH);
}

static void place_look(void *with, const struct rule_place *place)
{
    struct search *search = with;
    const uid_t *uids;
    if (!place->home) {
        place_search(search, STR(""), place);
        return;
    }
    size_t count = names_uids(search->ask->names, &uids);
    for (size_t i = 0; i < count; i++)
        if (names_is_person(search->ask->names, uids[i]) && names_home(search->ask->names, uids[i]).len)
            place_search(search, names_home(search->ask->names, uids[i]), place);
}

void links_find(const struct links_ask *ask, void (*each)(void *with, const char *path), void *with)
{
    struct search search = {ask, each, with, LINKS_MOST};
    rules_places(ask->rules, place_look, &search);
}
