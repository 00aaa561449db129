/* SPDX-License-Identifier: Apache-2.0 */
#include "retain/facts.h"

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static err_t held_read(const Keys__Held *in, arena_t *arena, idents_t *out_held)
{
    *out_held = (idents_t){.at = arena_array(arena, ident_t, in->n_subjects)};
    TRY(arena_end(arena));
    for (size_t i = 0; i < in->n_subjects; i++)
        TRY(ident_from(str_bytes(in->subjects[i].data, in->subjects[i].len),
                       &out_held->at[out_held->count++]));
    if (out_held->count)
        qsort(out_held->at, out_held->count, sizeof(ident_t), by_bytes);
    return ERR_OK;
}

err_t retain_terms_read(const Keys__Retention *in, arena_t *arena, struct retain_terms *out_terms)
{
    struct retain_terms terms = {.capacity = in->capacity, .waits = in->waits, .change = in->change};
    if (in->level < 0 || in->level >= LEVEL_COUNT)
        return fail(ERR_BROKEN, "a warning that there is not");
    terms.level = (enum retain_level)in->level;
    for (size_t i = 0; i < in->n_ages; i++)
        for (int kind = 0; kind < WEIGHT_COUNT; kind++)
            if (!strcmp(weight_name((enum weight)kind), in->ages[i]->kind))
                terms.ages[kind] = (struct retain_ages){in->ages[i]->least, in->ages[i]->most};
    terms.all_held = in->held && in->held->whole;
    if (in->held)
        TRY(held_read(in->held, arena, &terms.held));
    *out_terms = terms;
    return ERR_OK;
}

/* Of days that are over: the day under way is not a whole one. */
static int64_t growth_of(const struct retain_look *look, enum weight kind)
{
    size_t first = 0, count = 0;
    for (size_t i = 0; i < look->usage.count; i++) {
        const struct usage *sample = &look->usage.at[i];
        bool counts = str_eq(sample->kind, str(weight_name(kind))) && sample->day < look->today &&
                      sample->day >= look->today - RATE_DAYS;
        if (!counts)
            continue;
        first = count ? first : i;
        count++;
    }
    return count ? retain_growth(&look->usage.at[first], count) : 0;
}

err_t retain_look_act(struct tx *tx, void *with)
{
    struct retain_look *look = with;
    struct retain_facts facts = {.capacity = look->terms->capacity, .today = look->today};
    TRY(weights_read(tx, &look->weights));
    TRY(usage_list(tx, look->today - HISTORY_DAYS, look->arena, &look->usage));
    for (int kind = 0; kind < WEIGHT_COUNT; kind++) {
        facts.used[kind] = look->weights.bytes[kind];
        facts.growth[kind] = growth_of(look, (enum weight)kind);
        facts.oldest[kind] = NO_DAY;
        facts.ages[kind] = look->terms->ages[kind];
    }
    look->facts = facts;
    if (look->terms->all_held)
        return ERR_OK;
    TRY(videos_oldest(tx, &look->terms->held, &look->facts.oldest[WEIGHS_VIDEOS]));
    return launches_oldest(tx, &look->terms->held, &look->facts.oldest[WEIGHS_LAUNCHES]);
}
