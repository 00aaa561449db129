/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/_search.h"

#include "base/limits.h"

enum { OPEN_AT_ONCE = 4096, CHUNK_CHAINS = 32 * 1024, ALL_HOURS = (1 << HOURS_A_DAY) - 1 };

static void search_drop(struct search *search)
{
    arena_drop(&search->chunk);
    arena_drop(&search->hour);
    arena_drop(&search->row);
}

static bool has_words(const struct launch_ask *ask)
{
    return ask->words.name.len || ask->words.sha256.len || ask->words.package.len;
}

/* Keys */

static err_t grant_ask(struct desk *desk, const struct reader *reader, const Keys__Open *boxes,
                       arena_t *arena, Keys__Opened **out_opened)
{
    Keys__GrantOpen in = KEYS__GRANT_OPEN__INIT;
    in.bearer = boxes->bearer;
    in.request = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)reader->under->bytes};
    in.launches = true;
    in.subjects = boxes->subjects;
    in.boxes = boxes->boxes;
    in.n_subjects = in.n_boxes = boxes->n_boxes;
    return keys_ask(desk->channel, &(struct question){ASK_grant_open, &in}, arena, out_opened);
}

static err_t kit_ask(struct desk *desk, const struct reader *reader, const Keys__Open *boxes, arena_t *arena,
                     Keys__Opened **out_opened)
{
    Keys__HeldKit in = KEYS__HELD_KIT__INIT;
    in.tenant = (char *)(uintptr_t)reader->kit->tenant;
    in.kit = (char *)(uintptr_t)reader->kit->kit;
    in.launches = true;
    in.subjects = boxes->subjects;
    in.boxes = boxes->boxes;
    in.n_subjects = in.n_boxes = boxes->n_boxes;
    return keys_ask(desk->channel, &(struct question){ASK_held_kit, &in}, arena, out_opened);
}

static err_t boxes_ask(struct desk *desk, const struct reader *reader, const Keys__Open *boxes,
                       arena_t *arena, Keys__Opened **out_opened)
{
    const struct question own = {reader->held ? ASK_held_launches : ASK_launches_open, boxes};
    Keys__ExportOpen in = KEYS__EXPORT_OPEN__INIT;
    if (reader->kit)
        return kit_ask(desk, reader, boxes, arena, out_opened);
    if (reader->under)
        return grant_ask(desk, reader, boxes, arena, out_opened);
    if (!reader->ticket)
        return keys_ask(desk->channel, &own, arena, out_opened);
    in.ticket = (char *)(uintptr_t)reader->ticket;
    in.launches = true;
    in.subjects = boxes->subjects;
    in.boxes = boxes->boxes;
    in.n_subjects = in.n_boxes = boxes->n_boxes;
    return keys_ask(desk->channel, &(struct question){ASK_export_open, &in}, arena, out_opened);
}

static err_t keys_take(struct opened_chain **chains, size_t count, const Keys__Opened *opened)
{
    if (opened->n_broken)
        return fail(ERR_LOCKED, "the key of a subject's launches does not open its own chain");
    for (size_t i = 0; i < count && i < opened->n_keys; i++) {
        chains[i]->open = opened->keys[i].len != 0;
        if (chains[i]->open)
            TRY(key_from(str_bytes(opened->keys[i].data, opened->keys[i].len), &chains[i]->at));
    }
    return ERR_OK;
}

err_t opened_chains_ask(struct desk *desk, const struct reader *reader, struct opened_chain **chains,
                        size_t count)
{
    Keys__Open in = KEYS__OPEN__INIT;
    Keys__Opened *out = NULL;
    OWN(arena) arena = ARENA(MAX_MEMORY);
    in.bearer = (char *)(uintptr_t)reader->bearer;
    in.subjects = arena_array(&arena, ProtobufCBinaryData, count);
    in.boxes = arena_array(&arena, ProtobufCBinaryData, count);
    in.n_subjects = in.n_boxes = count;
    TRY(arena_end(&arena));
    for (size_t i = 0; i < count; i++) {
        const struct launch_chain *chain = chains[i]->chain;
        in.subjects[i] = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)chain->subject.bytes};
        in.boxes[i] = (ProtobufCBinaryData){chain->box.len, (uint8_t *)(uintptr_t)chain->box.at};
    }
    TRY(boxes_ask(desk, reader, &in, &arena, &out));
    return keys_take(chains, count, out);
}

