/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking a snapshot: cut, read in one transaction, write, sign, and only then be.
 */
#include "snapshot/_take.h"
#include "snapshot/_wrong.h"

#include <sys/stat.h>

void taking_drop(struct taking *taking)
{
    key_drop(&taking->outer);
    buf_drop(&taking->wrong);
    free(taking->subjects.at);
}

static err_t cut_act(struct tx *tx, void *with)
{
    struct taking *taking = with;
    return changes_cut(tx, &taking->cut);
}

static err_t held_act(struct tx *tx, void *with)
{
    const struct taking *taking = with;
    return changes_forget(tx, taking->cut, taking->seen);
}

/* Every segment of it is there, as long as it was, and none was found to be wrong. */
static err_t is_whole(const struct taking *taking, const struct manifest *manifest, bool *out_whole)
{
    *out_whole = true;
    for (size_t i = 0; i < manifest->segment_count; i++) {
        struct stat about;
        OWN(buf) path = BUF(SEGMENT_PATH);
        TRY(segment_path(taking->folder, manifest->segments[i].id, &path));
        *out_whole &= stat(path.at, &about) == 0 && about.st_size == manifest->segments[i].bytes &&
                      !wrong_has(&taking->wrong, manifest->segments[i].id);
    }
    return ERR_OK;
}

/* The newest that can be believed and of which the store still knows what changed since: after a restore not the newest of
 * all, but the one that was restored. */
static err_t previous_find(struct taking *taking, struct tx *tx)
{
    bool known = false, whole = false;
    size_t at = 0;
    struct note_key signer;
    struct manifests manifests;
    TRY(signer_of(taking->snapshots, taking->tenant, &signer));
    const struct manifest_ask ask = {taking->snapshots, taking->folder, &signer, taking->tenant};
    TRY(manifests_load(&ask, taking->arena, &manifests));
    for (; at < manifests.count && !known; at += !known)
        if (manifests.at[at].cut < taking->cut)
            TRY(changes_known(tx, manifests.at[at].cut, &known));
    if (!known)
        return ERR_OK;
    TRY(is_whole(taking, &manifests.at[at], &whole));
    taking->previous = whole ? &manifests.at[at] : NULL;
    return ERR_OK;
}

static err_t read_act(struct tx *tx, void *with)
{
    struct taking *taking = with;
    TRY(previous_find(taking, tx));
    TRY(changes_counter(tx, &taking->seen));
    for_each_place(place) TRY(table_take(taking, tx, place));
    return blobs_take(taking, tx);
}

/* Of each table what is new, then what the snapshot before had of it, unless all of it is new. */
static void segments_join(const struct taking *taking, int table, struct manifest *io_manifest)
{
    bool anew = false;
    for (size_t i = 0; i < taking->fresh_count; i++)
        if (taking->fresh[i].table == table) {
            anew |= !taking->fresh[i].from;
            io_manifest->segments[io_manifest->segment_count++] = taking->fresh[i];
        }
    for (size_t i = 0; taking->previous && !anew && i < taking->previous->segment_count; i++)
        if (taking->previous->segments[i].table == table)
            io_manifest->segments[io_manifest->segment_count++] = taking->previous->segments[i];
}

static err_t manifest_make(struct taking *taking, const char *why, struct manifest *out)
{
    struct env *env = taking->snapshots->env;
    size_t most = taking->fresh_count + (taking->previous ? taking->previous->segment_count : 0);
    *out = (struct manifest){
        .id = ident_new(env),
        .tenant = taking->tenant,
        .realm = taking->realm,
        .made = env->now(env) / 1000 * 1000, /* its text has seconds */
        .why = str(why),
        .cut = taking->cut,
        .segments = arena_array(taking->arena, struct segment, most),
        .blobs = taking->blobs,
    };
    TRY(arena_end(taking->arena));
    TRY(copies_take(taking, &out->same_device));
    out->blob_count = taking->blob_count;
    for (int table = 0; table < INT16_MAX; table++)
        if (table_numbered(table))
            segments_join(taking, table, out);
    return ERR_OK;
}

static err_t same_device(const struct taking *taking, const char *of, bool *io_same)
{
    struct stat here, there;
    if (stat(of, &here) != 0 || stat(taking->folder, &there) != 0)
        return fail(ERR_BROKEN, "cannot look at %s", of);
    *io_same |= here.st_dev == there.st_dev;
    return ERR_OK;
}

/* All files are synced and so is the folder before the manifest is signed; it is renamed into its place, and is. */
static err_t manifest_write(struct taking *taking, struct manifest *manifest)
{
    OWN(buf) text = BUF(MAX_MANIFEST);
    OWN(buf) note = BUF(MAX_MANIFEST + MAX_NOTE);
    OWN(buf) path = BUF(FOLDER_PATH + MAX_NAME);
    struct snapshots *snapshots = taking->snapshots;
    TRY(manifest_put(manifest, &text));
    TRY(folder_sync(taking->folder));
    TRY(snapshots->keys.sign(snapshots->keys.with, taking->tenant, buf_str(&text), &note));
    TRY(manifest_path(taking->folder, manifest->id, &path));
    return snapshots->env->write_file(snapshots->env, path.at, buf_str(&note), 0600);
}

