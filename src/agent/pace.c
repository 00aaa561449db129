/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/pace.h"

enum { DOUBLINGS = 9 }; /* 1 s << 9 is past the longest pause */

/* From low to high, both in permille of the span. */
static moment_t spread(moment_t span, int low, int high, uint32_t drawn)
{
    return span * low / 1000 + span * (high - low) / 1000 * (moment_t)drawn / UINT32_MAX;
}

static moment_t backoff(struct pace *pace, uint32_t drawn)
{
    moment_t span = SECONDS(1) << pace->failures;
    if (pace->failures < DOUBLINGS)
        pace->failures++;
    return spread(span < MINUTES(5) ? span : MINUTES(5), 500, 1500, drawn);
}

moment_t pace_next(struct pace *pace, const struct outcome *outcome, uint32_t drawn)
{
    moment_t asked = outcome->retry_after < HOURS(1) ? outcome->retry_after : HOURS(1), pause;
    if (outcome->word == WORD_FAILED)
        pause = backoff(pace, drawn);
    else {
        *pace = (struct pace){0};
        pause = spread(outcome->word == WORD_REVOKED ? HOURS(1) : MINUTES(1), 800, 1200, drawn);
    }
    return pause < asked ? spread(asked, 1000, 1500, drawn) : pause;
}
