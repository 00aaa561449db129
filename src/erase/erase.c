/* SPDX-License-Identifier: Apache-2.0 */
#include "erase/erase.h"

#include "store/keep.h"
#include "tlog/certificate.h"

enum { PATH_ROOM = 4096 };

/* One client, as far as it has come; and what legal holds keep of it. */
struct erasing {
    struct eraser *eraser;
    arena_t *arena;
    const Keys__Erasure *erasure;
    ident_t tenant;
    const Keys__ErasureHeld *held;
    idents_t ids, devices;
    struct keep keep;
};

static err_t ask(struct erasing *erasing, enum ask_number number, const void *in, void *out)
{
    const struct eraser *eraser = erasing->eraser;
    return eraser->ask(eraser->with, &(struct question){number, in}, erasing->arena, out);
}

/* What stays */

static bool any_held(const struct erasing *erasing) { return erasing->held && erasing->held->n_items; }

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static err_t id_add(idents_t *ids, ProtobufCBinaryData id)
{
    return id.len ? ident_from(str_bytes(id.data, id.len), &ids->at[ids->count++]) : ERR_OK;
}

static err_t held_take(struct erasing *erasing)
{
    const size_t most = erasing->held->n_items;
    erasing->ids.at = arena_array(erasing->arena, ident_t, most);
    erasing->devices.at = arena_array(erasing->arena, ident_t, most);
    TRY(arena_end(erasing->arena));
    for (size_t i = 0; i < erasing->held->n_items; i++) {
        const Keys__HoldOn *hold = erasing->held->items[i];
        erasing->keep.all |= !strcmp(hold->kind, "tenant");
        TRY(id_add(&erasing->ids, hold->target));
        TRY(id_add(&erasing->devices, hold->device));
    }
    qsort(erasing->ids.at, erasing->ids.count, sizeof(ident_t), by_bytes);
    qsort(erasing->devices.at, erasing->devices.count, sizeof(ident_t), by_bytes);
    erasing->keep.ids = &erasing->ids;
    erasing->keep.devices = &erasing->devices;
    return ERR_OK;
}

static err_t held_read(struct erasing *erasing)
{
    Keys__ErasureNamed in = KEYS__ERASURE_NAMED__INIT;
    Keys__ErasureHeld *held = NULL;
    in.id = erasing->erasure->id;
    TRY(ask(erasing, ASK_erasure_held, &in, &held));
    erasing->held = held;
    return any_held(erasing) ? held_take(erasing) : ERR_OK;
}

/* Its file is opened again under its id alone: of its name nothing is kept in the store. */
static err_t rows_keep(struct erasing *erasing, int64_t *out_removed)
{
    const ident_text_t id = ident_text("ten", erasing->tenant);
    struct tenant tenant = {.id = erasing->tenant, .name = str(id.text), .state = STR("held")};
    TRY(ident_from(str_bytes(erasing->held->realm.data, erasing->held->realm.len), &tenant.realm));
    return store_keep(erasing->eraser->store, &tenant, &erasing->keep, out_removed);
}

static err_t kept_weigh(struct erasing *erasing, const Keys__HoldOn *hold, Keys__ErasureKept *out)
{
    const bool whole = !strcmp(hold->kind, "tenant");
    struct kept_weight weight = {0};
    ident_t target;
    TRY(ident_from(str_bytes(hold->target.data, hold->target.len), &target));
    TRY(store_keep_weigh(erasing->eraser->store, erasing->tenant, whole ? NULL : &(idents_t){&target, 1},
                         &weight));
    keys__erasure_kept__init(out);
    out->hold = hold->hold;
    out->items = weight.items;
    out->bytes = weight.bytes;
    return ERR_OK;
}

static err_t kept_add(struct erasing *erasing, Keys__ErasureTold *io_told)
{
    io_told->kept = arena_array(erasing->arena, Keys__ErasureKept *, erasing->held->n_items);
    TRY(arena_end(erasing->arena));
    for (size_t i = 0; i < erasing->held->n_items; i++) {
        Keys__ErasureKept *kept = io_told->kept[io_told->n_kept++] =
            arena_new(erasing->arena, Keys__ErasureKept);
        TRY(arena_end(erasing->arena));
        TRY(kept_weigh(erasing, erasing->held->items[i], kept));
    }
    return ERR_OK;
}

/* Looking, and emptying */

static err_t beneath(const char *folder, const char *within, ident_t tenant, char out_path[PATH_ROOM])
{
    int len = snprintf(out_path, PATH_ROOM, "%s/%s%s", folder, within, ident_text("ten", tenant).text);
    return len < PATH_ROOM ? ERR_OK : fail(ERR_INVALID, "the folder's path is too long");
}

static err_t rows_look(struct erasing *erasing, struct found *out)
{
    struct tenant_files files;
    TRY(store_tenant_files(erasing->eraser->store, erasing->tenant, &files));
    *out = (struct found){files.files, files.bytes};
    return ERR_OK;
}

