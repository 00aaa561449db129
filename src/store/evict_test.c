/* SPDX-License-Identifier: Apache-2.0
 *
 * The oldest goes whole, what is held stays, and the accounts are right afterwards.
 */
#include "store/evict.h"

#include "store/places.h"
#include "store/usage.h"
#include "sys/env_virtual.h"
#include "test/test.h"

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};
static const idents_t nobody;

struct given {
    struct world world;
    struct store *store;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    store_drop(&given->store);
    world_drop(&given->world);
}

static err_t given_a_store(struct given *given)
{
    world_open(&given->world, 5);
    TRY(store_open(&given->world.env, test_folder(), &given->store));
    return store_tenant_put(given->store, &tenant);
}

static ident_t numbered(uint8_t number) { return (ident_t){{number}}; }

/* A chain of a device and a day with two rows and a segment, of ten launches each. */
struct put {
    uint8_t device;
    int64_t day, number;
};

static err_t put_act(struct tx *tx, void *with)
{
    const struct put *put = with;
    const struct launch_chain chain = {.number = put->number,
                                       .day = put->day,
                                       .device = numbered(put->device),
                                       .subject = numbered((uint8_t)(put->device + 100)),
                                       .box = STR("a box")};
    struct launch_row row = {
        .hour = put->day * HOURS_A_DAY + 3, .counts = {1, 2, 3, 4}, .sealed = STR("sealed bytes")};
    TRY(launch_chain_put(tx, &chain));
    TRY(launch_row_put(tx, &chain, &row));
    row.hour += 20;
    TRY(launch_row_put(tx, &chain, &row));
    return launch_segment_put(tx, &chain, &row);
}

static err_t video_act(struct tx *tx, void *with)
{
    const struct put *put = with;
    return blob_put(tx, &(struct blob_about){.id = numbered((uint8_t)put->number),
                                             .device = numbered(put->device),
                                             .subject = numbered((uint8_t)(put->device + 100)),
                                             .kind = STR("video"),
                                             .size = 1000,
                                             .made = DAYS(put->day) + put->number});
}

static err_t done(struct given *given, act_t act, void *with)
{
    return store_write(given->store, tenant.id, act, with);
}

/* What there is, beside what the accounts say of it. */
struct seen {
    const idents_t *held;
    int64_t oldest, video, differs;
    struct launch_count launches;
    struct older older;
};

static err_t see_act(struct tx *tx, void *with)
{
    struct seen *seen = with;
    struct weights accounts, counted;
    TRY(launches_oldest(tx, seen->held, &seen->oldest));
    TRY(videos_oldest(tx, seen->held, &seen->video));
    TRY(launch_count(tx, &seen->launches));
    TRY(launches_older(tx, seen->held, 12, &seen->older));
    TRY(weights_read(tx, &accounts));
    TRY(weights_count(tx, &counted));
    seen->differs = memcmp(&accounts, &counted, sizeof counted) != 0;
    return ERR_OK;
}

static struct seen seen_with(struct given *given, const idents_t *held)
{
    struct seen seen = {.held = held};
    return store_read(given->store, tenant.id, see_act, &seen) == ERR_OK ? seen : (struct seen){.oldest = -9};
}

struct evicting {
    struct evict_ask ask;
    struct evicted gone;
    ident_t ids[EVICT_MOST];
};
static err_t launches_act(struct tx *tx, void *with)
{
    struct evicting *evicting = with;
    return launches_evict(tx, &evicting->ask, &evicting->gone);
}
static err_t videos_act(struct tx *tx, void *with)
{
    struct evicting *evicting = with;
    return videos_evict(tx, &evicting->ask, evicting->ids, &evicting->gone);
}

TEST(a_day_of_launches_goes_whole_and_the_next_is_the_oldest)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    for (int64_t day = 10; day < 13; day++)
        for (uint8_t device = 1; device <= 3; device++)
            CHECK_OK(done(&given, put_act, &(struct put){device, day, day * 10 + device}));
    struct seen before = seen_with(&given, &nobody);
    CHECK(before.oldest == 10 && before.launches.launches == 270 && !before.differs);
    CHECK(before.older.count == 180 && before.older.first == 10 && before.older.last == 11);
    struct evicting evicting = {.ask = {.day = 10, .held = &nobody}};
    CHECK_OK(done(&given, launches_act, &evicting));
    CHECK(evicting.gone.count == 90 && evicting.gone.bytes > 0 && !evicting.gone.more);
    struct seen after = seen_with(&given, &nobody);
    CHECK(after.oldest == 11 && after.launches.launches == 180 && !after.differs);
}

