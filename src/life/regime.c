/* SPDX-License-Identifier: Apache-2.0 */
#include "life/regime.h"

const struct regime regimes[] = {
    {"gdpr", "GDPR, Article 12(3): one month", 1, 0},
    {"lgpd", "LGPD, Article 19: 15 days", 0, 15},
};
const size_t regime_count = sizeof regimes / sizeof *regimes;

const struct regime *regime_find(str_t name)
{
    for (size_t i = 0; i < regime_count; i++)
        if (str_eq(str(regimes[i].name), name))
            return &regimes[i];
    return NULL;
}

moment_t regime_due(const struct regime *regime, moment_t received)
{
    struct date day = months_add(date_of(received, 0), regime->months);
    return date_end(days_add(day, regime->days), 0);
}
