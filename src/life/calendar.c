/* SPDX-License-Identifier: Apache-2.0 */
#include "life/calendar.h"

enum {
    MARCH = 3,
    YEAR_DAYS = 365,
    FOUR_YEARS = 1461,
    CENTURY = 36524,
    FOUR_CENTURIES = 146097,
    YEAR_MOST = 9999
};
enum { HOUR = 60, ZONE_MOST = 14 * HOUR };
enum { EPOCH_DAY = 719468 }; /* 1970-01-01, counted from 0000-03-01 */

static inline int64_t floored(int64_t number, int64_t by)
{
    int64_t whole = number / by;
    return number % by < 0 ? whole - 1 : whole;
}

/* Days before a month in a year that begins with March, so that the leap day is its last: 0 31 61 92 122 153 … */
static int64_t days_before(int month) { return (153 * month + 2) / 5; }

static int64_t day_number(struct date date)
{
    int64_t year = date.month < MARCH ? date.year - 1 : date.year;
    int month = (date.month + 12 - MARCH) % 12;
    return year * YEAR_DAYS + floored(year, 4) - floored(year, 100) + floored(year, 400) +
           days_before(month) + date.day - 1 - EPOCH_DAY;
}

/* The last day of four centuries, and that of four years, is a leap day: a division must not give it to a year more. */
static struct date day_date(int64_t number)
{
    int64_t era = floored(number + EPOCH_DAY, FOUR_CENTURIES),
            left = number + EPOCH_DAY - era * FOUR_CENTURIES;
    int64_t century = left / CENTURY - left / (FOUR_CENTURIES - 1);
    left -= century * CENTURY;
    int64_t fours = left / FOUR_YEARS;
    left -= fours * FOUR_YEARS;
    int64_t one = left / YEAR_DAYS - left / (FOUR_YEARS - 1);
    left -= one * YEAR_DAYS;
    int month = (int)((5 * left + 2) / 153);
    struct date date = {(int)(era * 400 + century * 100 + fours * 4 + one), (month + MARCH - 1) % 12 + 1,
                        (int)(left - days_before(month)) + 1};
    date.year += date.month < MARCH;
    return date;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leaps);
}

bool date_before(struct date one, struct date other)
{
    if (one.year != other.year)
        return one.year < other.year;
    return one.month != other.month ? one.month < other.month : one.day < other.day;
}

struct date date_of(moment_t at, int offset_minutes)
{
    return day_date(floored(at + MINUTES(offset_minutes), DAYS(1)));
}

moment_t date_begin(struct date date, int offset_minutes)
{
    return DAYS(day_number(date)) - MINUTES(offset_minutes);
}

moment_t date_end(struct date date, int offset_minutes) { return date_begin(date, offset_minutes) + DAYS(1); }

struct date months_add(struct date date, int months)
{
    int64_t count = (int64_t)date.year * 12 + date.month - 1 + months;
    struct date sum = {(int)floored(count, 12), (int)(count - floored(count, 12) * 12) + 1, date.day};
    int most = month_days(sum.year, sum.month);
    sum.day = sum.day > most ? most : sum.day;
    return sum;
}

struct date days_add(struct date date, int64_t days) { return day_date(day_number(date) + days); }

static err_t part_read(str_t part, size_t digits, int *out_number)
{
    int number = 0;
    for (size_t i = 0; i < part.len; i++) {
        if (part.at[i] < '0' || part.at[i] > '9')
            return ERR_INVALID;
        number = number * 10 + (part.at[i] - '0');
    }
    *out_number = number;
    return part.len == digits ? ERR_OK : ERR_INVALID;
}

err_t date_read(str_t text, struct date *out_date)
{
    static const size_t digits[] = {4, 2, 2};
    int parts[3] = {0};
    err_t read = text.len == sizeof "2026-11-28" - 1 ? ERR_OK : ERR_INVALID;
    for (size_t i = 0; i < 3 && read == ERR_OK; i++)
        read = part_read(str_until(&text, '-'), digits[i], &parts[i]);
    bool is = read == ERR_OK && parts[0] >= 1970 && parts[0] <= YEAR_MOST && parts[1] >= 1 &&
              parts[1] <= 12 && parts[2] >= 1 && parts[2] <= month_days(parts[0], parts[1]);
    if (!is)
        return fail(ERR_INVALID, "not a day of the calendar like 2026-11-28");
    *out_date = (struct date){parts[0], parts[1], parts[2]};
    return ERR_OK;
}

date_text_t date_text(struct date date)
{
    date_text_t out = {{0}};
    if (date_given(date))
        snprintf(out.text, sizeof out.text, "%04d-%02d-%02d", date.year % (YEAR_MOST + 1), date.month % 100,
                 date.day % 100);
    return out;
}

err_t zone_read(str_t text, int *out_minutes)
{
    int hours = 0, minutes = 0;
    bool shaped =
        text.len == sizeof "+00:00" - 1 && (*text.at == '+' || *text.at == '-') && text.at[3] == ':';
    if (!shaped || part_read((str_t){text.at + 1, 2}, 2, &hours) != ERR_OK ||
        part_read((str_t){text.at + 4, 2}, 2, &minutes) != ERR_OK || minutes >= HOUR ||
        hours * HOUR + minutes > ZONE_MOST)
        return fail(ERR_INVALID, "a zone is an offset from UTC such as -03:00");
    *out_minutes = (hours * HOUR + minutes) * (*text.at == '-' ? -1 : 1);
    return ERR_OK;
}

date_text_t zone_text(int minutes)
{
    date_text_t out = {{0}};
    int size = minutes < 0 ? -minutes : minutes;
    snprintf(out.text, sizeof out.text, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / HOUR % 100,
             size % HOUR);
    return out;
}
