/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/snapshots.h"

#include "base/limits.h"
#include "snapshot/mirror.h"

enum { ASK_MEMORY = 2 * MAX_FRAME, TROUBLE_TOLD = 3000, PATH_ROOM = 2048 };

static ProtobufCBinaryData data_of(str_t bytes)
{
    return (ProtobufCBinaryData){bytes.len, (uint8_t *)(uintptr_t)bytes.at};
}

/* What only the keys process can do, asked of it. */

static err_t keys_take(struct keeping *keeping)
{
    Keys__OfTenantSnapshots in = KEYS__OF_TENANT_SNAPSHOTS__INIT;
    Keys__SnapshotKeys *keys = NULL;
    if (keeping->keys)
        return ERR_OK;
    in.tenant = data_of(ident_bytes(&keeping->tenant));
    const struct question question = {keeping->from_copy ? ASK_copy_key : ASK_snapshot_key, &in};
    TRY(jobs_ask_keys(keeping->working->jobs, &question, keeping->arena, &keys));
    keeping->keys = keys;
    return ERR_OK;
}

static err_t outer_key(void *with, ident_t tenant, struct key *out_key)
{
    struct keeping *keeping = with;
    (void)tenant;
    TRY(keys_take(keeping));
    return key_from(str_bytes(keeping->keys->outer.data, keeping->keys->outer.len), out_key);
}

static err_t signer_key(void *with, ident_t tenant, buf_t *out_key)
{
    struct keeping *keeping = with;
    (void)tenant;
    TRY(keys_take(keeping));
    buf_put(out_key, str(keeping->keys->signer));
    return buf_end(out_key);
}

static err_t manifest_sign(void *with, ident_t tenant, str_t text, buf_t *out_note)
{
    struct keeping *keeping = with;
    OWN(arena) arena = ARENA(ASK_MEMORY);
    Keys__SnapshotSign in = KEYS__SNAPSHOT_SIGN__INIT;
    Keys__SnapshotSigned *out = NULL;
    in.tenant = data_of(ident_bytes(&tenant));
    in.text = data_of(text);
    TRY(jobs_ask_keys(keeping->working->jobs, &(struct question){ASK_snapshot_sign, &in}, &arena, &out));
    buf_put(out_note, str_bytes(out->note.data, out->note.len));
    return buf_end(out_note);
}

static err_t subjects_known(void *with, ident_t tenant, const idents_t *ids, idents_t *out_strange)
{
    struct keeping *keeping = with;
    OWN(arena) arena = ARENA(MAX_ASK * 2);
    Keys__SnapshotSubjects in = KEYS__SNAPSHOT_SUBJECTS__INIT, *out = NULL;
    in.tenant = data_of(ident_bytes(&tenant));
    in.ids = arena_array(&arena, ProtobufCBinaryData, ids->count);
    TRY(arena_end(&arena));
    for (size_t i = 0; i < ids->count; i++)
        in.ids[in.n_ids++] = data_of(ident_bytes(&ids->at[i]));
    const struct question question = {keeping->from_copy ? ASK_copy_subjects : ASK_snapshot_subjects, &in};
    TRY(jobs_ask_keys(keeping->working->jobs, &question, &arena, &out));
    for (size_t i = 0; i < out->n_ids; i++)
        TRY(ident_from(str_bytes(out->ids[i].data, out->ids[i].len), &out_strange->at[out_strange->count++]));
    return ERR_OK;
}

static bool is_stopped(void *with) { return work_stopped(((struct keeping *)with)->working); }

void snapshots_of(struct keeping *keeping, struct snapshots *out_snapshots)
{
    struct jobs *jobs = keeping->working->jobs;
    *out_snapshots = (struct snapshots){
        .env = jobs->env,
        .store = jobs->store,
        .folder = jobs->snapshots,
        .keys = {outer_key, manifest_sign, signer_key, subjects_known, keeping},
        .settings = jobs->settings,
        .stopped = is_stopped,
        .with = keeping,
    };
}

