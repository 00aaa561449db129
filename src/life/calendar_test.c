/* SPDX-License-Identifier: Apache-2.0 */
#include "life/calendar.h"

#include "test/test.h"
#include <time.h>

static struct date given_date(const char *text)
{
    struct date date = {0};
    err_t read = date_read(str(text), &date);
    return read == ERR_OK ? date : (struct date){0};
}

static bool is(struct date date, const char *text) { return !strcmp(date_text(date).text, text); }

TEST(every_day_of_four_centuries_is_the_day_that_the_system_says)
{
    for (int64_t day = 0; day <= 146097 + 40000; day++) {
        time_t seconds = (time_t)(day * 86400);
        struct tm parts = {0};
        CHECK(gmtime_r(&seconds, &parts));
        struct date date = date_of(DAYS(day) + DAYS(1) - 1, 0);
        CHECK(date.year == parts.tm_year + 1900 && date.month == parts.tm_mon + 1 &&
              date.day == parts.tm_mday);
        CHECK(date_begin(date, 0) == DAYS(day) && date_end(date, 0) == DAYS(day + 1));
    }
    CHECK(is(date_of(-1, 0), "1969-12-31"));
}

TEST(a_month_that_has_no_such_day_has_its_last_one)
{
    static const struct {
        const char *from;
        int months;
        const char *to;
    } sums[] = {
        {"2026-11-30", 3, "2027-02-28"}, {"2027-11-30", 3, "2028-02-29"},  {"2027-11-29", 3, "2028-02-29"},
        {"2099-11-30", 3, "2100-02-28"}, {"2399-11-30", 3, "2400-02-29"},  {"2026-08-31", 3, "2026-11-30"},
        {"2026-12-31", 3, "2027-03-31"}, {"2028-02-29", 12, "2029-02-28"}, {"2026-01-31", -2, "2025-11-30"},
        {"2026-10-15", 3, "2027-01-15"}, {"2026-03-31", -1, "2026-02-28"},
    };
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        CHECK(is(months_add(given_date(sums[i].from), sums[i].months), sums[i].to));
    CHECK(is(days_add(given_date("2028-02-28"), 2), "2028-03-01"));
    CHECK(is(days_add(given_date("2026-01-01"), -1), "2025-12-31"));
}

TEST(months_keep_the_order_of_days)
{
    for (struct date day = given_date("2026-01-01"); day.year < 2034; day = days_add(day, 1))
        for (int months = 1; months <= 12; months++)
            CHECK(!date_before(months_add(days_add(day, 1), months), months_add(day, months)));
}

TEST(a_day_is_read_as_it_is_written_and_no_other_text_is_a_day)
{
    static const char *const not_days[] = {"",           "2026-2-28",   "2026-02-29", "2026-13-01",
                                           "2026-00-10", "2026-11-31",  "2026-11-00", "+026-11-01",
                                           "2026/11/01", "2026-11-281", "1969-12-31", "2026-1-028",
                                           "2026-11-2",  " 2026-11-2",  "2026--1-28"};
    struct date date;
    CHECK_OK(date_read(STR("2028-02-29"), &date));
    CHECK(date.year == 2028 && date.month == 2 && date.day == 29);
    CHECK(is(given_date("9999-12-31"), "9999-12-31"));
    for (size_t i = 0; i < sizeof not_days / sizeof *not_days; i++)
        CHECK_FAILS(ERR_INVALID, date_read(str(not_days[i]), &date));
    CHECK(is((struct date){0}, ""));
}

TEST(a_zone_moves_where_a_day_ends_and_the_hosts_zone_does_not)
{
    static const char *const zones[] = {"UTC", "America/Sao_Paulo", "Europe/Lisbon", "Australia/Lord_Howe",
                                        "Pacific/Kiritimati"};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        setenv("TZ", zones[i], 1);
        tzset();
        for (struct date day = given_date("2018-01-01"); day.year < 2019; day = days_add(day, 1)) {
            CHECK(date_end(day, 0) - date_begin(day, 0) == DAYS(1));
            CHECK(date_end(day, -180) == date_end(day, 0) + HOURS(3));
            CHECK(!date_before(date_of(date_begin(day, -180), -180), day));
            CHECK(date_before(date_of(date_begin(day, -180) - 1, -180), day));
        }
        CHECK(date_end(given_date("2026-11-28"), 0) == 1795910400000);
    }
    unsetenv("TZ");
}

TEST(a_zone_is_read_as_it_is_written_and_no_other_text_is_one)
{
    static const char *const not_zones[] = {"",       "+3:00", "03:00",   "+03.00", "+03:60", "+15:00",
                                            "-14:01", "+0300", "+03:00 ", "UTC",    "+-3:00"};
    int minutes = 7;
    for (int zone = -14 * 60; zone <= 14 * 60; zone += 15) {
        CHECK_OK(zone_read(str(zone_text(zone).text), &minutes));
        CHECK(minutes == zone);
    }
    for (size_t i = 0; i < sizeof not_zones / sizeof *not_zones; i++)
        CHECK_FAILS(ERR_INVALID, zone_read(str(not_zones[i]), &minutes));
}

TESTS(every_day_of_four_centuries_is_the_day_that_the_system_says,
      a_month_that_has_no_such_day_has_its_last_one, months_keep_the_order_of_days,
      a_day_is_read_as_it_is_written_and_no_other_text_is_a_day,
      a_zone_moves_where_a_day_ends_and_the_hosts_zone_does_not,
      a_zone_is_read_as_it_is_written_and_no_other_text_is_one)
