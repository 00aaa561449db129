/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/_files.h"

#include "store/db.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define ENDING ".manifest"
enum { MOST_TROUBLE = 64 * 1024, MOST_MANIFESTS = 1024 };

static err_t disk_error(const char *what, const char *path)
{
    err_t code = errno == ENOSPC || errno == EDQUOT ? ERR_BUSY : ERR_BROKEN;
    return fail(code, "cannot %s %s: %s", what, path, strerror(errno));
}

err_t folder_of(const struct snapshots *snapshots, ident_t tenant, buf_t *out_path)
{
    if (ident_is_zero(tenant))
        buf_putf(out_path, "%s/service", snapshots->folder);
    else
        buf_putf(out_path, "%s/%s", snapshots->folder, ident_text("ten", tenant).text);
    return buf_end(out_path);
}

err_t folder_ensure(const struct snapshots *snapshots, ident_t tenant, buf_t *out_path)
{
    TRY(folder_of(snapshots, tenant, out_path));
    if (mkdir(out_path->at, 0700) == 0)
        return folder_sync(snapshots->folder);
    return errno == EEXIST ? ERR_OK : disk_error("make", out_path->at);
}

err_t folder_sync(const char *path)
{
    OWN(fd) folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder > 0 && fsync(folder) == 0 ? ERR_OK : disk_error("sync", path);
}

err_t manifest_path(const char *folder, ident_t id, buf_t *out_path)
{
    buf_putf(out_path, "%s/%s" ENDING, folder, ident_text("snp", id).text);
    return buf_end(out_path);
}

err_t copy_path(const char *folder, ident_t id, buf_t *out_path)
{
    buf_putf(out_path, "%s/%s", folder, ident_text("blob", id).text);
    return buf_end(out_path);
}

typedef DIR *walk_own;
static void walk_drop(DIR **walk)
{
    if (*walk)
        closedir(*walk);
}

err_t folder_walk(const char *path, name_take_t take, void *with)
{
    OWN(walk) walk = opendir(path);
    if (!walk)
        return errno == ENOENT ? ERR_OK : disk_error("read", path);
    for (const struct dirent *entry; (entry = readdir(walk));)
        if (*entry->d_name != '.')
            TRY(take(with, entry->d_name));
    return ERR_OK;
}

err_t signer_of(const struct snapshots *snapshots, ident_t tenant, struct note_key *out_key)
{
    OWN(buf) text = BUF(MAX_NAME * 2);
    TRY(snapshots->keys.signer(snapshots->keys.with, tenant, &text));
    return note_key_read(buf_str(&text), out_key);
}

static err_t manifest_believe(const struct manifest_ask *ask, str_t bytes, arena_t *arena,
                              struct manifest *out)
{
    struct note note;
    uint64_t seconds;
    TRY(note_split_within(bytes, MAX_MANIFEST + MAX_NOTE, &note));
    TRY(note_check(&note, ask->signer, &seconds));
    return manifest_read(note.text, arena, out);
}

err_t manifest_load(const struct manifest_ask *ask, ident_t id, arena_t *arena, struct manifest *out_manifest)
{
    OWN(buf) path = BUF(FOLDER_PATH + MAX_NAME);
    OWN(buf) bytes = BUF(MAX_MANIFEST + MAX_NOTE);
    struct env *env = ask->snapshots->env;
    TRY(manifest_path(ask->folder, id, &path));
    TRY(env->read_file(env, path.at, &bytes));
    const ident_text_t name = ident_text("snp", id);
    if (manifest_believe(ask, buf_str(&bytes), arena, out_manifest) != ERR_OK)
        return fail(ERR_BROKEN, "%s" ENDING ": it does not hold", name.text);
    if (!ident_eq(out_manifest->id, id) || !ident_eq(out_manifest->tenant, ask->tenant))
        return fail(ERR_BROKEN, "%s" ENDING ": it is not the one that it is named as", name.text);
    return ERR_OK;
}

