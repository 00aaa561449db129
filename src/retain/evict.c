/* SPDX-License-Identifier: Apache-2.0 */
#include "retain/evict.h"

#include "retain/copies.h"

/* One turn, and the order that is being carried out. */
struct turn {
    const struct retainer *retainer;
    ident_t tenant;
    arena_t *arena;
    struct retain_terms terms;
    struct retain_look look;
    struct retain_order order;
    moment_t
        now; /* as it was when it was asked whether the clock is believed: one that jumps after that makes nothing old */
    int64_t day; /* of what goes */
    ident_t ids[EVICT_MOST];
    struct evicted gone;
};

static err_t look(struct turn *turn)
{
    const struct retainer *retainer = turn->retainer;
    turn->now = retainer->env->now(retainer->env);
    TRY(retainer->terms(retainer->with, turn->tenant, turn->arena, &turn->terms));
    turn->look =
        (struct retain_look){.terms = &turn->terms, .today = turn->now / DAYS(1), .arena = turn->arena};
    return store_read(retainer->store, turn->tenant, retain_look_act, &turn->look);
}

static err_t went_note(struct tx *tx, const struct turn *turn)
{
    bool by_age = turn->order.why == WHY_AGE;
    const char *kind = weight_name(turn->order.kind);
    TRY(usage_went(tx, &(struct usage){.day = turn->look.today,
                                       .kind = str(kind),
                                       .went = turn->gone.count,
                                       .went_age = by_age ? turn->gone.bytes : 0,
                                       .went_capacity = by_age ? 0 : turn->gone.bytes}));
    return tell(tx, &(struct telling){.act = ACT_DATA_EVICTED,
                                      .at = turn->now,
                                      .count = turn->gone.count,
                                      .kind = kind,
                                      .day = turn->day});
}

static err_t evict_act(struct tx *tx, void *with)
{
    struct turn *turn = with;
    const struct evict_ask ask = {.day = turn->day, .held = &turn->terms.held, .bytes = turn->order.bytes};
    if (turn->order.kind == WEIGHS_VIDEOS)
        TRY(videos_evict(tx, &ask, turn->ids, &turn->gone));
    else
        TRY(launches_evict(tx, &ask, &turn->gone));
    return turn->gone.count || turn->gone.bytes ? went_note(tx, turn) : ERR_OK;
}

/* One that is not there any more is as wanted. */
static err_t files_remove(const struct turn *turn)
{
    bool videos = turn->order.kind == WEIGHS_VIDEOS;
    for (int64_t i = 0; videos && i < turn->gone.count; i++) {
        err_t removed = blob_file_remove(turn->retainer->store, turn->tenant, turn->ids[i]);
        if (removed != ERR_OK && removed != ERR_MISSING)
            return removed;
    }
    return ERR_OK;
}

/* A day of launches that has begun to go is finished before the plan is asked again. */
static bool order_next(struct turn *turn)
{
    if (turn->gone.more && turn->order.kind == WEIGHS_LAUNCHES)
        return true;
    bool any = retain_next(&turn->look.facts, &turn->order);
    turn->day = any ? turn->look.facts.oldest[turn->order.kind] : NO_DAY;
    return any;
}

static err_t evict(struct turn *turn, struct retained *out_turn)
{
    for (int acts = 0;; acts++) {
        arena_clear(turn->arena);
        TRY(look(turn));
        if (turn->terms.waits || !order_next(turn))
            return ERR_OK;
        out_turn->more = acts == RETAIN_ACTS;
        if (out_turn->more)
            return ERR_OK;
        turn->gone = (struct evicted){0};
        TRY(store_write(turn->retainer->store, turn->tenant, evict_act, turn));
        TRY(files_remove(turn));
        out_turn->went += turn->gone.count;
    }
}

/* What the day's sample says. */
struct sample {
    int64_t day;
    struct copies copies;
};

