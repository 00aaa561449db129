/* SPDX-License-Identifier: Apache-2.0
 *
 * Moments: milliseconds since 1970-01-01T00:00:00Z, without leap seconds, as in POSIX. Text is RFC 3339 in UTC,
 * "2026-11-24T06:00:00Z"; no other zone and no local time exist in this program.
 */
#pragma once
#include "base/bytes.h"

typedef int64_t moment_t;

#define MOMENT_MAX INT64_MAX
#define SECONDS(n) ((moment_t)(n)*1000)
#define MINUTES(n) SECONDS((n)*60)
#define HOURS(n)   MINUTES((n)*60)
#define DAYS(n)    HOURS((n)*24)

typedef struct {
    char text[32];
} moment_text_t;

moment_text_t moment_text(moment_t moment); /* to the second; years 1970 to 9999, clamped */
CHECKED err_t moment_read(str_t text, moment_t *out_moment);

/* An end of a span, which a day alone may be too, "2026-11-24": its first moment; or, where the span ends, the last one
 * of the day, or of the second. */
CHECKED err_t moment_read_day(str_t text, bool ends, moment_t *out_moment);