/* Those of one subject beside each other: its own key is opened once for them. */
static int by_subject(const void *a, const void *b)
{
    const struct opened_chain *const *left = a, *const *right = b;
    return memcmp(&(*left)->chain->subject, &(*right)->chain->subject, sizeof(ident_t));
}

static err_t chains_open_all(struct search *search)
{
    struct opened_chain **order = arena_array(&search->chunk, struct opened_chain *, search->chains.count);
    TRY(arena_end(&search->chunk));
    for (size_t i = 0; i < search->chains.count; i++)
        order[i] = &search->opened[i];
    qsort(order, search->chains.count, sizeof *order, by_subject);
    for (size_t from = 0; from < search->chains.count; from += OPEN_AT_ONCE) {
        size_t left = search->chains.count - from;
        TRY(opened_chains_ask(search->desk, search->reader, order + from,
                              left < OPEN_AT_ONCE ? left : OPEN_AT_ONCE));
    }
    return ERR_OK;
}

/* What sealed the rows of a step: made once, in their order. NULL for one that no chain comes to. */
static const struct key *rows_key(struct opened_chain *chain, int64_t step, arena_t *arena)
{
    if (step < 0 || step >= CHAIN_STEPS)
        return NULL;
    if (!chain->rows)
        chain->rows = arena_array(arena, struct key, CHAIN_STEPS);
    for (; chain->rows && chain->steps <= step; chain->steps++) {
        chain_rows(&chain->at, &chain->rows[chain->steps]);
        chain_forward(&chain->at, 1);
    }
    return chain->rows ? &chain->rows[step] : NULL;
}

static err_t sealed_open(struct opened_chain *chain, const struct opening_row *opening, enum chain_part part,
                         buf_t *out_frame)
{
    const struct launch_row *row = opening->row;
    const struct chain_place place = {opening->realm, launch_concept.number, chain->chain->number, row->hour,
                                      part};
    const struct key *key = rows_key(chain, row->step, opening->keys);
    TRY(arena_end(opening->keys));
    return key ? chain_get(key, &place, row->sealed, out_frame)
               : fail(ERR_LOCKED, "a row that no key of its chain opens");
}

err_t opened_chain_row(struct opened_chain *chain, const struct opening_row *opening,
                       struct launch_list *out_list)
{
    const struct launch_row_is is = {opening->row->hour, chain->chain->subject};
    buf_t frame = arena_buf(opening->arena, opening->row->sealed.len);
    TRY(sealed_open(chain, opening, CHAIN_ROWS, &frame));
    return launch_frame_open(buf_str(&frame), &is, opening->arena, out_list);
}

static struct opening_row opening_of(struct search *search, const struct launch_row *row)
{
    return (struct opening_row){search->reader->realm, row, &search->chunk, &search->hour};
}

/* Digests */

/* What is being folded may have got its digest since the chains were read. */
static uint32_t hours_folding(const struct search *search, int64_t day)
{
    int64_t now = hour_of(search->desk->env->now(search->desk->env)) - day * HOURS_A_DAY;
    return (now >= 0 && now < HOURS_A_DAY ? 1u << now : 0) |
           (now > 0 && now <= HOURS_A_DAY ? 1u << (now - 1) : 0);
}

static err_t digests_ask(struct search *search, struct opened_chain *chain)
{
    str_t rest = chain->chain->digests;
    uint32_t may = hours_folding(search, chain->chain->day);
    for (struct digest_part part; digest_part_next(&rest, &part);) {
        const struct launch_row row = {
            .hour = chain->chain->day * HOURS_A_DAY + part.hour, .step = part.step, .sealed = part.sealed};
        buf_t digest = arena_buf(&search->hour, part.sealed.len);
        const struct opening_row opening = opening_of(search, &row);
        TRY(sealed_open(chain, &opening, CHAIN_DIGEST, &digest));
        if (part.hour < HOURS_A_DAY && launch_digest_may(buf_str(&digest), &search->ask->words))
            may |= 1u << part.hour;
    }
    chain->hours = may;
    return ERR_OK;
}

static err_t digests_ask_all(struct search *search)
{
    for (size_t i = 0; i < search->chains.count; i++) {
        struct opened_chain *chain = &search->opened[i];
        chain->hours = ALL_HOURS;
        arena_clear(&search->hour);
        if (chain->open && has_words(search->ask))
            TRY(digests_ask(search, chain));
    }
    return ERR_OK;
}

/* Days */

struct chunk {
    struct search *search;
    struct launch_span span;
    bool any;
    int64_t last;
    int64_t days;
};

