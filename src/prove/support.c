/* SPDX-License-Identifier: Apache-2.0
 *
 * access.support: whatever the provider's people did to the client's data was done under a grant that was on.
 */
#include "log/act.h"
#include "prove/walk.h"

enum { REQ = 30 /* "req_" and 26 letters and digits */, GRANTS_MOST = 1 << 20 };

/* Requests and what became of them; the grants that are on at this entry; what was done without one. */
struct support {
    int64_t asked, granted, refused, void_, ended, done, without;
    buf_t on; /* REQ bytes each */
};

static str_t request_behind(str_t entry, const char *member)
{
    const char *at = memmem(entry.at, entry.len, member, strlen(member));
    size_t left = at ? (size_t)(entry.at + entry.len - at) - strlen(member) : 0;
    return left >= REQ ? str_bytes(at + strlen(member), REQ) : (str_t){"", 0};
}

static char *grant_find(const struct support *support, str_t request)
{
    for (size_t at = 0; request.len && at < support->on.len; at += REQ)
        if (!memcmp(support->on.at + at, request.at, REQ))
            return support->on.at + at;
    return NULL;
}

static void grant_over(struct support *support, str_t request)
{
    char *at = grant_find(support, request);
    if (!at)
        return;
    memmove(at, support->on.at + support->on.len - REQ, REQ);
    support->on.len -= REQ;
    support->ended++;
}

/* What the provider's people do without a grant: ask, withdraw, and be refused. */
static void staff_look(struct support *support, const struct log_line *line, str_t entry)
{
    bool asks = str_eq(line->act, str(act_name(ACT_SUPPORT_ASKED))) ||
                str_eq(line->act, str(act_name(ACT_SUPPORT_REFUSED))) ||
                str_eq(line->act, str(act_name(ACT_REQUEST_ENDED)));
    if (!str_starts(line->by, STR("stf_")) || asks)
        return;
    support->done++;
    support->without += !grant_find(support, request_behind(entry, ",\"under\":\""));
}

static void support_look(void *with, str_t entry)
{
    struct support *support = with;
    const struct log_line line = log_line(entry);
    str_t on = request_behind(entry, ",\"on\":[\"");
    staff_look(support, &line, entry);
    support->asked += str_eq(line.act, str(act_name(ACT_SUPPORT_ASKED)));
    support->refused += str_eq(line.act, str(act_name(ACT_REQUEST_REFUSED)));
    support->void_ += str_eq(line.act, str(act_name(ACT_REQUEST_VOID)));
    if (str_eq(line.act, str(act_name(ACT_SUPPORT_GRANTED)))) {
        support->granted++;
        buf_put(&support->on, on);
    }
    if (str_eq(line.act, str(act_name(ACT_REQUEST_ENDED))) ||
        str_eq(line.act, str(act_name(ACT_SUPPORT_ENDED))))
        grant_over(support, on);
}

err_t check_support(struct proving *proving, struct finding *out_finding)
{
    struct support support = {.on = BUF(GRANTS_MOST * REQ)};
    struct log_walk walk = {.proving = proving, .look = support_look, .with = &support};
    err_t walked = log_walk(&walk);
    err_t counted = buf_end(&support.on);
    size_t on = support.on.len / REQ;
    buf_drop(&support.on);
    TRY(walked);
    TRY(counted);
    const char *fault = walk.fault ? walk.fault
                        : support.without
                            ? "something was done by the provider's people without a grant that was on"
                            : NULL;
    *out_finding = finding_put(
        proving, fault ? FINDING_BROKEN : FINDING_KEPT,
        "%s%sof %lld requests %lld granted, %lld refused, %lld unanswered and void; %zu grants are on, %lld ended;"
        " %lld acts under grants, %lld without",
        fault ? fault : "", fault ? ": " : "", (long long)support.asked, (long long)support.granted,
        (long long)support.refused, (long long)support.void_, on, (long long)support.ended,
        (long long)(support.done - support.without), (long long)support.without);
    return arena_end(proving->desk->arena);
}
