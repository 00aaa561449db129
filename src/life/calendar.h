/* SPDX-License-Identifier: Apache-2.0
 *
 * Days and months of the civil calendar in UTC, or at a fixed offset that a contract names; no zone of the host and no
 * daylight saving has a say. Pure.
 *
 *     struct date day = date_of(now, 0);
 *     moment_t end = date_end(months_add(day, 3), 0);        30 November and three months: 28 or 29 February
 *
 * A month that has no such day has its last day instead (POLICY reading 5). A day ends where the next one begins: that
 * moment is no longer of the day. Gregorian in both directions; the years that can be read are 1970 to 9999.
 */
#pragma once
#include "base/bytes.h"
#include "base/moment.h"

struct date {
    int year, month, day; /* 1-12, 1-31; all zero: none */
};
static inline bool date_given(struct date date) { return date.year || date.month || date.day; }
bool date_before(struct date one, struct date other);
static inline struct date date_later(struct date one, struct date other)
{
    return date_before(one, other) ? other : one;
}

struct date date_of(moment_t at, int offset_minutes);
moment_t date_begin(struct date date, int offset_minutes);
moment_t date_end(struct date date, int offset_minutes);
struct date months_add(struct date date, int months);
struct date days_add(struct date date, int64_t days);

CHECKED err_t date_read(str_t text, struct date *out_date); /* 2026-11-28 */
typedef struct {
    char text[16];
} date_text_t;
date_text_t date_text(struct date date); /* "" for none */

/* Offsets as +00:00 or -03:00, at most fourteen hours. */
CHECKED err_t zone_read(str_t text, int *out_minutes);
date_text_t zone_text(int minutes);
