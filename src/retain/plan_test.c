/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes when, over random worlds of things that are kept.
 */
#include "retain/plan.h"

#include "test/test.h"

enum { WORLDS = 20000, THINGS = 40, TODAY = 20000, GIB = 1024 };

struct thing {
    enum weight kind;
    int64_t day, bytes;
    bool held, gone;
};

struct kept {
    struct thing things[THINGS * 100];
    size_t count;
    int64_t capacity, today, growth[WEIGHT_COUNT];
    struct retain_ages ages[WEIGHT_COUNT];
};

static uint64_t seed = 88172645463325252U;
static int64_t drawn(int64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)below);
}

static struct retain_facts facts_of(const struct kept *kept)
{
    struct retain_facts facts = {.capacity = kept->capacity, .today = kept->today};
    for (int kind = 0; kind < WEIGHT_COUNT; kind++) {
        facts.oldest[kind] = NO_DAY;
        facts.ages[kind] = kept->ages[kind];
        facts.growth[kind] = kept->growth[kind];
    }
    for (size_t i = 0; i < kept->count; i++) {
        const struct thing *thing = &kept->things[i];
        if (thing->gone)
            continue;
        int64_t *oldest = &facts.oldest[thing->kind];
        facts.used[thing->kind] += thing->bytes;
        if (!thing->held && (*oldest == NO_DAY || thing->day < *oldest))
            *oldest = thing->day;
    }
    return facts;
}

static struct retain_ages ages_drawn(void)
{
    struct retain_ages ages = {.least = drawn(3) ? drawn(40) : 0};
    ages.most = drawn(3) ? 0 : ages.least + 1 + drawn(60);
    return ages;
}

static void kept_draw(struct kept *kept)
{
    *kept = (struct kept){
        .today = TODAY, .count = 1 + (size_t)drawn(THINGS), .capacity = drawn(4) ? 1 + drawn(5 * GIB) : 0};
    for (size_t i = 0; i < kept->count; i++)
        kept->things[i] = (struct thing){(enum weight)drawn(WEIGHT_COUNT), TODAY - drawn(90), 1 + drawn(GIB),
                                         !drawn(8), false};
    for (int i = 0; i < RETAIN_KINDS; i++)
        kept->ages[retain_kinds[i]] = ages_drawn();
}

/* The oldest that an order names: what carries it out takes one after the other. */
static struct thing *thing_ordered(struct kept *kept, const struct retain_order *order)
{
    struct thing *oldest = NULL;
    for (size_t i = 0; i < kept->count; i++) {
        struct thing *thing = &kept->things[i];
        if (thing->gone || thing->held || thing->kind != order->kind || thing->day >= order->before)
            continue;
        if (!oldest || thing->day < oldest->day)
            oldest = thing;
    }
    return oldest;
}

static bool may_go(const struct kept *kept, const struct thing *thing)
{
    bool goes = thing->kind == WEIGHS_VIDEOS || thing->kind == WEIGHS_LAUNCHES;
    return goes && !thing->held && !thing->gone && thing->day < kept->today - kept->ages[thing->kind].least;
}

/* Each one that goes for capacity was needed, may go, and was preceded by every video that may. */
static bool rightly(const struct kept *kept, const struct retain_order *order, const struct thing *goes)
{
    struct retain_facts facts = facts_of(kept);
    if (!may_go(kept, goes))
        return false;
    if (order->why == WHY_AGE)
        return kept->ages[goes->kind].most && goes->day < kept->today - kept->ages[goes->kind].most;
    for (size_t i = 0; i < kept->count; i++) {
        const struct thing *other = &kept->things[i];
        bool before = other->kind == goes->kind ? other->day < goes->day : other->kind == WEIGHS_VIDEOS;
        if (before && may_go(kept, other))
            return false;
    }
    return kept->capacity && retain_used(&facts) > kept->capacity;
}

static bool settled(struct kept *kept)
{
    struct retain_order order;
    for (struct retain_facts facts = facts_of(kept); retain_next(&facts, &order); facts = facts_of(kept)) {
        struct thing *goes = thing_ordered(kept, &order);
        if (!goes || !rightly(kept, &order, goes))
            return false;
        goes->gone = true;
    }
    return true;
}

TEST(what_goes_is_the_oldest_that_may_and_no_more_than_is_needed)
{
    static struct kept kept;
    for (int world = 0; world < WORLDS; world++) {
        kept_draw(&kept);
        CHECK(settled(&kept));
    }
}

TEST(afterwards_it_fits_or_nothing_more_may_go_and_nothing_is_too_old)
{
    static struct kept kept;
    for (int world = 0; world < WORLDS; world++) {
        kept_draw(&kept);
        CHECK(settled(&kept));
        struct retain_facts facts = facts_of(&kept);
        bool over = kept.capacity && retain_used(&facts) > kept.capacity;
        CHECK((retain_level(&facts, LEVEL_NONE) == LEVEL_STUCK) == over);
        for (size_t i = 0; i < kept.count; i++) {
            const struct thing *thing = &kept.things[i];
            int64_t most = kept.ages[thing->kind].most;
            CHECK(!over || !may_go(&kept, thing));
            CHECK(!most || thing->gone || thing->held || kept.today - thing->day <= most);
        }
    }
}