static err_t rows_empty(struct erasing *erasing)
{
    int64_t removed = 0;
    if (any_held(erasing))
        return rows_keep(erasing, &removed);
    return store_tenant_erase(erasing->eraser->store, erasing->tenant);
}

/* Besides what is held: gone through once more, nothing is found to remove. */
static err_t rows_left(struct erasing *erasing, struct found *out)
{
    return any_held(erasing) ? rows_keep(erasing, &out->items) : rows_look(erasing, out);
}

static err_t blobs_look(struct erasing *erasing, struct found *out)
{
    char path[PATH_ROOM];
    TRY(beneath(erasing->eraser->store_folder, "blobs/", erasing->tenant, path));
    return folder_weigh(path, out);
}

static bool is_empty(const Keys__Erasure *erasure, enum erased_store store)
{
    for (size_t i = 0; i < erasure->n_stores; i++)
        if (!strcmp(erasure->stores[i]->name, erased_name(store)))
            return erasure->stores[i]->at > 0;
    return false;
}

/* Files without a row, however new: nobody writes any more. */
static err_t blobs_keep(struct erasing *erasing, size_t *out_removed)
{
    return blobs_sweep(erasing->eraser->store, erasing->tenant, MOMENT_MAX, out_removed);
}

static err_t blobs_left(struct erasing *erasing, struct found *out)
{
    size_t removed = 0;
    if (!any_held(erasing))
        return blobs_look(erasing, out);
    TRY(blobs_keep(erasing, &removed));
    out->items = (int64_t)removed;
    return ERR_OK;
}

static err_t blobs_empty(struct erasing *erasing)
{
    char path[PATH_ROOM];
    size_t removed = 0;
    if (any_held(erasing))
        return blobs_keep(erasing, &removed);
    TRY(beneath(erasing->eraser->store_folder, "blobs/", erasing->tenant, path));
    return folder_remove(path);
}

/* Its snapshots, and what a drill builds from them. */
static const char *const snapshot_folders[] = {"", "drill/"};
enum { SNAPSHOT_FOLDERS = sizeof snapshot_folders / sizeof *snapshot_folders };

static err_t snapshots_look(struct erasing *erasing, struct found *out)
{
    char path[PATH_ROOM];
    *out = (struct found){0};
    for (size_t i = 0; i < SNAPSHOT_FOLDERS; i++) {
        struct found found = {0};
        TRY(beneath(erasing->eraser->snapshots, snapshot_folders[i], erasing->tenant, path));
        TRY(folder_weigh(path, &found));
        out->items += found.items;
        out->bytes += found.bytes;
    }
    return ERR_OK;
}

static err_t snapshots_empty(struct erasing *erasing)
{
    char path[PATH_ROOM];
    for (size_t i = 0; i < SNAPSHOT_FOLDERS; i++) {
        TRY(beneath(erasing->eraser->snapshots, snapshot_folders[i], erasing->tenant, path));
        TRY(folder_remove(path));
    }
    return ERR_OK;
}

static const struct {
    enum erased_store store;
    const char *counted; /* in the commitment */
    err_t (*look)(struct erasing *erasing, struct found *out);
    err_t (*empty)(struct erasing *erasing);
    err_t (*left)(struct erasing *erasing, struct found *out); /* besides what legal holds keep */
} stores[] = {
    {ERASED_ROWS, "rows files", rows_look, rows_empty, rows_left},
    {ERASED_BLOBS, "blobs files", blobs_look, blobs_empty, blobs_left},
    {ERASED_SNAPSHOTS, "snapshots files", snapshots_look, snapshots_empty, snapshots_look},
};
enum { STORES = sizeof stores / sizeof *stores };

/* The mark */

static err_t count_add(struct erasing *erasing, size_t i, Keys__ErasureCounts *io_counts)
{
    struct found found = {0};
    Keys__ErasureCount *count = arena_new(erasing->arena, Keys__ErasureCount);
    TRY(arena_end(erasing->arena));
    TRY(stores[i].look(erasing, &found));
    keys__erasure_count__init(count);
    count->what = (char *)(uintptr_t)stores[i].counted;
    count->items = found.items;
    count->bytes = found.bytes;
    io_counts->items[io_counts->n_items++] = count;
    return ERR_OK;
}

/* Where the mark stands already the counts are not looked at. */
static err_t mark(struct erasing *erasing)
{
    Keys__ErasureCounts in = KEYS__ERASURE_COUNTS__INIT;
    Keys__None *none = NULL;
    in.id = erasing->erasure->id;
    in.items = arena_array(erasing->arena, Keys__ErasureCount *, STORES);
    TRY(arena_end(erasing->arena));
    for (size_t i = 0; i < STORES; i++)
        TRY(count_add(erasing, i, &in));
    return ask(erasing, ASK_erasure_mark, &in, &none);
}

/* The stores */

