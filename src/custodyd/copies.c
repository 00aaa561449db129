/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/copies.h"

#include "base/limits.h"
#include "custodyd/marking.h"
#include "custodyd/restores.h"
#include "custodyd/snapshots.h"
#include "snapshot/restore.h"

enum { AGAIN_MS = 1000, SUBJECTS_ROOM = 256 * 1024 * 1024 };

/* Whom rows are sealed to, gathered while they pass. */
struct named {
    const struct working *working;
    struct snapshots *snapshots;
    ident_t into;
    buf_t ids;
};
typedef struct named named_own;
static void named_drop(struct named *named) { buf_drop(&named->ids); }

static err_t named_add(void *with, const ident_t *subject)
{
    struct named *named = with;
    if (!subject)
        return buf_clear(&named->ids), ERR_OK;
    if (work_stopped(named->working))
        return fail(ERR_BUSY, "the service is stopping");
    size_t len = named->ids.len;
    if (len && !memcmp(named->ids.at + len - sizeof *subject, subject, sizeof *subject))
        return ERR_OK;
    buf_put(&named->ids, ident_bytes(subject));
    return buf_end(&named->ids);
}

static int compare_ids(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

/* Each once, in their order. */
static idents_t named_sorted(struct named *named)
{
    ident_t *ids = (ident_t *)(void *)named->ids.at;
    size_t count = named->ids.len / sizeof *ids, kept = 0;
    if (count)
        qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < count; i++)
        if (!kept || !ident_eq(ids[kept - 1], ids[i]))
            ids[kept++] = ids[i];
    return (idents_t){ids, kept};
}

static err_t told(const struct working *working, Keys__CopyTold *in)
{
    OWN(arena) arena = ARENA(MAX_ASK);
    Keys__None *none = NULL;
    in->work = working->work->id;
    return jobs_ask_keys(working->jobs, &(struct question){ASK_copy_told, in}, &arena, &none);
}

static err_t subjects_tell(const struct working *working, const idents_t *page)
{
    OWN(arena) arena = ARENA(MAX_ASK);
    Keys__CopyTold in = KEYS__COPY_TOLD__INIT;
    in.subjects = arena_array(&arena, ProtobufCBinaryData, page->count);
    TRY(arena_end(&arena));
    for (; in.n_subjects < page->count; in.n_subjects++)
        in.subjects[in.n_subjects] = (ProtobufCBinaryData){sizeof(ident_t), page->at[in.n_subjects].bytes};
    return told(working, &in);
}

static err_t subjects_check(const struct named *named, const idents_t *page)
{
    ident_t strange[MAX_ASK_IDS];
    idents_t out = {strange, 0};
    const struct snapshot_keys *keys = &named->snapshots->keys;
    TRY(keys->subjects(keys->with, named->into, page, &out));
    return !out.count ? ERR_OK
                      : fail(ERR_BROKEN, "%s, which records are sealed to, has no key in the copy",
                             ident_text("sub", strange[0]).text);
}

static err_t each_page(struct named *named, err_t (*take)(const struct named *named, const idents_t *page))
{
    const idents_t all = named_sorted(named);
    for (size_t at = 0; at < all.count; at += MAX_ASK_IDS) {
        size_t left = all.count - at;
        TRY(take(named, &(idents_t){all.at + at, left < MAX_ASK_IDS ? left : MAX_ASK_IDS}));
    }
    return ERR_OK;
}

static err_t page_tell(const struct named *named, const idents_t *page)
{
    return subjects_tell(named->working, page);
}

static err_t named_check(void *with) { return each_page(with, subjects_check); }

static err_t words_read(const struct working *working, ident_t *out_other, ident_t *out_snapshot)
{
    str_t words = str(working->work->words), tenant = str_until(&words, ' ');
    TRY(ident_read("ten", tenant, out_other));
    return ident_read("snp", words, out_snapshot);
}

/* How many records there would be, and whose. */
err_t work_copy_look(struct working *working)
{
    struct keeping keeping = {.working = working, .tenant = working->tenant, .arena = working->arena};
    struct snapshots snapshots;
    OWN(named) named = {.working = working, .ids = BUF(SUBJECTS_ROOM)};
    struct restore_copy copy = {.named = named_add, .with = &named};
    struct restore_ask ask = {.tenant = working->tenant, .copy = &copy, .progress = {work_progress, working}};
    struct restored would;
    Keys__CopyTold in = KEYS__COPY_TOLD__INIT;
    snapshots_of(&keeping, &snapshots);
    TRY(words_read(working, &copy.into, &ask.snapshot));
    TRY(erased_read(working, ask.tenant, &ask.forgotten));
    TRY(restore_look(&snapshots, &ask, working->arena, &would));
    TRY(each_page(&named, page_tell));
    in.records = would.rows_put + would.rows_same;
    in.whole = true;
    TRY(told(working, &in));
    buf_putf(&working->note, "%lld records would come, %lld are left out because they were forgotten",
             (long long)in.records, (long long)would.rows_left_out);
    return buf_end(&working->note);
}

/* Nobody could write to a client that stays frozen: until it is not, this work has not ended. */
static void thawed(struct working *working, struct store *store)
{
    while (store_thaw(store, working->tenant) != ERR_OK && !work_stopped(working))
        usleep(AGAIN_MS * 1000);
}

static err_t fill(struct working *working, struct store *store, struct restored *out_done)
{
    struct keeping keeping = {.working = working, .arena = working->arena};
    struct snapshots snapshots;
    OWN(named)
    named = {.working = working, .snapshots = &snapshots, .into = working->tenant, .ids = BUF(SUBJECTS_ROOM)};
    const struct restore_copy copy = {working->tenant, named_add, named_check, &named};
    struct restore_ask ask = {.copy = &copy, .progress = {work_progress, working}};
    TRY(words_read(working, &ask.tenant, &ask.snapshot));
    keeping.tenant = ask.tenant;
    snapshots_of(&keeping, &snapshots);
    snapshots.store = store;
    TRY(erased_read(working, ask.tenant, &ask.forgotten));
    return restore_copy(&snapshots, &ask, out_done);
}

/* The records are there: a work that failed now could be given up, and they would stay. One that is stopped is done again. */
static err_t told_for_certain(struct working *working, Keys__CopyTold *in)
{
    err_t said = told(working, in);
    while (said != ERR_OK && !work_stopped(working)) {
        usleep(AGAIN_MS * 1000);
        said = told(working, in);
    }
    return said;
}

err_t work_copy(struct working *working)
{
    OWN(store) store = NULL;
    struct restored done;
    Keys__CopyTold in = KEYS__COPY_TOLD__INIT;
    TRY(store_open(working->jobs->env, working->jobs->store_folder, &store));
    marking_jobs(working->jobs, store);
    err_t result = fill(working, store, &done);
    if (result != ERR_OK) {
        char note[256];
        snprintf(note, sizeof note, "%s", err_note());
        thawed(working, store);
        return fail(result, "%s", note);
    }
    in.records = done.rows_put + done.rows_same;
    in.whole = true;
    TRY(told_for_certain(working, &in));
    buf_putf(&working->note, "%lld records and %lld recordings have come, in %lld ms", (long long)in.records,
             (long long)done.blobs_back, (long long)done.ms);
    return buf_end(&working->note);
}
