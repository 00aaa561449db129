/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/merge.h"

#include "store/blobs.h"

typedef struct merge merge_own;
static void merge_drop(struct merge *merge)
{
    merge_end(merge);
    snapshot_reader_drop(&merge->reader);
}

static err_t merge_begin(struct merge *merge)
{
    const struct restore_ask *ask = merge->ask;
    merge->gone = ask->forgotten;
    TRY(snapshot_open(merge->snapshots, ask->tenant, ask->snapshot, &merge->reader));
    if (!ident_eq(snapshot_about(merge->reader)->tenant, ask->tenant))
        return fail(ERR_DENIED, "%s is of another tenant", ident_text("snp", ask->snapshot).text);
    return ERR_OK;
}

static err_t merge_act(struct tx *tx, void *with) { return merge_all(tx, with); }

/* The last thing of the act: with its commit the tenant is restored and open, or neither. */
static err_t restore_act(struct tx *tx, void *with)
{
    struct merge *merge = with;
    TRY(merge_all(tx, merge));
    if (merge->back)
        TRY(changes_back(tx, snapshot_about(merge->reader)->cut));
    return store_thaw_with(tx);
}

/* Frozen, so that the safety snapshot is what the restore finds, and what differs is known from the two. */
static err_t restore_frozen(struct merge *merge, arena_t *arena)
{
    struct snapshot safety;
    if (merge->ask->erased)
        TRY(merge->ask->erased(merge->ask->with, &merge->gone));
    TRY(snapshot_take(merge->snapshots, merge->ask->tenant, "safety", arena, &safety));
    /* A crash from here on leaves one snapshot more, which the prunes of a day let stand. */
    merge->done.safety = safety.id;
    merge->since = &safety.id;
    merge->back = !merge->ask->device; /* then nothing is noted yet: the safety snapshot holds it */
    err_t result = store_write(merge->snapshots->store, merge->ask->tenant, restore_act, merge);
    merge->since = NULL;
    return result;
}

err_t restore_run(struct snapshots *snapshots, const struct restore_ask *ask, arena_t *arena,
                  struct restored *out_done)
{
    moment_t began = snapshots->env->boot(snapshots->env);
    OWN(merge) merge = {.snapshots = snapshots, .store = snapshots->store, .ask = ask, .writes = true};
    char note[256];
    TRY(merge_begin(&merge));
    TRY(store_freeze(snapshots->store, ask->tenant));
    /* A crash from here on leaves it frozen: the next restore takes that over. */
    err_t result = restore_frozen(&merge, arena);
    snprintf(note, sizeof note, "%s", err_note());
    merge.done.ms = snapshots->env->boot(snapshots->env) - began;
    TRY(store_thaw(snapshots->store, ask->tenant));
    if (result != ERR_OK)
        return fail(result, "%s", note);
    *out_done = merge.done;
    return ERR_OK;
}

err_t restore_look(struct snapshots *snapshots, const struct restore_ask *ask, arena_t *arena,
                   struct restored *out_would)
{
    OWN(merge) merge = {.snapshots = snapshots, .store = snapshots->store, .ask = ask};
    (void)arena;
    TRY(merge_begin(&merge));
    TRY(store_read(snapshots->store, merge_into(&merge), merge_act, &merge));
    *out_would = merge.done;
    return ERR_OK;
}

err_t restore_copy(struct snapshots *snapshots, const struct restore_ask *ask, struct restored *out_done)
{
    moment_t began = snapshots->env->boot(snapshots->env);
    OWN(merge) merge = {.snapshots = snapshots, .store = snapshots->store, .ask = ask, .writes = true};
    const ident_t into = merge_into(&merge);
    char note[256];
    TRY(merge_begin(&merge));
    TRY(blobs_ready(snapshots->store, into));
    TRY(store_freeze(snapshots->store, into));
    /* A crash from here on leaves it frozen, and without a row or with all of them. */
    err_t result = store_write(snapshots->store, into, restore_act, &merge);
    snprintf(note, sizeof note, "%s", err_note());
    merge.done.ms = snapshots->env->boot(snapshots->env) - began;
    TRY(store_thaw(snapshots->store, into));
    if (result != ERR_OK)
        return fail(result, "%s", note);
    *out_done = merge.done;
    return ERR_OK;
}

static err_t compare_act(struct tx *tx, void *with)
{
    TRY(merge_all(tx, with));
    return merge_blobs_compare(tx, with);
}

/* What was written is read again, beside the snapshot: nothing may be left to write. */
static err_t filled_compare(struct merge *merge)
{
    merge->writes = false;
    TRY(store_read(merge->store, merge->ask->tenant, compare_act, merge));
    int64_t wrong = merge->done.rows_put + merge->done.rows_removed;
    return wrong ? fail(ERR_BROKEN, "of the rows that were put back %lld differ", (long long)wrong) : ERR_OK;
}

static err_t rebuilt_compare(struct merge *merge)
{
    const struct restored built = merge->done;
    TRY(filled_compare(merge));
    if (merge->done.rows_same != built.rows_put)
        return fail(ERR_BROKEN, "%lld rows were put back, and %lld are there", (long long)built.rows_put,
                    (long long)merge->done.rows_same);
    merge->done = built;
    return ERR_OK;
}

err_t restore_compare(struct snapshots *snapshots, const struct restore_ask *ask, struct store *into)
{
    OWN(merge) merge = {.snapshots = snapshots, .store = into, .ask = ask};
    TRY(merge_begin(&merge));
    return filled_compare(&merge);
}

err_t restore_rebuild(struct snapshots *snapshots, const struct restore_ask *ask, struct store *into,
                      arena_t *arena, struct restored *out_done)
{
    moment_t began = snapshots->env->boot(snapshots->env);
    OWN(merge) merge = {.snapshots = snapshots, .store = into, .ask = ask, .writes = true};
    (void)arena;
    TRY(merge_begin(&merge));
    TRY(store_fill(into, ask->tenant, merge_act, &merge));
    merge.done.built_ms = snapshots->env->boot(snapshots->env) - began;
    TRY(rebuilt_compare(&merge));
    merge.done.ms = snapshots->env->boot(snapshots->env) - began;
    *out_done = merge.done;
    return ERR_OK;
}
