/* SPDX-License-Identifier: Apache-2.0
 *
 * By when a person who asks for what is kept about them has to be answered, as a pure function of the day the request was
 * received: GDPR Article 12(3), LGPD Article 19.
 *
 *     const struct regime *regime = regime_find(STR("gdpr"));          NULL where there is none
 *     moment_t due = regime_due(regime, received);                      the end of the last day, UTC
 *
 * The day of receipt does not count. A month ends on the day of the same number, or on the last of a month that has no such
 * day (Regulation 1182/71, Article 3); that the last day may be a Sunday or a holiday, which would give more time, is left
 * out: what is shown is never later than the law.
 */
#pragma once
#include "life/calendar.h"

struct regime {
    const char *name, *source;
    int months, days;
};
extern const struct regime regimes[];
extern const size_t regime_count;
const struct regime *regime_find(str_t name);
moment_t regime_due(const struct regime *regime, moment_t received);
