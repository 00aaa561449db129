/* SPDX-License-Identifier: Apache-2.0 */
#include "life/regime.h"

#include "test/test.h"

/* The last day on which a request of this day is answered in time. */
static bool due(const char *regime, const char *received, const char *last)
{
    struct date day;
    if (date_read(str(received), &day) != ERR_OK)
        return false;
    moment_t end = regime_due(regime_find(str(regime)), date_begin(day, 0) + HOURS(13));
    return !strcmp(date_text(date_of(end - 1, 0)).text, last) &&
           date_of(end, 0).day != date_of(end - 1, 0).day;
}

TEST(a_month_after_the_request_the_last_day_ends)
{
    CHECK(due("gdpr", "2026-11-28", "2026-12-28"));
    CHECK(due("gdpr", "2026-01-31", "2026-02-28"));
    CHECK(due("gdpr", "2028-01-31", "2028-02-29"));
    CHECK(due("gdpr", "2026-12-31", "2027-01-31"));
}

TEST(fifteen_days_after_the_request_the_last_day_ends)
{
    CHECK(due("lgpd", "2026-11-28", "2026-12-13"));
    CHECK(due("lgpd", "2028-02-20", "2028-03-06"));
}

TEST(a_law_that_is_not_known_has_no_deadline)
{
    CHECK(!regime_find(STR("ccpa")));
}

TESTS(a_month_after_the_request_the_last_day_ends, fifteen_days_after_the_request_the_last_day_ends,
      a_law_that_is_not_known_has_no_deadline)
