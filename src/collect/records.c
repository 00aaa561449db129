/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/records.h"

#include "base/limits.h"
#include "collect/_private.h"

enum { PAGE_MOST = 512 };

struct walk {
    struct desk desk; /* with memory of one page */
    const struct reader *reader;
    const struct records_ask *ask;
    const struct records_sink *sink;
    ident_t after;
    bool more;
};

static const size_t sizes[] = {
    [KIND_ID] = sizeof(ident_t),    [KIND_IDS] = sizeof(idents_t),    [KIND_TEXT] = sizeof(str_t),
    [KIND_COUNT] = sizeof(int64_t), [KIND_MOMENT] = sizeof(moment_t), [KIND_FLAG] = sizeof(bool),
    [KIND_BYTES] = sizeof(str_t),
};

/* Of a ONE the fields in clear stand in the row, the others in what was opened. */
static err_t whole(struct walk *walk, const struct opened *opened, struct record_found *found)
{
    const concept_t *c = walk->ask->concept;
    void *record = arena_take(walk->desk.arena, c->size);
    TRY(arena_end(walk->desk.arena));
    memcpy(record, opened->record->plain, c->size);
    for_each_field(f, c)
        if (opened->count == 1 && field_is_sealed(c, f))
            memcpy(field_in(record, f), field_in(opened->entries, f), sizes[f->kind]);
    found->entries = record;
    found->count = 1;
    return ERR_OK;
}

static err_t give_one(struct walk *walk, const struct opened *opened)
{
    const struct record *record = opened->record;
    struct record_found found = {.id = record->id,
                                 .parent = record->parent,
                                 .subject = record->subject,
                                 .changed = record->changed,
                                 .kept = record->entries,
                                 .entries = opened->entries,
                                 .count = opened->count,
                                 .broken = opened->broken};
    if (walk->ask->concept->shape == SHAPE_ONE)
        TRY(whole(walk, opened, &found));
    return walk->sink->found(walk->sink->with, &found);
}

static err_t page_read(struct walk *walk, size_t limit, struct record_page *out_page,
                       struct opened **out_opened)
{
    const concept_t *c = walk->ask->concept;
    struct listing listing = {
        .desk = &walk->desk, .concept = c, .ask = {.after = &walk->after, .limit = limit}};
    if (walk->ask->device)
        listing.ask = (struct record_ask){.id = c->parent ? NULL : walk->ask->device,
                                          .parent = c->parent ? walk->ask->device : NULL};
    arena_clear(walk->desk.arena);
    TRY(store_read(walk->desk.store, walk->reader->tenant, listing_read, &listing));
    *out_page = listing.page;
    return records_open(&walk->desk, walk->reader, c, out_page, out_opened);
}

static err_t page_give(struct walk *walk, const struct record_page *page, const struct opened *opened)
{
    for (size_t i = 0; i < page->count; i++)
        TRY(give_one(walk, &opened[i]));
    if (page->count)
        walk->after = page->records[page->count - 1].id;
    walk->more = page->more && !walk->ask->device;
    return ERR_OK;
}

err_t records_walk(struct desk *desk, const struct reader *reader, const struct records_ask *ask,
                   const struct records_sink *sink)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct walk walk = {.desk = *desk, .reader = reader, .ask = ask, .sink = sink, .more = true};
    walk.desk.arena = &arena;
    for (size_t limit = PAGE_MOST; walk.more;) {
        struct record_page page = {.count = 0};
        struct opened *opened = NULL;
        err_t read = page_read(&walk, limit, &page, &opened);
        if (read == ERR_TOO_LARGE && limit > 1 && !ask->device) {
            limit /= 2;
            continue;
        }
        TRY(read);
        TRY(page_give(&walk, &page, opened));
    }
    return ERR_OK;
}
