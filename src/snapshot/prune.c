/* SPDX-License-Identifier: Apache-2.0
 *
 * Old snapshots go: their manifests first, then what no manifest names.
 */
#include "snapshot/_wrong.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { MOST_NAMED = 64 * 1024 * 1024 };

struct pruning {
    struct snapshots *snapshots;
    ident_t tenant;
    const char *folder;
    const struct snapshot_keep *keep;
    struct manifests manifests;
    bool *goes;  /* of each manifest */
    buf_t named; /* ids of the files that stay, in order */
    int at;      /* the folder, open */
    moment_t now;
    size_t files;
    int64_t bytes;
};

static bool is_held(const struct snapshot_keep *keep, ident_t id)
{
    for (size_t i = 0; keep->held && i < keep->held->count; i++)
        if (ident_eq(keep->held->at[i], id))
            return true;
    return false;
}

/* The newest of all stays whatever it is, so that the next one can follow it. */
static bool stays(const struct pruning *pruning, size_t i, size_t *io_daily)
{
    const struct manifest *manifest = &pruning->manifests.at[i];
    moment_t age = pruning->keep->clock_held ? 0 : pruning->now - manifest->made;
    if (str_eq(manifest->why, STR("daily")))
        return ++*io_daily <= pruning->keep->count || i == 0;
    bool safety = str_eq(manifest->why, STR("safety"));
    return i == 0 || age < (safety ? DAYS(1) : DAYS(pruning->keep->count));
}

static err_t unlink_named(struct pruning *pruning, const char *name)
{
    struct stat about;
    if (fstatat(pruning->at, name, &about, AT_SYMLINK_NOFOLLOW) == 0)
        pruning->bytes += about.st_size;
    if (unlinkat(pruning->at, name, 0) != 0 && errno != ENOENT)
        return fail(ERR_BROKEN, "cannot remove %s: %s", name, strerror(errno));
    pruning->files++;
    return ERR_OK;
}

static err_t manifest_unlink(struct pruning *pruning, ident_t id)
{
    char name[64];
    snprintf(name, sizeof name, "%s.manifest", ident_text("snp", id).text);
    return unlink_named(pruning, name);
}

static err_t manifests_prune(struct pruning *pruning, arena_t *arena, idents_t *out_gone)
{
    size_t daily = 0;
    const struct manifests *all = &pruning->manifests;
    idents_t gone = {arena_array(arena, ident_t, all->count), 0};
    pruning->goes = arena_array(arena, bool, all->count);
    TRY(arena_end(arena));
    for (size_t i = 0; i < all->count; i++) {
        bool kept = stays(pruning, i, &daily);
        pruning->goes[i] = !kept && !is_held(pruning->keep, all->at[i].id);
        if (!pruning->goes[i])
            continue;
        TRY(manifest_unlink(pruning, all->at[i].id));
        gone.at[gone.count++] = all->at[i].id;
    }
    *out_gone = gone;
    return fsync(pruning->at) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot sync %s", pruning->folder);
}

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static err_t named_gather(struct pruning *pruning)
{
    for (size_t i = 0; i < pruning->manifests.count; i++) {
        const struct manifest *manifest = &pruning->manifests.at[i];
        for (size_t k = 0; !pruning->goes[i] && k < manifest->segment_count; k++)
            buf_put(&pruning->named, ident_bytes(&manifest->segments[k].id));
        for (size_t k = 0; !pruning->goes[i] && k < manifest->blob_count; k++)
            buf_put(&pruning->named, ident_bytes(&manifest->blobs[k].id));
    }
    TRY(buf_end(&pruning->named));
    if (pruning->named.len)
        qsort(pruning->named.at, pruning->named.len / sizeof(ident_t), sizeof(ident_t), by_bytes);
    return ERR_OK;
}

static bool is_named(const struct pruning *pruning, const char *name)
{
    ident_t id;
    if (ident_read("seg", str(name), &id) != ERR_OK && ident_read("blob", str(name), &id) != ERR_OK)
        return false;
    return pruning->named.len &&
           bsearch(&id, pruning->named.at, pruning->named.len / sizeof id, sizeof id, by_bytes);
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), ending = strlen(end);
    return len >= ending && !strcmp(name + len - ending, end);
}

/* When the file came here: of a link that is when it was made, not when its bytes were written. By a clock that is not believed
 * nothing is old. */