TEST(what_is_held_stays_and_is_not_the_oldest)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    const idents_t held = {(ident_t[]){numbered(2), numbered(101)}, 2};
    for (uint8_t device = 1; device <= 3; device++) {
        CHECK_OK(done(&given, put_act, &(struct put){device, 10, device}));
        CHECK_OK(done(&given, video_act, &(struct put){device, 9, device}));
    }
    struct evicting evicting = {.ask = {.day = 10, .held = &held}};
    CHECK_OK(done(&given, launches_act, &evicting));
    CHECK(evicting.gone.count == 30);
    evicting = (struct evicting){.ask = {.day = 9, .held = &held, .bytes = INT64_MAX}};
    CHECK_OK(done(&given, videos_act, &evicting));
    CHECK(evicting.gone.count == 1 && ident_eq(evicting.ids[0], numbered(3)));
    struct seen seen = seen_with(&given, &held);
    CHECK(seen.oldest == NO_DAY && seen.video == NO_DAY && seen.launches.launches == 60 && !seen.differs);
    CHECK(seen.older.first == NO_DAY && seen.older.count == 0);
    CHECK(seen_with(&given, &nobody).oldest == 10 && seen_with(&given, &nobody).video == 9);
}

TEST(of_videos_no_more_go_than_are_needed_and_the_oldest_first)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    for (uint8_t number = 9; number > 0; number--)
        CHECK_OK(done(&given, video_act, &(struct put){1, 9, number}));
    struct evicting evicting = {.ask = {.day = 9, .held = &nobody, .bytes = 2001}};
    CHECK_OK(done(&given, videos_act, &evicting));
    CHECK(evicting.gone.count == 3 && evicting.gone.bytes == 3000 && evicting.gone.more);
    for (uint8_t i = 0; i < 3; i++)
        CHECK(ident_eq(evicting.ids[i], numbered((uint8_t)(i + 1))));
    CHECK(!seen_with(&given, &nobody).differs);
}

TEST(more_than_one_act_takes_is_left_for_the_next)
{
    OWN(given) given = {0};
    struct evicting evicting = {.ask = {.day = 10, .held = &nobody}};
    CHECK_OK(given_a_store(&given));
    for (int64_t number = 1; number <= EVICT_MOST + 2; number++)
        CHECK_OK(done(&given, put_act, &(struct put){1, 10, number}));
    CHECK_OK(done(&given, launches_act, &evicting));
    CHECK(evicting.gone.count == EVICT_MOST * 30 && evicting.gone.more);
    CHECK_OK(done(&given, launches_act, &evicting));
    CHECK(evicting.gone.count == 60 && !evicting.gone.more);
    struct seen seen = seen_with(&given, &nobody);
    CHECK(seen.oldest == NO_DAY && seen.launches.sealed == 0 && !seen.differs);
}

static err_t went_act(struct tx *tx, void *with)
{
    (void)with;
    TRY(usage_sample(tx, &(struct usage){.day = 5, .kind = STR("videos"), .rows = 3, .bytes = 30}));
    TRY(usage_went(tx, &(struct usage){.day = 5, .kind = STR("videos"), .went = 2, .went_age = 20}));
    TRY(usage_went(tx, &(struct usage){.day = 5, .kind = STR("videos"), .went = 1, .went_capacity = 10}));
    TRY(usage_sample(tx, &(struct usage){.day = 5, .kind = STR("videos"), .rows = 1, .bytes = 11}));
    TRY(usage_sample(tx, &(struct usage){.day = 4, .kind = STR("videos")}));
    TRY(usage_sample(tx, &(struct usage){.day = 3, .kind = STR("videos")}));
    return usage_forget(tx, 4);
}

struct listed {
    arena_t *arena;
    struct usages usages;
};
static err_t list_act(struct tx *tx, void *with)
{
    struct listed *listed = with;
    return usage_list(tx, 0, listed->arena, &listed->usages);
}

TEST(a_sample_replaces_the_days_earlier_one_and_what_went_is_added)
{
    OWN(given) given = {0};
    OWN(arena) arena = ARENA(1 << 20);
    struct listed listed = {.arena = &arena};
    CHECK_OK(given_a_store(&given));
    CHECK_OK(done(&given, went_act, NULL));
    CHECK_OK(store_read(given.store, tenant.id, list_act, &listed));
    CHECK(listed.usages.count == 2 && listed.usages.at[0].day == 4);
    const struct usage *last = &listed.usages.at[1];
    CHECK(last->rows == 1 && last->bytes == 11 && last->went == 3 && last->went_age == 20 &&
          last->went_capacity == 10);
}

TESTS(a_day_of_launches_goes_whole_and_the_next_is_the_oldest, what_is_held_stays_and_is_not_the_oldest,
      of_videos_no_more_go_than_are_needed_and_the_oldest_first, more_than_one_act_takes_is_left_for_the_next,
      a_sample_replaces_the_days_earlier_one_and_what_went_is_added)
