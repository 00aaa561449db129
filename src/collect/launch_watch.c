/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/launch_watch.h"

#include "base/limits.h"
#include "collect/_launches.h"

void watch_drop(struct watch *watch) { arena_drop(&watch->arena); }

static err_t begin_act(struct tx *tx, void *with)
{
    struct watch *watch = with;
    return launch_segments_last(tx, &watch->seq);
}

err_t watch_begin(struct watch *watch, struct desk *desk, const struct reader *reader)
{
    *watch = (struct watch){.desk = desk, .reader = reader, .arena = ARENA(MAX_MEMORY)};
    return store_read(desk->store, reader->tenant, begin_act, watch);
}

/* One turn: the new segments, and the chains of their days. */
struct turn {
    struct watch *watch;
    const struct launch_ask *ask;
    arena_t arena;
    struct launch_rows rows;
    struct launch_chains chains;
};
typedef struct turn turn_own;
static void turn_drop(struct turn *turn) { arena_drop(&turn->arena); }

static struct opened_chain *known(const struct watch *watch, int64_t number)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->chains[i]->chain->number == number)
            return watch->chains[i];
    return NULL;
}

static bool is_new(const struct turn *turn)
{
    for (size_t i = 0; i < turn->rows.count; i++)
        if (!known(turn->watch, turn->rows.at[i].number))
            return true;
    return false;
}

static err_t turn_read(struct tx *tx, void *with)
{
    struct turn *turn = with;
    struct launch_span span = {.device = turn->ask->device, .from = INT64_MAX};
    TRY(launch_segments_since(tx, turn->watch->seq, WATCHED_AT_ONCE, &turn->arena, &turn->rows));
    for (size_t i = 0; i < turn->rows.count; i++) {
        int64_t day = turn->rows.at[i].hour / HOURS_A_DAY;
        span.from = day < span.from ? day : span.from;
        span.until = day > span.until ? day : span.until;
    }
    return is_new(turn) ? launch_chains(tx, &span, &turn->arena, &turn->chains) : ERR_OK;
}

static err_t chain_keep(struct watch *watch, const struct launch_chain *chain)
{
    struct opened_chain *opened = arena_new(&watch->arena, struct opened_chain);
    struct launch_chain *kept = arena_new(&watch->arena, struct launch_chain);
    if (watch->count == watch->room) {
        size_t room = watch->room ? watch->room * 2 : 64;
        struct opened_chain **more = arena_array(&watch->arena, struct opened_chain *, room);
        TRY(arena_end(&watch->arena));
        if (watch->count)
            memcpy(more, watch->chains, watch->count * sizeof(struct opened_chain *));
        watch->chains = more;
        watch->room = room;
    }
    TRY(arena_end(&watch->arena));
    *kept = *chain;
    kept->box = arena_copy(&watch->arena, chain->box);
    kept->digests = (str_t){0};
    opened->chain = kept;
    watch->chains[watch->count++] = opened;
    return arena_end(&watch->arena);
}

static bool has_rows(const struct turn *turn, int64_t number)
{
    for (size_t i = 0; i < turn->rows.count; i++)
        if (turn->rows.at[i].number == number)
            return true;
    return false;
}

static err_t chains_open_new(struct turn *turn)
{
    struct watch *watch = turn->watch;
    size_t before = watch->count;
    for (size_t i = 0; i < turn->chains.count; i++) {
        const struct launch_chain *chain = &turn->chains.at[i];
        if (has_rows(turn, chain->number) && !known(watch, chain->number))
            TRY(chain_keep(watch, chain));
    }
    return watch->count > before
               ? opened_chains_ask(watch->desk, watch->reader, watch->chains + before, watch->count - before)
               : ERR_OK;
}

/* False in `out_on` once nobody looks any more. */
static err_t row_give(struct turn *turn, const struct launch_row *row, const struct launch_sink *sink,
                      bool *out_on)
{
    struct watch *watch = turn->watch;
    struct opened_chain *chain = known(watch, row->number);
    const struct opening_row opening = {watch->reader->realm, row, &watch->arena, &turn->arena};
    struct launch_list list;
    *out_on = true;
    if (!chain || !chain->open)
        return ERR_OK;
    TRY(opened_chain_row(chain, &opening, &list));
    for (struct launch launch; *out_on && launch_next(&list, &launch);) {
        const struct launch_found found = {chain->chain->device,
                                           ident_eq(chain->chain->device, chain->chain->subject), &launch,
                                           chain->chain->subject};
        *out_on = !launch_fits(turn->ask, &launch) || sink->found(sink->with, &found);
    }
    return ERR_OK;
}

err_t watch_turn(struct watch *watch, const struct launch_ask *ask, const struct launch_sink *sink)
{
    OWN(turn) turn = {.watch = watch, .ask = ask, .arena = ARENA(MAX_MEMORY)};
    bool on = true;
    TRY(store_read(watch->desk->store, watch->reader->tenant, turn_read, &turn));
    TRY(chains_open_new(&turn));
    for (size_t i = 0; on && i < turn.rows.count; i++) {
        watch->seq = turn.rows.at[i].seq;
        TRY(row_give(&turn, &turn.rows.at[i], sink, &on));
    }
    return ERR_OK;
}
