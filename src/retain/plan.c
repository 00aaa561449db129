/* SPDX-License-Identifier: Apache-2.0 */
#include "retain/plan.h"

enum { MARGIN = 5, MARK_80 = 80, MARK_90 = 90, MARK_FULL = 100 };

const enum weight retain_kinds[RETAIN_KINDS] = {WEIGHS_VIDEOS, WEIGHS_LAUNCHES};

int64_t retain_used(const struct retain_facts *facts)
{
    int64_t used = 0;
    for (int kind = 0; kind < WEIGHT_COUNT; kind++)
        used += facts->used[kind];
    return used;
}

static int64_t growth_of(const struct retain_facts *facts)
{
    int64_t growth = 0;
    for (int kind = 0; kind < WEIGHT_COUNT; kind++)
        growth += facts->growth[kind];
    return growth;
}

static bool older_than(const struct retain_facts *facts, enum weight kind, int64_t days)
{
    return facts->oldest[kind] != NO_DAY && facts->oldest[kind] < facts->today - days;
}

static bool next_by_age(const struct retain_facts *facts, struct retain_order *out_order)
{
    for (int i = 0; i < RETAIN_KINDS; i++) {
        enum weight kind = retain_kinds[i];
        int64_t most = facts->ages[kind].most;
        if (!most || !older_than(facts, kind, most))
            continue;
        *out_order = (struct retain_order){kind, WHY_AGE, facts->today - most, INT64_MAX};
        return true;
    }
    return false;
}

static bool next_by_capacity(const struct retain_facts *facts, struct retain_order *out_order)
{
    int64_t over = retain_used(facts) - facts->capacity;
    if (!facts->capacity || over <= 0)
        return false;
    for (int i = 0; i < RETAIN_KINDS; i++) {
        enum weight kind = retain_kinds[i];
        int64_t least = facts->ages[kind].least;
        if (!older_than(facts, kind, least))
            continue;
        *out_order = (struct retain_order){kind, WHY_CAPACITY, facts->today - least, over};
        return true;
    }
    return false;
}

bool retain_next(const struct retain_facts *facts, struct retain_order *out_order)
{
    return next_by_age(facts, out_order) || next_by_capacity(facts, out_order);
}

static bool past(const struct retain_facts *facts, int64_t percent)
{
    return (double)retain_used(facts) * 100 >= (double)facts->capacity * (double)percent;
}

static bool is_stuck(const struct retain_facts *facts)
{
    struct retain_order order;
    return retain_used(facts) > facts->capacity && !retain_next(facts, &order);
}

enum retain_level retain_level(const struct retain_facts *facts, enum retain_level stands)
{
    if (!facts->capacity)
        return LEVEL_NONE;
    if (is_stuck(facts) || (stands == LEVEL_STUCK && past(facts, MARK_FULL - MARGIN)))
        return LEVEL_STUCK;
    if (past(facts, MARK_90) || (stands >= LEVEL_90 && past(facts, MARK_90 - MARGIN)))
        return LEVEL_90;
    if (past(facts, MARK_80) || (stands >= LEVEL_80 && past(facts, MARK_80 - MARGIN)))
        return LEVEL_80;
    return LEVEL_NONE;
}

/* The first day on which more is kept than the capacity. */
static int64_t full_on(const struct retain_facts *facts)
{
    int64_t room = facts->capacity - retain_used(facts), growth = growth_of(facts);
    if (!facts->capacity)
        return NO_DAY;
    if (room < 0)
        return facts->today;
    if (growth <= 0 || room / growth >= FORESEEN)
        return NO_DAY;
    return facts->today + room / growth + 1;
}

/* Of a kind that is not there yet, but comes each day, the first comes today. */
static int64_t oldest_of(const struct retain_facts *facts, enum weight kind)
{
    return facts->oldest[kind] == NO_DAY && facts->growth[kind] > 0 ? facts->today : facts->oldest[kind];
}

static void sooner(struct retain_forecast *next, const struct retain_forecast *other)
{
    if (!next->any || other->day < next->day)
        *next = *other;
}

static struct retain_forecast by_age(const struct retain_facts *facts)
{
    struct retain_forecast next = {.full = NO_DAY, .why = WHY_AGE};
    for (int i = 0; i < RETAIN_KINDS; i++) {
        enum weight kind = retain_kinds[i];
        int64_t most = facts->ages[kind].most, oldest = oldest_of(facts, kind), day = oldest + most + 1;
        if (most && oldest != NO_DAY)
            sooner(&next, &(struct retain_forecast){.any = true,
                                                    .kind = kind,
                                                    .why = WHY_AGE,
                                                    .older = most,
                                                    .day = day > facts->today ? day : facts->today});
    }
    return next;
}

/* From the day on which the room is gone, the first thing that is older than its minimum goes. */
static struct retain_forecast by_capacity(const struct retain_facts *facts)
{
    struct retain_forecast next = {.full = full_on(facts), .why = WHY_CAPACITY};
    int64_t full = next.full;
    for (int i = 0; full != NO_DAY && i < RETAIN_KINDS; i++) {
        enum weight kind = retain_kinds[i];
        const struct retain_ages *ages = &facts->ages[kind];
        int64_t oldest = oldest_of(facts, kind);
        if (oldest == NO_DAY)
            continue;
        if (ages->most && oldest < full - ages->most)
            oldest = full - ages->most;
        int64_t day = oldest + ages->least + 1 > full ? oldest + ages->least + 1 : full;
        sooner(&next, &(struct retain_forecast){.any = true,
                                                .kind = kind,
                                                .why = WHY_CAPACITY,
                                                .full = full,
                                                .day = day,
                                                .older = day - oldest - 1});
    }
    next.stuck = full != NO_DAY && (!next.any || next.day > full);
    return next;
}

struct retain_forecast retain_forecast(const struct retain_facts *facts)
{
    struct retain_forecast age = by_age(facts), capacity = by_capacity(facts);
    if (!age.any || (capacity.any && capacity.day < age.day))
        return capacity;
    age.full = capacity.full;
    age.stuck = capacity.stuck;
    return age;
}

int64_t retain_growth(const struct usage *samples, size_t count)
{
    if (count < 2)
        return 0;
    const struct usage *first = &samples[0], *last = &samples[count - 1];
    int64_t came = last->bytes - first->bytes, days = last->day - first->day;
    for (size_t i = 1; i < count; i++)
        came += samples[i].went_capacity;
    return days > 0 && came > 0 ? came / days : 0;
}
