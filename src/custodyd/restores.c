/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/restores.h"

#include "base/limits.h"
#include "custodyd/marking.h"
#include "custodyd/snapshots.h"
#include "snapshot/restore.h"
#include "tlog/approval.h"

enum { THAW_AGAIN_MS = 1000 };

/* What the words of a work say (keyring/restores.h). */
struct wish {
    ident_t device, request;
    bool one_device, under_request;
};

static err_t wish_read(str_t words, struct wish *out_wish)
{
    *out_wish = (struct wish){.one_device = false};
    while (words.len) {
        str_t word = str_until(&words, ' ');
        if (ident_read("dev", word, &out_wish->device) == ERR_OK)
            out_wish->one_device = true;
        else if (ident_read("req", word, &out_wish->request) == ERR_OK)
            out_wish->under_request = true;
        else
            return fail(ERR_INVALID, "a restore of another release was asked for");
    }
    return ERR_OK;
}

static int compare_ids(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static err_t erased_add(struct working *working, ident_t tenant, int64_t *io_from, buf_t *ids)
{
    Keys__ErasedAsk in = KEYS__ERASED_ASK__INIT;
    Keys__Erased *erased = NULL;
    in.tenant = (ProtobufCBinaryData){sizeof tenant, tenant.bytes};
    in.from = *io_from;
    TRY(jobs_ask_keys(working->jobs, &(struct question){ASK_erased_list, &in}, working->arena, &erased));
    for (size_t i = 0; i < erased->n_ids; i++)
        buf_put(ids, str_bytes(erased->ids[i].data, erased->ids[i].len));
    *io_from = erased->next;
    return buf_end(ids);
}

err_t erased_read(struct working *working, ident_t tenant, idents_t *out_ids)
{
    buf_t ids = arena_buf(working->arena, MAX_LEDGER / 4);
    int64_t from = 0;
    do
        TRY(erased_add(working, tenant, &from, &ids));
    while (from);
    size_t count = ids.len / sizeof(ident_t);
    if (count)
        qsort(ids.at, count, sizeof(ident_t), compare_ids);
    *out_ids = (idents_t){(ident_t *)(void *)ids.at, count};
    return ERR_OK;
}

static err_t use_of(struct working *working, const Keys__Approval *approval, const struct wish *wish,
                    struct approval_use *out_use, uint8_t out_digest[DIGEST_SIZE])
{
    size_t count = approval->devices.len / sizeof(ident_t);
    ident_t *devices = arena_array(working->arena, ident_t, count);
    TRY(arena_end(working->arena));
    if (count)
        memcpy(devices, approval->devices.data, count * sizeof *devices);
    approval_scope(devices, count, out_digest);
    if (!wish->one_device || !count || !bsearch(&wish->device, devices, count, sizeof(ident_t), compare_ids))
        return fail(ERR_DENIED, "the client has not approved a restore of that");
    *out_use = (struct approval_use){.tenant = working->tenant,
                                     .request = wish->request,
                                     .act = "restore",
                                     .digest = out_digest,
                                     .now = working->jobs->env->now(working->jobs->env)};
    return ident_from(str_bytes(approval->staff.data, approval->staff.len), &out_use->staff);
}

/* Of the provider's people nobody is believed: what the client signed is opened and held against what is to be done. */
static err_t approval_holds(struct working *working, const struct wish *wish)
{
    Keys__Named in = KEYS__NAMED__INIT;
    Keys__Approval *approval = NULL;
    struct note_key key;
    struct approval opened;
    struct approval_use use;
    uint8_t digest[DIGEST_SIZE];
    in.bearer = "";
    in.id = (ProtobufCBinaryData){sizeof wish->request, (uint8_t *)(uintptr_t)wish->request.bytes};
    TRY(jobs_ask_keys(working->jobs, &(struct question){ASK_restore_check, &in}, working->arena, &approval));
    if (strcmp(approval->state, "approved") != 0)
        return fail(ERR_DENIED, "the approval was ended meanwhile");
    TRY(note_key_read(str(approval->key), &key));
    TRY(approval_open(str(approval->approval), &key, &opened));
    TRY(use_of(working, approval, wish, &use, digest));
    return approval_allows(&opened, &use);
}

static err_t restore_told(struct working *working, const struct restored *done)
{
    Keys__RestoreTold in = KEYS__RESTORE_TOLD__INIT;
    Keys__None *none = NULL;
    in.work = working->work->id;
    in.rows = done->rows_put + done->rows_removed;
    return jobs_ask_keys(working->jobs, &(struct question){ASK_restore_told, &in}, working->arena, &none);
}

static void put_what(const struct restored *done, const char *as, buf_t *note)
{
    buf_putf(note,
             "%lld records %s put back, %lld taken away, %lld are the same, %lld left out because they were"
             " forgotten; %lld recordings back",
             (long long)done->rows_put, as, (long long)done->rows_removed, (long long)done->rows_same,
             (long long)done->rows_left_out, (long long)done->blobs_back);
}

static err_t erased_now(void *with, idents_t *out_ids)
{
    struct working *working = with;
    return erased_read(working, working->tenant, out_ids);
}

/* The ledger is asked for by the restore itself, once it has frozen its tenant. */
static struct restore_ask ask_of(struct working *working, const struct wish *wish)
{
    return (struct restore_ask){.tenant = working->tenant,
                                .snapshot = working->target,
                                .device = wish->one_device ? &wish->device : NULL,
                                .erased = erased_now,
                                .with = working,
                                .progress = {work_progress, working}};
}

err_t work_restore_ask(struct working *working, struct restore_ask *out_ask)
{
    *out_ask = ask_of(working, &(struct wish){.one_device = false});
    return erased_now(working, &out_ask->forgotten);
}

/* Nobody could write to a tenant that stays frozen: until it is not, this work has not ended. */
static void thawed(struct working *working, struct store *store)
{
    while (store_thaw(store, working->tenant) != ERR_OK && !work_stopped(working))
        usleep(THAW_AGAIN_MS * 1000);
}

static err_t restore_through(struct working *working, const struct wish *wish, struct store *store)
{
    struct keeping keeping = {.working = working, .tenant = working->tenant, .arena = working->arena};
    struct snapshots snapshots;
    const struct restore_ask ask = ask_of(working, wish);
    struct restored done;
    snapshots_of(&keeping, &snapshots);
    snapshots.store = store;
    err_t result = restore_run(&snapshots, &ask, working->arena, &done);
    if (result != ERR_OK) {
        char note[256];
        snprintf(note, sizeof note, "%s", err_note());
        thawed(working, store);
        return fail(result, "%s", note);
    }
    put_what(&done, "were", &working->note);
    buf_putf(&working->note, ", in %lld ms; restoring %s is the undo", (long long)done.ms,
             ident_text("snp", done.safety).text);
    return restore_told(working, &done);
}

err_t work_restore(struct working *working)
{
    OWN(store) store = NULL;
    struct wish wish;
    TRY(wish_read(str(working->work->words), &wish));
    if (wish.under_request)
        TRY(approval_holds(working, &wish));
    TRY(store_open(working->jobs->env, working->jobs->store_folder, &store));
    if (wish.one_device) /* what is behind its high-water mark comes through as a whole, or not */
        marking_jobs(working->jobs, store);
    return restore_through(working, &wish, store);
}

err_t work_look(struct working *working)
{
    struct keeping keeping = {.working = working, .tenant = working->tenant, .arena = working->arena};
    struct snapshots snapshots;
    struct wish wish;
    struct restore_ask ask;
    struct restored would;
    snapshots_of(&keeping, &snapshots);
    TRY(wish_read(str(working->work->words), &wish));
    ask = ask_of(working, &wish);
    TRY(erased_now(working, &ask.forgotten));
    TRY(restore_look(&snapshots, &ask, working->arena, &would));
    put_what(&would, "would be", &working->note);
    return ERR_OK;
}