static err_t told(struct erasing *erasing, enum erased_store store, const struct found *found, bool done)
{
    Keys__ErasureTold in = KEYS__ERASURE_TOLD__INIT;
    Keys__None *none = NULL;
    in.id = erasing->erasure->id;
    in.store = (char *)(uintptr_t)erased_name(store);
    in.items = found->items;
    in.bytes = found->bytes;
    in.done = done;
    if (done && store == ERASED_ROWS && any_held(erasing))
        TRY(kept_add(erasing, &in));
    return ask(erasing, ASK_erasure_told, &in, &none);
}

/* What was there is told before it is removed, so that a crash between the two leaves the right figure. */
static err_t store_empty(struct erasing *erasing, size_t i)
{
    struct found found = {0}, left = {0};
    if (is_empty(erasing->erasure, stores[i].store))
        return ERR_OK;
    TRY(stores[i].look(erasing, &found));
    TRY(told(erasing, stores[i].store, &found, false));
    TRY(stores[i].empty(erasing));
    TRY(stores[i].left(erasing, &left));
    return left.items
               ? fail(ERR_BUSY, "%s: something came while it was emptied", erased_name(stores[i].store))
               : told(erasing, stores[i].store, &left, true);
}

static err_t keyring_empty(struct erasing *erasing)
{
    Keys__ErasureNamed in = KEYS__ERASURE_NAMED__INIT;
    Keys__ErasureSwept *swept = NULL;
    struct found found = {0}, none = {0};
    if (is_empty(erasing->erasure, ERASED_KEYRING))
        return ERR_OK;
    in.id = erasing->erasure->id;
    do {
        TRY(ask(erasing, ASK_erasure_sweep, &in, &swept));
        found.items += swept->items;
        TRY(told(erasing, ERASED_KEYRING, &found, false));
        if (swept->more && !swept->items)
            return fail(ERR_BUSY, "the web process still has archives of exports on its disk");
    } while (swept->more);
    err_t empty = told(erasing, ERASED_KEYRING, &none, true);
    return empty == ERR_BUSY ? ERR_OK
                             : empty; /* its copy is rewritten within a second: the next turn tells it */
}

/* Which blobs stay is known once the rows that do not are gone. */
static bool is_ready(const struct erasing *erasing, enum erased_store store)
{
    return is_empty(erasing->erasure, ERASED_WRITERS) &&
           (store != ERASED_BLOBS || !any_held(erasing) || is_empty(erasing->erasure, ERASED_ROWS));
}

/* Files go once nobody writes to them any more; an error of one store is told after the others were tried. */
static err_t empty(struct erasing *erasing)
{
    struct eraser *eraser = erasing->eraser;
    if (!eraser->quiet(eraser->with, erasing->tenant))
        return fail(ERR_BUSY, "what runs for %s is being ended", ident_text("ten", erasing->tenant).text);
    if (!erasing->erasure->n_stores)
        TRY(mark(erasing)); /* a crash may have come between the keys and the roll */
    err_t result = keyring_empty(erasing);
    for (size_t i = 0; i < STORES; i++) {
        err_t emptied = is_ready(erasing, stores[i].store) ? store_empty(erasing, i) : ERR_OK;
        result = emptied == ERR_OK ? result : emptied;
    }
    return result;
}

static err_t close_log(struct erasing *erasing)
{
    Keys__ErasureNamed in = KEYS__ERASURE_NAMED__INIT;
    Keys__None *none = NULL;
    in.id = erasing->erasure->id;
    err_t closed = ask(erasing, ASK_erasure_close, &in, &none);
    return closed == ERR_CONFLICT ? ERR_OK : closed; /* its last entries are on their way into it */
}

static const struct {
    const char *state;
    err_t (*step)(struct erasing *erasing);
} steps[] = {{"cooling", mark}, {"marked", mark}, {"destroyed", empty}, {"certified", close_log}};

static err_t one(struct erasing *erasing)
{
    const Keys__Erasure *erasure = erasing->erasure;
    TRY(ident_from(str_bytes(erasure->tenant.data, erasure->tenant.len), &erasing->tenant));
    TRY(held_read(erasing));
    if (*erasure->held) /* told of by the keys process to whoever looks */
        return ERR_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!strcmp(steps[i].state, erasure->state))
            return steps[i].step(erasing);
    return fail(ERR_BROKEN, "an erasure in the state %s", erasure->state);
}

err_t erase_run(struct eraser *eraser, arena_t *arena)
{
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Erasures *due = NULL;
    err_t result = ERR_OK;
    TRY(eraser->ask(eraser->with, &(struct question){ASK_erasure_due, &in}, arena, &due));
    for (size_t i = 0; i < due->n_items; i++) {
        struct erasing erasing = {.eraser = eraser, .arena = arena, .erasure = due->items[i]};
        err_t step = one(&erasing);
        result = step == ERR_OK ? result : step;
    }
    return result;
}
