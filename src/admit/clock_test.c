/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/clock.h"

#include "admit/people_given.h"
#include "keyring/contracts.h"
#include "test/test.h"
#include <sys/stat.h>

static err_t confirmed_act(struct keyring *keyring, void *with)
{
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    (void)with;
    return clock_confirmed(&ask);
}

static err_t confirmed(struct given *given) { return keyring_read(given->keyring, confirmed_act, NULL); }

static Keys__Clock *clock_of(struct given *given, const struct given_person *staff)
{
    Keys__Clock *clock = NULL;
    return given_borne(given, ASK_clock_get, staff->cookie, &clock) == ERR_OK ? clock : NULL;
}

/* Each in a folder of its own. */
static err_t given_another_keyring(struct given *given)
{
    static int count;
    char folder[256];
    snprintf(folder, sizeof folder, "%s/%d", test_folder(), ++count);
    return mkdir(folder, 0700) == 0 ? given_a_keyring_in(given, folder) : fail(ERR_BROKEN, "no folder");
}

TEST(time_that_goes_on_is_confirmed_and_small_steps_too)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_passed(&given, DAYS(400)));
    CHECK_OK(confirmed(&given));
    given.world.clock += MINUTES(50);
    CHECK_OK(given_passed(&given, MINUTES(1)));
    CHECK_OK(confirmed(&given));
}

TEST(many_small_steps_go_no_further_than_one)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_keyring(&given));
    for (int i = 0; i < 5; i++) {
        given.world.clock += MINUTES(20);
        CHECK_OK(given_passed(&given, MINUTES(1)));
    }
    CHECK_FAILS(ERR_DENIED, confirmed(&given));
}

TEST(a_jump_either_way_is_held_at_once_and_stays_held_when_the_clock_comes_back)
{
    for (int way = -1; way <= 1; way += 2) {
        OWN(given) given = {0};
        CHECK_OK(given_another_keyring(&given));
        CHECK_OK(given_passed(&given, DAYS(1)));
        given.world.clock += way * HOURS(2);
        CHECK_FAILS(ERR_DENIED, confirmed(&given));
        CHECK_OK(given_passed(&given, MINUTES(1)));
        given.world.clock -= way * HOURS(2);
        CHECK_OK(given_passed(&given, MINUTES(1)));
        CHECK(given_refused(confirmed(&given), ERR_DENIED, "two of staff"));
    }
}

TEST(after_a_start_of_the_machine_the_last_moment_that_was_seen_counts)
{
    static const struct {
        moment_t away;
        bool held;
    } cases[] = {{MINUTES(40), false}, {HOURS(3), true}, {-HOURS(3), true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        OWN(given) given = {0};
        CHECK_OK(given_another_keyring(&given));
        CHECK_OK(given_passed(&given, DAYS(1)));
        given.world.boot_clock = MINUTES(5);
        given.world.clock += cases[i].away;
        CHECK_OK(given_passed(&given, MINUTES(1)));
        CHECK((confirmed(&given) == ERR_DENIED) == cases[i].held);
    }
}

TEST(two_of_staff_confirm_a_clock_by_the_day_that_it_shows)
{
    OWN(given) given = {0};
    struct given_person sam, tom;
    Keys__OrderMake make = KEYS__ORDER_MAKE__INIT;
    Keys__OrderNamed confirm = KEYS__ORDER_NAMED__INIT;
    Keys__Order *order = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_staff(&given, "sam", &sam));
    CHECK_OK(given_staff(&given, "tom", &tom));
    given.world.clock += HOURS(5);
    CHECK_OK(given_passed(&given, MINUTES(1)));
    CHECK_OK(given_staff_in(&given, &sam)); /* by that clock their sessions are over */
    CHECK_OK(given_staff_in(&given, &tom));
    Keys__Clock *held = clock_of(&given, &sam);
    CHECK(held && held->held.len == 16 && held->since - held->expect == HOURS(5));
    make.bearer = (char *)(uintptr_t)sam.cookie;
    make.act = (char *)(uintptr_t) "clock.confirm";
    make.target = held->held;
    make.typed = (char *)(uintptr_t) "2001-01-01";
    CHECK_FAILS(ERR_INVALID, given_asked(&given, ASK_order_make, &make, NULL));
    date_text_t today = date_text(date_of(given.world.clock, 0));
    make.typed = today.text;
    CHECK_OK(given_asked(&given, ASK_order_make, &make, &order));
    CHECK_FAILS(ERR_DENIED, confirmed(&given));
    confirm.id = order->id;
    confirm.bearer = (char *)(uintptr_t)tom.cookie;
    CHECK_OK(given_asked(&given, ASK_order_confirm, &confirm, NULL));
    CHECK_OK(confirmed(&given));
    CHECK_OK(given_passed(&given, DAYS(3)));
    CHECK_OK(confirmed(&given));
}

TESTS(time_that_goes_on_is_confirmed_and_small_steps_too, many_small_steps_go_no_further_than_one,
      a_jump_either_way_is_held_at_once_and_stays_held_when_the_clock_comes_back,
      after_a_start_of_the_machine_the_last_moment_that_was_seen_counts,
      two_of_staff_confirm_a_clock_by_the_day_that_it_shows)