static bool is_older(const struct pruning *pruning, const char *name, moment_t age)
{
    struct stat about;
    return !pruning->keep->clock_held && fstatat(pruning->at, name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
           (moment_t)about.st_ctim.tv_sec * 1000 <= pruning->now - age;
}

static bool manifest_holds(const struct pruning *pruning, const char *name)
{
    ident_t id;
    if (ident_read("snp", str_bytes(name, strlen(name) - strlen(".manifest")), &id) != ERR_OK)
        return false;
    for (size_t i = 0; i < pruning->manifests.count; i++)
        if (ident_eq(pruning->manifests.at[i].id, id))
            return true;
    return false;
}

/* A manifest that does not hold names files that nobody can tell: it keeps all of them, until it is as old as the oldest
 * that is kept, and goes. */
static err_t file_sweep(void *with, const char *name)
{
    struct pruning *pruning = with;
    if (!strcmp(name, "wrong"))
        return ERR_OK;
    if (ends_with(name, ".manifest"))
        return pruning->manifests.wrong && pruning->manifests.count &&
                       is_older(pruning, name, DAYS(pruning->keep->count + 1)) &&
                       !manifest_holds(pruning, name)
                   ? unlink_named(pruning, name)
                   : ERR_OK;
    if (pruning->manifests.wrong || is_named(pruning, name) || !is_older(pruning, name, HOURS(1)))
        return ERR_OK;
    return unlink_named(pruning, name);
}

static err_t prune(struct pruning *pruning, arena_t *work, arena_t *arena, idents_t *out_gone)
{
    struct snapshots *snapshots = pruning->snapshots;
    struct note_key signer;
    TRY(signer_of(snapshots, pruning->tenant, &signer));
    const struct manifest_ask ask = {snapshots, pruning->folder, &signer, pruning->tenant};
    TRY(manifests_load(&ask, work, &pruning->manifests));
    TRY(manifests_prune(pruning, arena, out_gone));
    TRY(named_gather(pruning));
    TRY(folder_walk(pruning->folder, file_sweep, pruning));
    TRY(wrong_forget(snapshots->env, pruning->folder));
    return fsync(pruning->at) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot sync %s", pruning->folder);
}

err_t snapshots_prune(struct snapshots *snapshots, ident_t tenant, const struct snapshot_keep *keep,
                      arena_t *arena, idents_t *out_gone)
{
    OWN(buf) folder = BUF(FOLDER_PATH);
    OWN(arena) work = ARENA(MANIFEST_MEMORY);
    *out_gone = (idents_t){0};
    TRY(folder_of(snapshots, tenant, &folder));
    OWN(fd) at = open(folder.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return errno == ENOENT ? ERR_OK : fail(ERR_BROKEN, "cannot open %s: %s", folder.at, strerror(errno));
    struct pruning pruning = {.snapshots = snapshots,
                              .folder = folder.at,
                              .tenant = tenant,
                              .keep = keep,
                              .named = BUF(MOST_NAMED),
                              .at = at,
                              .now = snapshots->env->now(snapshots->env)};
    err_t pruned = prune(&pruning, &work, arena, out_gone);
    buf_drop(&pruning.named);
    return pruned;
}

static err_t file_remove_any(void *with, const char *name) { return unlink_named(with, name); }

/* Manifests first: what is interrupted leaves no snapshot that lacks a file. */
static err_t manifest_remove(void *with, const char *name)
{
    return ends_with(name, ".manifest") ? unlink_named(with, name) : ERR_OK;
}

err_t snapshots_remove(struct snapshots *snapshots, ident_t tenant, size_t *out_files, int64_t *out_bytes)
{
    OWN(buf) folder = BUF(FOLDER_PATH);
    TRY(folder_of(snapshots, tenant, &folder));
    OWN(fd) at = open(folder.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct pruning pruning = {.folder = folder.at, .at = at};
    *out_files = 0;
    *out_bytes = 0;
    if (at < 0)
        return errno == ENOENT ? ERR_OK : fail(ERR_BROKEN, "cannot open %s: %s", folder.at, strerror(errno));
    TRY(folder_walk(folder.at, manifest_remove, &pruning));
    TRY(folder_walk(folder.at, file_remove_any, &pruning));
    if (rmdir(folder.at) != 0 && errno != ENOENT)
        return fail(ERR_BROKEN, "cannot remove %s: %s", folder.at, strerror(errno));
    *out_files = pruning.files;
    *out_bytes = pruning.bytes;
    return folder_sync(snapshots->folder);
}