/* A day later, with what comes in a day. */
static void day_passes(struct kept *kept)
{
    for (int kind = 0; kind < WEIGHT_COUNT; kind++)
        if (kept->growth[kind])
            kept->things[kept->count++] =
                (struct thing){(enum weight)kind, kept->today, kept->growth[kind], false, false};
    kept->today++;
}

TEST(what_is_forecast_comes_true_on_its_day_if_every_day_is_as_today)
{
    static struct kept kept;
    struct retain_order order;
    for (int world = 0; world < WORLDS / 10; world++) {
        kept_draw(&kept);
        for (int kind = 0; kind < WEIGHT_COUNT; kind++)
            kept.growth[kind] = drawn(2) ? 0 : 1 + drawn(GIB / 2);
        struct retain_facts facts = facts_of(&kept);
        struct retain_forecast forecast = retain_forecast(&facts);
        while (kept.today < TODAY + 200 && !retain_next(&facts, &order)) {
            bool over = kept.capacity && retain_used(&facts) > kept.capacity;
            CHECK(!over || (forecast.stuck && forecast.full <= kept.today));
            day_passes(&kept);
            facts = facts_of(&kept);
        }
        if (kept.today >= TODAY + 200)
            continue;
        const struct thing *goes = thing_ordered(&kept, &order);
        CHECK(goes && !goes->held);
        CHECK(forecast.any && forecast.day == kept.today);
        CHECK(forecast.kind == order.kind && forecast.why == order.why);
        CHECK(kept.today - goes->day > forecast.older);
        CHECK(order.why == WHY_AGE || kept.today - goes->day == forecast.older + 1);
    }
}

static struct retain_facts used_of(int64_t used)
{
    struct retain_facts facts = {.capacity = 1000, .today = TODAY};
    for (int kind = 0; kind < WEIGHT_COUNT; kind++)
        facts.oldest[kind] = NO_DAY;
    facts.used[WEIGHS_INVENTORY] = used;
    return facts;
}

TEST(a_warning_is_given_once_a_crossing)
{
    static const struct {
        int64_t used;
        enum retain_level then;
    } steps[] = {{799, LEVEL_NONE},  {800, LEVEL_80}, {799, LEVEL_80}, {750, LEVEL_80},  {749, LEVEL_NONE},
                 {905, LEVEL_90},    {850, LEVEL_90}, {849, LEVEL_80}, {1000, LEVEL_90}, {1001, LEVEL_STUCK},
                 {960, LEVEL_STUCK}, {949, LEVEL_90}, {0, LEVEL_NONE}};
    enum retain_level level = LEVEL_NONE;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct retain_facts facts = used_of(steps[i].used);
        level = retain_level(&facts, level);
        CHECK(level == steps[i].then);
    }
}

TEST(without_a_capacity_nothing_goes_but_by_age_and_nothing_is_warned_of)
{
    struct retain_order order;
    struct retain_facts facts = used_of(INT64_MAX / 4);
    facts.capacity = 0;
    facts.oldest[WEIGHS_LAUNCHES] = TODAY - 31;
    CHECK(!retain_next(&facts, &order));
    CHECK(retain_level(&facts, LEVEL_90) == LEVEL_NONE);
    CHECK(!retain_forecast(&facts).any);
    facts.ages[WEIGHS_LAUNCHES].most = 30;
    CHECK(retain_next(&facts, &order));
    CHECK(order.kind == WEIGHS_LAUNCHES && order.why == WHY_AGE && order.before == TODAY - 30);
}

TEST(videos_older_than_41_days_go_on_the_day_the_room_is_gone)
{
    struct retain_facts facts = used_of(0);
    facts.used[WEIGHS_VIDEOS] = 910;
    facts.growth[WEIGHS_VIDEOS] = 10;
    facts.oldest[WEIGHS_VIDEOS] = TODAY - 32;
    struct retain_forecast forecast = retain_forecast(&facts);
    CHECK(forecast.any && forecast.why == WHY_CAPACITY && forecast.kind == WEIGHS_VIDEOS);
    CHECK(forecast.day == TODAY + 10 && forecast.older == 41);
    facts.ages[WEIGHS_VIDEOS].least = 42;
    forecast = retain_forecast(&facts);
    CHECK(forecast.stuck && forecast.full == TODAY + 10 && forecast.day == TODAY + 11);
}

TEST(the_rate_is_what_comes_in_a_day_though_as_much_goes_for_capacity)
{
    const struct usage samples[] = {{.day = 1, .bytes = 1000, .went_capacity = 500},
                                    {.day = 2, .bytes = 1010, .went_age = 7, .went_capacity = 90},
                                    {.day = 5, .bytes = 1000, .went_capacity = 310}};
    CHECK(retain_growth(samples, 3) == 100);
    CHECK(retain_growth(samples, 1) == 0);
    CHECK(retain_growth(&samples[1], 2) == 100);
}

TESTS(what_goes_is_the_oldest_that_may_and_no_more_than_is_needed,
      afterwards_it_fits_or_nothing_more_may_go_and_nothing_is_too_old,
      what_is_forecast_comes_true_on_its_day_if_every_day_is_as_today, a_warning_is_given_once_a_crossing,
      without_a_capacity_nothing_goes_but_by_age_and_nothing_is_warned_of,
      videos_older_than_41_days_go_on_the_day_the_room_is_gone,
      the_rate_is_what_comes_in_a_day_though_as_much_goes_for_capacity)
