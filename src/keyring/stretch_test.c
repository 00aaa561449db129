/* SPDX-License-Identifier: Apache-2.0
 *
 * A flood of wrong passwords is told to wait, and keeps out neither who comes from elsewhere nor who is known.
 */
#include "keyring/commit.h"
#include "keyring/given.h"
#include "test/test.h"

enum { FLOOD = 40 };

struct asking {
    struct slots *slots;
    struct lane lane;
    pthread_t thread;
    err_t result;
    int *order, place; /* how many had their turn before */
};

static void *ask_run(void *with)
{
    struct asking *asking = with;
    asking->result = slots_enter(asking->slots, asking->lane);
    if (asking->result == ERR_OK)
        asking->place = __atomic_fetch_add(asking->order, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static int waiting(struct slots *slots)
{
    pthread_mutex_lock(&slots->lock);
    int count = slots->waiting_count;
    pthread_mutex_unlock(&slots->lock);
    return count;
}

/* Begins to ask, and has its place in the queue. */
static bool given_waiter(struct slots *slots, struct asking *asking, struct lane lane, int *order)
{
    int before = waiting(slots);
    *asking = (struct asking){.slots = slots, .lane = lane, .order = order};
    if (pthread_create(&asking->thread, NULL, ask_run, asking))
        return false;
    while (waiting(slots) != before + 1)
        sched_yield();
    return true;
}

TEST(one_address_has_one_slot_and_one_place_and_the_rest_is_busy)
{
    struct slots slots;
    struct asking second;
    const struct lane flood = {7, false};
    int order = 0;
    slots_open(&slots);
    CHECK_OK(slots_enter(&slots, flood));
    CHECK(given_waiter(&slots, &second, flood, &order));
    for (int i = 0; i < FLOOD; i++)
        CHECK_FAILS(ERR_BUSY, slots_enter(&slots, flood));
    CHECK_OK(slots_enter(&slots, (struct lane){8, false}));
    CHECK(slots.running_count == STRETCH_SLOTS);
    slots_leave(&slots, flood);
    pthread_join(second.thread, NULL);
    CHECK_OK(second.result);
    slots_leave(&slots, flood);
    slots_leave(&slots, (struct lane){8, false});
    CHECK(!slots.running_count && !slots.waiting_count);
    slots_drop(&slots);
}

TEST(who_is_known_goes_before_all_who_are_not_and_one_of_them_makes_room)
{
    struct slots slots;
    struct asking strangers[STRETCH_WAITING], known = {.result = ERR_BROKEN};
    int order = 0;
    slots_open(&slots);
    CHECK_OK(slots_enter(&slots, (struct lane){1, false}));
    CHECK_OK(slots_enter(&slots, (struct lane){2, false}));
    for (int i = 0; i < STRETCH_WAITING; i++)
        CHECK(given_waiter(&slots, &strangers[i], (struct lane){(uint64_t)i + 3, false}, &order));
    CHECK_FAILS(ERR_BUSY, slots_enter(&slots, (struct lane){99, false}));
    known = (struct asking){.slots = &slots, .lane = {1, true}, .order = &order};
    CHECK(!pthread_create(&known.thread, NULL, ask_run, &known));
    pthread_join(strangers[STRETCH_WAITING - 1].thread, NULL);
    CHECK(strangers[STRETCH_WAITING - 1].result == ERR_BUSY);
    slots_leave(&slots, (struct lane){1, false});
    pthread_join(known.thread, NULL);
    CHECK(known.result == ERR_OK && known.place == 0);
    slots_leave(&slots, known.lane);
    slots_leave(&slots, (struct lane){2, false});
    for (int i = 0; i < STRETCH_WAITING - 1; i++) {
        pthread_join(strangers[i].thread, NULL);
        CHECK_OK(strangers[i].result);
        slots_leave(&slots, strangers[i].lane);
    }
    CHECK(!slots.running_count && !slots.waiting_count);
    slots_drop(&slots);
}

struct stretching {
    struct keyring *keyring;
    pthread_t thread;
    err_t result;
};

static void *stretch(void *with)
{
    struct stretching *stretching = with;
    static const uint8_t salt[SALT_SIZE];
    struct key key;
    stretching->result =
        keyring_stretch(stretching->keyring, &(struct stretch){STR("a password"), salt, {3, false}}, &key);
    return NULL;
}

TEST(after_a_flood_passwords_are_stretched_as_before)
{
    OWN(given) given = {0};
    struct stretching all[FLOOD];
    CHECK_OK(given_a_keyring(&given));
    for (int i = 0; i < FLOOD; i++) {
        all[i] = (struct stretching){given.keyring, 0, ERR_BROKEN};
        CHECK(pthread_create(&all[i].thread, NULL, stretch, &all[i]) == 0);
    }
    for (int i = 0; i < FLOOD; i++) {
        pthread_join(all[i].thread, NULL);
        CHECK(all[i].result == ERR_OK || all[i].result == ERR_BUSY);
    }
    stretch(&all[0]);
    CHECK_OK(all[0].result);
}

TESTS(one_address_has_one_slot_and_one_place_and_the_rest_is_busy,
      who_is_known_goes_before_all_who_are_not_and_one_of_them_makes_room,
      after_a_flood_passwords_are_stretched_as_before)