/* What became of it, told. */

static err_t ones_put(const struct verified *found, arena_t *arena, Keys__SnapshotTold *out)
{
    out->found = arena_array(arena, Keys__SnapshotFound *, found->one_count);
    TRY(arena_end(arena));
    for (size_t i = 0; i < found->one_count; i++) {
        Keys__SnapshotFound *one = arena_new(arena, Keys__SnapshotFound);
        TRY(arena_end(arena));
        keys__snapshot_found__init(one);
        one->id = data_of(ident_bytes(&found->ones[i].id));
        one->wrong = (int64_t)found->ones[i].wrong;
        out->found[out->n_found++] = one;
    }
    return ERR_OK;
}

static err_t verified_tell(struct keeping *keeping, const ident_t *id, const struct verified *found)
{
    char trouble[TROUBLE_TOLD];
    OWN(arena) arena = ARENA(MAX_ASK * 2);
    Keys__SnapshotTold in = KEYS__SNAPSHOT_TOLD__INIT;
    Keys__None *none = NULL;
    snprintf(trouble, sizeof trouble, "%.*s", STR_ARG(found->trouble));
    in.tenant = data_of(ident_bytes(&keeping->tenant));
    if (id)
        in.id = data_of(ident_bytes(id));
    in.wrong = (int64_t)found->wrong;
    in.trouble = trouble;
    in.began = keeping->began;
    TRY(ones_put(found, &arena, &in));
    return jobs_ask_keys(keeping->working->jobs, &(struct question){ASK_snapshot_told, &in}, &arena, &none);
}

static err_t kept_tell(struct keeping *keeping, struct snapshots *snapshots)
{
    OWN(arena) arena = ARENA(MAX_ASK * 2);
    struct snapshot_list list;
    Keys__SnapshotsPruned in = KEYS__SNAPSHOTS_PRUNED__INIT;
    Keys__None *none = NULL;
    TRY(snapshots_list(snapshots, keeping->tenant, &arena, &list));
    in.tenant = data_of(ident_bytes(&keeping->tenant));
    in.kept = arena_array(&arena, ProtobufCBinaryData, list.count);
    TRY(arena_end(&arena));
    for (size_t i = 0; i < list.count; i++)
        in.kept[in.n_kept++] = data_of(ident_bytes(&list.at[i].id));
    return jobs_ask_keys(keeping->working->jobs, &(struct question){ASK_snapshots_pruned, &in}, &arena,
                         &none);
}

static err_t held_read(const struct keeping *keeping, idents_t *out_held)
{
    const Keys__SnapshotKeys *keys = keeping->keys;
    *out_held = (idents_t){arena_array(keeping->arena, ident_t, keys->n_held), 0};
    TRY(arena_end(keeping->arena));
    for (size_t i = 0; i < keys->n_held; i++)
        TRY(ident_from(str_bytes(keys->held[i].data, keys->held[i].len), &out_held->at[out_held->count++]));
    return ERR_OK;
}

/* What is held is asked for anew: it may have been since the work began. */
err_t snapshots_keep(struct keeping *keeping, struct snapshots *snapshots)
{
    idents_t held, gone;
    keeping->keys = NULL;
    TRY(keys_take(keeping));
    TRY(held_read(keeping, &held));
    const struct snapshot_keep keep = {(size_t)keeping->keys->keep, &held, keeping->keys->clock_held};
    TRY(snapshots_prune(snapshots, keeping->tenant, &keep, keeping->arena, &gone));
    return kept_tell(keeping, snapshots);
}

/* The works */

static void note_put_taken(struct working *working, const struct snapshot *taken,
                           const struct verified *found)
{
    buf_putf(&working->note, "%lld rows, %lld bytes, of which %lld are new; %zu blobs",
             (long long)taken->rows, (long long)taken->bytes, (long long)taken->new_bytes, taken->blobs);
    if (found->wrong)
        buf_putf(&working->note, "; %zu files do not hold:\n%.*s", found->wrong, STR_ARG(found->trouble));
}