static err_t name_take(void *with, const char *name)
{
    ident_t id;
    str_t text = str(name);
    size_t ending = strlen(ENDING);
    if (text.len <= ending || strcmp(name + text.len - ending, ENDING) != 0)
        return ERR_OK;
    if (ident_read("snp", str_bytes(name, text.len - ending), &id) == ERR_OK)
        buf_put(with, ident_bytes(&id));
    return ERR_OK;
}

static int newest_first(const void *a, const void *b)
{
    const struct manifest *one = a, *other = b;
    if (one->cut != other->cut)
        return one->cut > other->cut ? -1 : 1;
    return one->made > other->made ? -1 : one->made < other->made;
}

err_t manifests_load(const struct manifest_ask *ask, arena_t *arena, struct manifests *out_manifests)
{
    OWN(buf) ids = BUF(MOST_MANIFESTS * sizeof(ident_t));
    OWN(buf) trouble = BUF(MOST_TROUBLE);
    struct manifests found = {.count = 0};
    TRY(folder_walk(ask->folder, name_take, &ids));
    TRY(buf_end(&ids));
    found.at = arena_array(arena, struct manifest, ids.len / sizeof(ident_t));
    TRY(arena_end(arena));
    for_each_ident(id, &ids)
    {
        err_t loaded = manifest_load(ask, id, arena, &found.at[found.count]);
        found.count += loaded == ERR_OK;
        found.wrong += loaded != ERR_OK;
        if (loaded != ERR_OK)
            buf_putf(&trouble, "%s\n", err_note());
    }
    TRY(arena_end(arena));
    if (found.count)
        qsort(found.at, found.count, sizeof *found.at, newest_first);
    found.trouble = arena_copy(arena, buf_str(&trouble));
    *out_manifests = found;
    return arena_end(arena);
}

static void counts_of(const struct manifest *manifest, struct snapshot *out)
{
    for (size_t i = 0; i < manifest->segment_count; i++) {
        const struct segment *segment = &manifest->segments[i];
        out->rows += segment->table ? segment->rows : 0;
        out->new_bytes += segment->cut == manifest->cut ? segment->bytes : 0;
    }
}

void snapshot_from(const struct manifest *manifest, arena_t *arena, struct snapshot *out)
{
    *out = (struct snapshot){
        .id = manifest->id,
        .tenant = manifest->tenant,
        .realm = manifest->realm,
        .made = manifest->made,
        .why = arena_copy(arena, manifest->why),
        .cut = manifest->cut,
        .bytes = manifest_bytes(manifest),
        .segments = manifest->segment_count,
        .blobs = manifest->blob_count,
        .same_device = manifest->same_device,
    };
    counts_of(manifest, out);
}

err_t snapshots_stopped(const struct snapshots *snapshots)
{
    return snapshots->stopped && snapshots->stopped(snapshots->with)
               ? fail(ERR_BUSY, "stopped before the end")
               : ERR_OK;
}

err_t snapshots_list(struct snapshots *snapshots, ident_t tenant, arena_t *arena,
                     struct snapshot_list *out_list)
{
    OWN(buf) folder = BUF(FOLDER_PATH);
    OWN(arena) work = ARENA(MANIFEST_MEMORY);
    struct note_key signer;
    struct manifests manifests;
    TRY(folder_of(snapshots, tenant, &folder));
    TRY(signer_of(snapshots, tenant, &signer));
    TRY(manifests_load(&(struct manifest_ask){snapshots, folder.at, &signer, tenant}, &work, &manifests));
    struct snapshot_list list = {arena_array(arena, struct snapshot, manifests.count), manifests.count};
    TRY(arena_end(arena));
    for (size_t i = 0; i < list.count; i++)
        snapshot_from(&manifests.at[i], arena, &list.at[i]);
    *out_list = list;
    return arena_end(arena);
}
