/* SPDX-License-Identifier: Apache-2.0 */
#include "base/moment.h"

#define LAST_MOMENT 253402300799999 /* the end of the year 9999 */

moment_text_t moment_text(moment_t moment)
{
    moment_t kept = moment < 0 ? 0 : moment > LAST_MOMENT ? LAST_MOMENT : moment;
    time_t seconds = (time_t)(kept / 1000);
    struct tm parts = {0};
    moment_text_t out = {{0}};
    if (gmtime_r(&seconds, &parts))
        strftime(out.text, sizeof out.text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return out;
}

err_t moment_read(str_t text, moment_t *out_moment)
{
    char copy[32] = {0};
    struct tm parts = {0};
    if (!text.len || text.len >= sizeof copy)
        return fail(ERR_INVALID, "not a moment like 2026-11-24T06:00:00Z");
    memcpy(copy, text.at, text.len);
    const char *end = strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &parts);
    moment_t moment = end && !*end ? (moment_t)timegm(&parts) * 1000 : -1;
    if (moment < 0 || !str_eq(str(moment_text(moment).text), text))
        return fail(ERR_INVALID, "not a moment like 2026-11-24T06:00:00Z");
    *out_moment = moment;
    return ERR_OK;
}

err_t moment_read_day(str_t text, bool ends, moment_t *out_moment)
{
    bool is_day = text.len == sizeof "2026-11-24" - 1;
    OWN(buf) whole = BUF(64);
    buf_put(&whole, text);
    buf_put(&whole, is_day ? STR("T00:00:00Z") : STR(""));
    TRY(buf_end(&whole));
    TRY(moment_read(buf_str(&whole), out_moment));
    if (ends)
        *out_moment += (is_day ? DAYS(1) : SECONDS(1)) - 1;
    return ERR_OK;
}
