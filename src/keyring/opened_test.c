/* SPDX-License-Identifier: Apache-2.0
 *
 * What was opened a moment ago is found by whoever could open it anew, holds nothing in clear, and goes when a key is destroyed.
 */
#include "keyring/commit.h"
#include "keyring/given.h"
#include "keyring/opened.h"
#include "test/test.h"
#include <pthread.h>

static const struct key ours = {{1}}, theirs = {{2}}, inner = {"the key that stood in the box"};
static const str_t sealed = {"a half", 6}, other_half = {"another", 7}, box = {"a box", 5},
                   other_box = {"a bow", 5};

static bool found(struct opened *opened, const struct key *private, str_t half, str_t in)
{
    OWN(opened_name) name = {{{0}}};
    struct key key = {{0}};
    opened_name(private, half, in, &name);
    return opened_find(opened, &name, &key) && !memcmp(&key, &inner, sizeof key);
}

static void kept(struct opened *opened, uint64_t turn, str_t in)
{
    OWN(opened_name) name = {{{0}}};
    opened_name(&ours, sealed, in, &name);
    opened_keep(opened, turn, &name, &inner);
}

TEST(it_is_found_with_the_same_key_half_and_box_alone)
{
    OWN(opened) opened = NULL;
    CHECK_OK(opened_make(&opened));
    CHECK(!found(opened, &ours, sealed, box));
    kept(opened, opened_turn(opened), box);
    CHECK(found(opened, &ours, sealed, box) && found(opened, &ours, sealed, box));
    CHECK(!found(opened, &theirs, sealed, box) && !found(opened, &ours, other_half, box));
    CHECK(!found(opened, &ours, sealed, other_box));
}

TEST(what_was_begun_before_it_was_all_forgotten_is_not_kept_any_more)
{
    OWN(opened) opened = NULL;
    CHECK_OK(opened_make(&opened));
    uint64_t before = opened_turn(opened);
    kept(opened, before, box);
    opened_forget(opened);
    CHECK(!found(opened, &ours, sealed, box));
    kept(opened, before, box);
    CHECK(!found(opened, &ours, sealed, box));
    kept(opened, opened_turn(opened), box);
    CHECK(found(opened, &ours, sealed, box));
}

TEST(after_a_minute_in_which_nobody_looked_nothing_is_left)
{
    OWN(opened) opened = NULL;
    CHECK_OK(opened_make(&opened));
    kept(opened, opened_turn(opened), box);
    opened_rest(opened);
    CHECK(found(opened, &ours, sealed, box));
    opened_rest(opened);
    CHECK(found(opened, &ours, sealed, box));
    opened_rest(opened);
    opened_rest(opened);
    CHECK(!found(opened, &ours, sealed, box));
}

TEST(past_its_room_the_new_takes_the_place_of_the_old)
{
    OWN(opened) opened = NULL;
    size_t left = 0;
    char text[32];
    CHECK_OK(opened_make(&opened));
    for (int i = 0; i < 2 * OPENED_SLOTS; i++) {
        snprintf(text, sizeof text, "box %d", i);
        kept(opened, opened_turn(opened), str(text));
        CHECK(found(opened, &ours, sealed, str(text)));
    }
    for (int i = 0; i < OPENED_SLOTS; i += 64) {
        snprintf(text, sizeof text, "box %d", 2 * OPENED_SLOTS - 1 - i);
        left += found(opened, &ours, sealed, str(text));
    }
    CHECK(left > OPENED_SLOTS / 64 / 2);
}

struct race {
    struct opened *opened;
    atomic_bool over;
    int wrong;
};

static void *look_on(void *with)
{
    struct race *race = with;
    while (!atomic_load(&race->over)) {
        uint64_t turn = opened_turn(race->opened);
        kept(race->opened, turn, box);
        found(race->opened, &ours, sealed, box);
    }
    return NULL;
}

/* A thread that keeps on keeping never brings back what was forgotten before it was asked for. */
TEST(forgetting_beside_others_that_keep_is_never_undone)
{
    struct race race = {NULL};
    pthread_t threads[2];
    CHECK_OK(opened_make(&race.opened));
    for (size_t i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, look_on, &race) == 0);
    for (int i = 0; i < 40; i++) {
        uint64_t before = opened_turn(race.opened);
        opened_forget(race.opened);
        kept(race.opened, before, other_box);
        race.wrong += found(race.opened, &ours, sealed, other_box);
    }
    atomic_store(&race.over, true);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    opened_drop(&race.opened);
    CHECK(!race.wrong);
}

TESTS(it_is_found_with_the_same_key_half_and_box_alone,
      what_was_begun_before_it_was_all_forgotten_is_not_kept_any_more,
      after_a_minute_in_which_nobody_looked_nothing_is_left, past_its_room_the_new_takes_the_place_of_the_old,
      forgetting_beside_others_that_keep_is_never_undone)