static err_t sample_act(struct tx *tx, void *with)
{
    const struct sample *sample = with;
    struct weights weights;
    TRY(weights_read(tx, &weights));
    for (int kind = 0; kind < WEIGHT_COUNT; kind++)
        TRY(usage_sample(tx, &(struct usage){.day = sample->day,
                                             .kind = str(weight_name((enum weight)kind)),
                                             .rows = weights.rows[kind],
                                             .bytes = weights.bytes[kind]}));
    TRY(usage_sample(tx, &(struct usage){.day = sample->day,
                                         .kind = STR(USAGE_SNAPSHOTS),
                                         .rows = sample->copies.files,
                                         .bytes = sample->copies.bytes}));
    TRY(usage_sample(tx, &(struct usage){.day = sample->day,
                                         .kind = STR(USAGE_GONE),
                                         .rows = sample->copies.gone,
                                         .bytes = sample->copies.gone_bytes}));
    return usage_forget(tx, sample->day - HISTORY_DAYS);
}

static err_t sample(const struct turn *turn)
{
    struct sample sample = {.day = turn->look.today};
    const struct retainer *retainer = turn->retainer;
    TRY(copies_measure(retainer->store, retainer->snapshots, turn->tenant, &sample.copies));
    return store_write(retainer->store, turn->tenant, sample_act, &sample);
}

/* Accounts and a count anew, of one moment. */
struct recount {
    int64_t day;
    moment_t at;
    int64_t rows, bytes;
};

static err_t recount_act(struct tx *tx, void *with)
{
    struct recount *recount = with;
    struct weights accounts, counted;
    TRY(weights_read(tx, &accounts));
    TRY(weights_count(tx, &counted));
    for (int kind = 0; kind < WEIGHT_COUNT; kind++) {
        recount->rows += llabs(accounts.rows[kind] - counted.rows[kind]);
        recount->bytes += llabs(accounts.bytes[kind] - counted.bytes[kind]);
    }
    return ERR_OK;
}

static err_t recounted_act(struct tx *tx, void *with)
{
    const struct recount *recount = with;
    TRY(usage_sample(tx, &(struct usage){.day = recount->day,
                                         .kind = STR(USAGE_RECOUNT),
                                         .rows = recount->rows,
                                         .bytes = recount->bytes}));
    return recount->rows || recount->bytes ? tell(tx, &(struct telling){.act = ACT_STORAGE_DIFFERS,
                                                                        .at = recount->at,
                                                                        .count = recount->bytes})
                                           : ERR_OK;
}

static bool was_counted(const struct turn *turn)
{
    for (size_t i = 0; i < turn->look.usage.count; i++)
        if (str_eq(turn->look.usage.at[i].kind, STR(USAGE_RECOUNT)) &&
            turn->look.usage.at[i].day == turn->look.today)
            return true;
    return false;
}

/* With the first turn of a day; what a crash left of removed videos goes then too. */
static err_t recount(const struct turn *turn)
{
    size_t swept = 0;
    struct recount recount = {.day = turn->look.today, .at = turn->now};
    if (was_counted(turn))
        return ERR_OK;
    TRY(store_read(turn->retainer->store, turn->tenant, recount_act, &recount));
    TRY(store_write(turn->retainer->store, turn->tenant, recounted_act, &recount));
    return blobs_sweep(turn->retainer->store, turn->tenant, turn->now, &swept);
}

static int64_t went_on(const struct turn *turn, int64_t day)
{
    int64_t went = 0;
    for (size_t i = 0; i < turn->look.usage.count; i++)
        if (turn->look.usage.at[i].day == day)
            went += turn->look.usage.at[i].went;
    return went;
}

err_t retain_turn(const struct retainer *retainer, ident_t tenant, arena_t *arena, struct retained *out_turn)
{
    struct turn turn = {.retainer = retainer, .tenant = tenant, .arena = arena};
    struct retained retained = {0};
    TRY(evict(&turn, &retained));
    if (!turn.terms.waits) {
        TRY(sample(&turn));
        TRY(recount(&turn));
    }
    retained.level = retain_level(&turn.look.facts, turn.terms.level);
    retained.change = turn.terms.change;
    retained.day = turn.look.today - 1;
    retained.went_then = went_on(&turn, retained.day);
    *out_turn = retained;
    const struct carrier carrier = {retainer->store, 0, NULL, retainer->carry, retainer->with};
    return tell_carry_by(&carrier, tenant, arena);
}