err_t logs_mirror(struct jobs *jobs, arena_t *arena)
{
    char to[PATH_ROOM];
    size_t copied;
    (void)arena;
    snprintf(to, sizeof to, "%s/log", jobs->snapshots);
    return mirror_take(jobs->env, jobs->logs, to, &copied);
}

static err_t take(struct keeping *keeping, struct snapshots *snapshots, const char *why,
                  struct snapshot *out_taken)
{
    pthread_mutex_t *own = ident_is_zero(keeping->tenant) ? &keeping->working->jobs->works.own : NULL;
    if (own)
        pthread_mutex_lock(own);
    err_t taken = snapshot_take(snapshots, keeping->tenant, why, keeping->arena, out_taken);
    if (own)
        pthread_mutex_unlock(own);
    return taken;
}

err_t service_snapshot(struct working *working)
{
    struct keeping keeping = {.working = working, .arena = working->arena};
    struct snapshots snapshots;
    struct snapshot taken;
    snapshots_of(&keeping, &snapshots);
    return take(&keeping, &snapshots, "asked", &taken);
}

err_t work_snapshot(struct working *working)
{
    struct keeping keeping = {.working = working, .tenant = working->tenant, .arena = working->arena};
    struct snapshots snapshots;
    struct snapshot taken;
    struct verified found;
    const char *why = strcmp(working->work->words, "asked") ? "daily" : "asked";
    snapshots_of(&keeping, &snapshots);
    work_progress(working, 0, 3);
    TRY(take(&keeping, &snapshots, why, &taken));
    work_progress(working, 1, 3);
    TRY(snapshot_verify(&snapshots, working->tenant, &taken.id, VERIFY_NEW, working->arena, &found));
    TRY(verified_tell(&keeping, &taken.id, &found));
    work_progress(working, 2, 3);
    TRY(snapshots_keep(&keeping, &snapshots));
    note_put_taken(working, &taken, &found);
    return buf_end(&working->note);
}

err_t work_verify(struct working *working)
{
    struct keeping keeping = {.working = working,
                              .tenant = working->tenant,
                              .arena = working->arena,
                              .began = working->jobs->env->now(working->jobs->env)};
    struct snapshots snapshots;
    struct verified found;
    snapshots_of(&keeping, &snapshots);
    TRY(snapshot_verify(&snapshots, working->tenant, NULL, VERIFY_FULL, working->arena, &found));
    TRY(verified_tell(&keeping, NULL, &found));
    buf_putf(&working->note, "%lld bytes in %zu segments and %zu blobs; %zu do not hold",
             (long long)found.bytes, found.segments, found.blobs, found.wrong);
    if (found.wrong)
        buf_putf(&working->note, ":\n%.*s", STR_ARG(found.trouble));
    return ERR_OK;
}

err_t work_freeze(struct working *working)
{
    struct keeping keeping = {.working = working, .tenant = working->tenant, .arena = working->arena};
    struct snapshots snapshots;
    struct snapshot_list list;
    Keys__Frozen in = KEYS__FROZEN__INIT;
    Keys__None *none = NULL;
    snapshots_of(&keeping, &snapshots);
    TRY(snapshots_list(&snapshots, working->tenant, working->arena, &list));
    in.tenant = data_of(ident_bytes(&working->tenant));
    in.snapshots = arena_array(working->arena, ProtobufCBinaryData, list.count);
    TRY(arena_end(working->arena));
    for (size_t i = 0; i < list.count; i++)
        in.snapshots[in.n_snapshots++] = data_of(ident_bytes(&list.at[i].id));
    TRY(jobs_ask_keys(working->jobs, &(struct question){ASK_frozen_told, &in}, working->arena, &none));
    buf_putf(&working->note, "%zu snapshots are kept until the end", list.count);
    return ERR_OK;
}