/* As many days as asked for, back from the last one that has any. */
static err_t chunk_read(struct tx *tx, void *with)
{
    struct chunk *chunk = with;
    struct launch_span span = chunk->span;
    TRY(launch_last_day(tx, &span, &chunk->any, &chunk->last));
    if (!chunk->any)
        return ERR_OK;
    span.until = chunk->last;
    if (span.from < chunk->last - chunk->days + 1)
        span.from = chunk->last - chunk->days + 1;
    TRY(launch_segment_hours(tx, &chunk->search->chunk, &chunk->search->segments));
    return launch_chains(tx, &span, &chunk->search->chunk, &chunk->search->chains);
}

static int by_number(const void *a, const void *b)
{
    const struct launch_chain *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

/* An account's launches are sealed to it, or, a system account's, to its device. */
static bool is_wanted(const struct launch_ask *ask, const struct launch_chain *chain)
{
    return !ask->account || ident_eq(chain->subject, *ask->account) ||
           ident_eq(chain->subject, chain->device);
}

static err_t chunk_open(struct search *search)
{
    struct launch_chains *chains = &search->chains;
    size_t kept = 0;
    for (size_t i = 0; i < chains->count; i++)
        if (is_wanted(search->ask, &chains->at[i]))
            chains->at[kept++] = chains->at[i];
    chains->count = kept;
    if (kept)
        qsort(chains->at, kept, sizeof *chains->at, by_number);
    search->opened = arena_array(&search->chunk, struct opened_chain, kept);
    TRY(arena_end(&search->chunk));
    for (size_t i = 0; i < kept; i++)
        search->opened[i].chain = &chains->at[i];
    TRY(chains_open_all(search));
    return digests_ask_all(search);
}

static err_t chunk_search(struct search *search, const struct chunk *chunk)
{
    int64_t first = chunk->last - chunk->days + 1, from = search->ask->from / HOURS(1);
    int64_t hour = chunk->last * HOURS_A_DAY + HOURS_A_DAY - 1;
    int64_t last = first * HOURS_A_DAY > from ? first * HOURS_A_DAY : from;
    if (search->ask->after.hour && hour > search->ask->after.hour)
        hour = search->ask->after.hour;
    if (search->ask->until && hour > search->ask->until / HOURS(1))
        hour = search->ask->until / HOURS(1);
    TRY(chunk_open(search));
    for (; hour >= last && !search->ended; hour--)
        TRY(hour_search(search, hour));
    return ERR_OK;
}

static struct launch_span span_of(const struct search *search)
{
    const struct launch_ask *ask = search->ask;
    int64_t until = ask->until ? ask->until / DAYS(1) : INT64_MAX / HOURS_A_DAY - 1;
    if (ask->after.hour && ask->after.hour / HOURS_A_DAY < until)
        until = ask->after.hour / HOURS_A_DAY;
    return (struct launch_span){ask->device, ask->from / DAYS(1), until};
}

/* Twice as many the next time, unless their chains would be too many to hold. */
static int64_t days_next(int64_t days, size_t chains)
{
    if (chains > CHUNK_CHAINS && days > 1)
        return days / 2;
    return chains <= CHUNK_CHAINS / 2 && days < CHUNK_DAYS ? days * 2 : days;
}

/* The first day by itself: a page of the newest needs no more. Then more and more at once, since a subject's own key is
 * opened once for all of them. */
static err_t days_search(struct search *search)
{
    struct chunk chunk = {.search = search, .span = span_of(search), .days = 1};
    while (!search->ended && chunk.span.until >= chunk.span.from) {
        arena_clear(&search->chunk);
        TRY(store_read(search->desk->store, search->reader->tenant, chunk_read, &chunk));
        if (!chunk.any)
            return ERR_OK;
        TRY(chunk_search(search, &chunk));
        chunk.span.until = chunk.last - chunk.days;
        chunk.days = days_next(chunk.days, search->chains.count);
    }
    return ERR_OK;
}

err_t launches_search(struct desk *desk, const struct reader *reader, const struct launch_ask *ask,
                      const struct launch_sink *sink, struct launch_cursor *out_next)
{
    OWN(search)
    search = {.desk = desk,
              .reader = reader,
              .ask = ask,
              .sink = sink,
              .chunk = ARENA(MAX_MEMORY),
              .hour = ARENA(MAX_MEMORY),
              .row = ARENA(MAX_MEMORY)};
    TRY(days_search(&search));
    *out_next = search.next;
    return ERR_OK;
}
