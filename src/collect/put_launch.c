/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/put_launch.h"

#include "concept/csv.h"

const char *decision_name(int decision)
{
    static const char *const names[LAUNCH_DECISIONS] = {"allowed", "denied", "elevated", "observed"};
    return decision >= 0 && decision < LAUNCH_DECISIONS ? names[decision] : "observed";
}

/* The account, where a person's or a system's is named; the device itself has none. */
static bool has_account(const struct launch_found *found)
{
    return !ident_is_zero(found->launch->account) && !ident_eq(found->launch->account, found->device);
}

static void put_text(const char *name, str_t text, buf_t *json)
{
    buf_putf(json, ",\"%s\":", name);
    if (text.len)
        buf_put_json(json, text);
    else
        buf_put(json, STR("null"));
}

/* To the millisecond, since many launches stand in one second. */
static void put_moment(moment_t at, buf_t *out)
{
    str_t text = str(moment_text(at).text);
    buf_putf(out, "%.*s.%03dZ", (int)text.len - 1, text.at, (int)(at % 1000));
}

void put_launch(const struct launch_found *found, buf_t *json)
{
    const struct launch *launch = found->launch;
    buf_put(json, STR("{\"at\":\""));
    put_moment(launch->at, json);
    buf_putf(json, "\",\"device\":\"%s\",\"account\":", ident_text("dev", found->device).text);
    if (has_account(found))
        buf_putf(json, "\"%s\"", ident_text("acc", launch->account).text);
    else
        buf_put(json, STR("null"));
    buf_putf(json, ",\"system\":%s,\"decision\":\"%s\",\"count\":%lld,\"policy\":%lld,\"rule\":%lld",
             found->of_device ? "true" : "false", decision_name((int)launch->decision),
             (long long)(launch->count ? launch->count : 1), (long long)launch->policy,
             (long long)launch->rule);
    put_text("path", launch->path, json);
    buf_put(json, STR(",\"sha256\":"));
    buf_put(json, launch->sha256.len ? STR("\"") : STR("null"));
    buf_put_hex(json, launch->sha256);
    buf_put(json, launch->sha256.len ? STR("\"") : STR(""));
    put_text("package", launch->package, json);
    put_text("parent", launch->parent, json);
    put_text("args", launch->args, json);
    put_text("script", launch->script, json);
    put_text("reason", launch->reason, json);
    buf_putf(json, ",\"emergency\":%s}", launch->emergency ? "true" : "false");
}

void put_launch_row(const struct launch_found *found, buf_t *csv)
{
    const struct launch *launch = found->launch;
    const str_t before[] = {launch->path, launch->package, launch->parent, launch->args, launch->script};
    put_moment(launch->at, csv);
    buf_putf(csv, ",%s,%s,%s,%lld", ident_text("dev", found->device).text,
             has_account(found) ? ident_text("acc", launch->account).text : "",
             decision_name((int)launch->decision), (long long)(launch->count ? launch->count : 1));
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        buf_put(csv, STR(","));
        csv_cell(before[i], csv);
    }
    buf_put(csv, STR(","));
    buf_put_hex(csv, launch->sha256);
    buf_putf(csv, ",%lld,%lld,", (long long)launch->policy, (long long)launch->rule);
    csv_cell(launch->reason, csv);
    buf_put(csv, launch->emergency ? STR(",yes\r\n") : STR(",\r\n"));
}
