/* SPDX-License-Identifier: Apache-2.0
 *
 * How much each tenant may ask for.
 */
#include "api/rate.h"
#include "test/test.h"

static const ident_t one = {{1}}, other = {{2}};

TEST(who_asks_too_much_waits_and_nobody_else_does)
{
    static struct rate rate;
    int64_t wait = 0;
    for (int i = 0; i < RATE_MOST; i++)
        CHECK(rate_take(&rate, one, 1000, &wait));
    CHECK(!rate_take(&rate, one, 1000, &wait) && wait > 0 && wait <= 1000);
    CHECK(rate_take(&rate, other, 1000, &wait));
    CHECK(rate_take(&rate, one, 1000 + wait + 20, &wait));
}

TEST(what_it_cost_is_owed_and_paid_off_by_waiting)
{
    static struct rate rate;
    int64_t wait = 0;
    CHECK(rate_take(&rate, one, 1000, &wait));
    rate_owe(&rate, one, RATE_MOST + RATE_A_SECOND);
    CHECK(!rate_take(&rate, one, 1000, &wait) && wait > 1000);
    CHECK(rate_take(&rate, one, 1000 + wait, &wait));
}

TEST(of_many_tenants_the_one_that_asked_longest_ago_begins_anew)
{
    static struct rate rate;
    int64_t wait = 0;
    for (int i = 0; i <= RATE_SLOTS; i++)
        CHECK(rate_take(&rate, (ident_t){{(uint8_t)(i >> 8), (uint8_t)i, 9}}, 1000 + i, &wait));
    CHECK(rate_take(&rate, (ident_t){{0, 0, 9}}, 2000, &wait));
}

TESTS(who_asks_too_much_waits_and_nobody_else_does, what_it_cost_is_owed_and_paid_off_by_waiting,
      of_many_tenants_the_one_that_asked_longest_ago_begins_anew)
