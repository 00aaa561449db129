/* SPDX-License-Identifier: Apache-2.0 */
#include "retain/copies.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { PATH_ROOM = 2048, IDS_MEMORY = 256 * 1024 * 1024 };

typedef DIR *walk_own;
static void walk_drop(DIR **walk)
{
    if (*walk)
        closedir(*walk);
}

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

/* The ids of the blobs that are kept, sorted by their bytes. */
struct kept {
    arena_t *arena;
    idents_t ids;
};

static err_t kept_act(struct tx *tx, void *with)
{
    struct kept *kept = with;
    struct blobs blobs = {0};
    TRY(blobs_list(tx, kept->arena, &blobs));
    kept->ids = (idents_t){.at = arena_array(kept->arena, ident_t, blobs.count)};
    TRY(arena_end(kept->arena));
    for (size_t i = 0; i < blobs.count; i++)
        kept->ids.at[kept->ids.count++] = blobs.at[i].id;
    if (kept->ids.count)
        qsort(kept->ids.at, kept->ids.count, sizeof(ident_t), by_bytes);
    return ERR_OK;
}

static bool is_copy_of_gone(const struct kept *kept, const char *name)
{
    ident_t id;
    return ident_read("blob", str(name), &id) == ERR_OK &&
           !(kept->ids.count && bsearch(&id, kept->ids.at, kept->ids.count, sizeof id, by_bytes));
}

/* One that goes meanwhile is not counted. */
static void file_add(const struct kept *kept, int folder, const char *name, struct copies *copies)
{
    struct stat about;
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode))
        return;
    copies->files++;
    copies->bytes += about.st_size;
    if (!is_copy_of_gone(kept, name))
        return;
    copies->gone++;
    copies->gone_bytes += about.st_size;
}

err_t copies_measure(struct store *store, const char *folder, ident_t tenant, struct copies *out_copies)
{
    char path[PATH_ROOM];
    OWN(arena) arena = ARENA(IDS_MEMORY);
    struct kept kept = {.arena = &arena};
    struct copies copies = {0};
    *out_copies = copies;
    if (!folder)
        return ERR_OK;
    snprintf(path, sizeof path, "%s/%s", folder, ident_text("ten", tenant).text);
    OWN(walk) walk = opendir(path);
    if (!walk)
        return errno == ENOENT ? ERR_OK : fail(ERR_BROKEN, "cannot walk %s: %s", path, strerror(errno));
    TRY(store_read(store, tenant, kept_act, &kept));
    for (const struct dirent *entry; (entry = readdir(walk));)
        file_add(&kept, dirfd(walk), entry->d_name, &copies);
    *out_copies = copies;
    return ERR_OK;
}