static err_t tenant_take(struct taking *taking)
{
    OWN(arena) arena = ARENA(64 * 1024);
    struct tenant tenant;
    struct store *store = taking->snapshots->store;
    TRY(store_tenant_find(store, taking->tenant, &arena, &tenant));
    taking->realm = tenant.realm;
    TRY(store_write(store, taking->tenant, cut_act, taking));
    TRY(store_read(store, taking->tenant, read_act, taking));
    return store_settle(store, taking->tenant);
}

static err_t row_put(struct segment_writer *writer, const struct place *table, const struct value *values)
{
    OWN(buf) row = BUF(MAX_ROW);
    place_key_t key;
    for (size_t i = 0; i < table->count; i++)
        row_put_value(&row, table->columns[i].kind, &values[i]);
    TRY(buf_end(&row));
    TRY(row_key(table, buf_str(&row), &key));
    return segment_row(writer, key_str(&key), buf_str(&row));
}

static int tenants_by_id(const void *a, const void *b)
{
    return memcmp(&((const struct tenant *)a)->id, &((const struct tenant *)b)->id, sizeof(ident_t));
}

static err_t control_take_all(struct taking *taking)
{
    OWN(segment_writer) writer = NULL;
    OWN(arena) arena = ARENA(64 * 1024 * 1024);
    struct tenant *tenants;
    size_t count = 0;
    TRY(store_tenants(taking->snapshots->store, &arena, &tenants, &count));
    if (count)
        qsort(tenants, count, sizeof *tenants, tenants_by_id);
    TRY(table_begin(taking, control_table.number, 0, &writer));
    for (size_t i = 0; i < count; i++) {
        const struct value values[] = {{.bytes = ident_bytes(&tenants[i].id)},
                                       {.bytes = ident_bytes(&tenants[i].realm)},
                                       {.bytes = tenants[i].name},
                                       {.bytes = tenants[i].state},
                                       {.number = tenants[i].made}};
        TRY(row_put(writer, &control_table, values));
    }
    return table_end(taking, writer);
}

static err_t settings_take(struct taking *taking)
{
    OWN(segment_writer) writer = NULL;
    const struct value values[] = {{.number = 1}, {.bytes = taking->snapshots->settings}};
    if (!values[1].bytes.at)
        return ERR_OK;
    TRY(table_begin(taking, settings_table.number, 0, &writer));
    TRY(row_put(writer, &settings_table, values));
    return table_end(taking, writer);
}

/* The service's own state is small: each snapshot holds all of it. */
static err_t service_take(struct taking *taking)
{
    taking->cut = taking->snapshots->env->now(taking->snapshots->env);
    TRY(control_take_all(taking));
    return settings_take(taking);
}

static err_t take(struct taking *taking, const char *why, struct manifest *out_manifest)
{
    struct snapshots *snapshots = taking->snapshots;
    bool service = ident_is_zero(taking->tenant);
    taking->fresh = arena_array(taking->arena, struct segment, MOST_FRESH);
    TRY(arena_end(taking->arena));
    TRY(wrong_read(snapshots->env, taking->folder, &taking->wrong));
    TRY(snapshots->keys.outer(snapshots->keys.with, taking->tenant, &taking->outer));
    TRY(service ? service_take(taking) : tenant_take(taking));
    TRY(subjects_take(taking));
    TRY(manifest_make(taking, why, out_manifest));
    TRY(same_device(taking, store_folder(snapshots->store), &out_manifest->same_device));
    TRY(manifest_write(taking, out_manifest));
    return service ? ERR_OK : store_write(snapshots->store, taking->tenant, held_act, taking);
}

/* What was written for a snapshot that did not come to be goes at once; a crash leaves it to the next prune. */
static void fresh_remove(const struct taking *taking, ident_t id)
{
    OWN(buf) manifest = BUF(FOLDER_PATH + MAX_NAME);
    if (manifest_path(taking->folder, id, &manifest) != ERR_OK || access(manifest.at, F_OK) == 0)
        return;
    for (size_t i = 0; i < taking->fresh_count; i++) {
        OWN(buf) path = BUF(SEGMENT_PATH);
        if (segment_path(taking->folder, taking->fresh[i].id, &path) == ERR_OK)
            unlink(path.at);
    }
}

err_t snapshot_take(struct snapshots *snapshots, ident_t tenant, const char *why, arena_t *arena,
                    struct snapshot *out_taken)
{
    OWN(buf) folder = BUF(FOLDER_PATH);
    OWN(arena) work = ARENA(MANIFEST_MEMORY);
    OWN(taking)
    taking = {
        .snapshots = snapshots, .tenant = tenant, .arena = &work, .wrong = BUF(MOST_WRONG * sizeof(ident_t))};
    struct manifest manifest = {.cut = 0};
    TRY(folder_ensure(snapshots, tenant, &folder));
    taking.folder = folder.at;
    err_t taken = take(&taking, why, &manifest);
    if (taken != ERR_OK)
        fresh_remove(&taking, manifest.id);
    TRY(taken);
    snapshot_from(&manifest, arena, out_taken);
    return arena_end(arena);
}
