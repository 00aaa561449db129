/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pace.h"
#include "test/test.h"

static const uint32_t draws[] = {0, 1, UINT32_MAX / 3, UINT32_MAX / 2, UINT32_MAX - 1, UINT32_MAX};

static moment_t next(struct pace *pace, enum word word, moment_t retry_after, uint32_t drawn)
{
    return pace_next(pace, &(struct outcome){word, retry_after}, drawn);
}

TEST(failures_wait_a_second_doubling_to_five_minutes_give_or_take_half)
{
    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
        struct pace pace = {0};
        for (int n = 0; n < 2000; n++) {
            moment_t span = n < 9 && SECONDS(1) << n < MINUTES(5) ? SECONDS(1) << n : MINUTES(5);
            moment_t pause = next(&pace, WORD_FAILED, 0, draws[i]);
            CHECK(pause >= span / 2 && pause <= span * 3 / 2);
            CHECK(draws[i] != 0 || pause == span / 2);
            CHECK(draws[i] != UINT32_MAX || pause == span * 3 / 2);
        }
    }
}

TEST(an_answer_starts_the_doubling_anew)
{
    struct pace pace = {0};
    for (int n = 0; n < 20; n++)
        (void)next(&pace, WORD_FAILED, 0, 0);
    CHECK(next(&pace, WORD_FAILED, 0, 0) == SECONDS(150));
    CHECK(next(&pace, WORD_ANSWERED, 0, 0) == SECONDS(48));
    CHECK(next(&pace, WORD_FAILED, 0, 0) == 500 && next(&pace, WORD_FAILED, 0, 0) == 1000);
    CHECK(next(&pace, WORD_WAITS, 0, 0) == SECONDS(48) && next(&pace, WORD_FAILED, 0, 0) == 500);
}

TEST(who_is_answered_or_waits_comes_every_minute_and_who_is_revoked_every_hour)
{
    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
        struct pace pace = {0};
        moment_t answered = next(&pace, WORD_ANSWERED, 0, draws[i]);
        CHECK(answered >= SECONDS(48) && answered <= SECONDS(72));
        CHECK(next(&pace, WORD_WAITS, 0, draws[i]) == answered);
        moment_t revoked = next(&pace, WORD_REVOKED, 0, draws[i]);
        CHECK(revoked >= MINUTES(48) && revoked <= MINUTES(72));
    }
}

TEST(the_time_that_the_service_asks_for_is_kept_and_spread)
{
    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
        struct pace pace = {0};
        moment_t pause = next(&pace, WORD_FAILED, SECONDS(100), draws[i]);
        CHECK(pause >= SECONDS(100) && pause <= SECONDS(150));
        pause = next(&pace, WORD_ANSWERED, SECONDS(10), draws[i]);
        CHECK(pause >= SECONDS(48)); /* never sooner than without it */
        pause = next(&pace, WORD_FAILED, INT64_MAX, draws[i]);
        CHECK(pause >= HOURS(1) && pause <= MINUTES(90));
        CHECK(next(&pace, WORD_FAILED, -5, draws[i]) > 0);
    }
}

TESTS(failures_wait_a_second_doubling_to_five_minutes_give_or_take_half, an_answer_starts_the_doubling_anew,
      who_is_answered_or_waits_comes_every_minute_and_who_is_revoked_every_hour,
      the_time_that_the_service_asks_for_is_kept_and_spread)
