/* SPDX-License-Identifier: Apache-2.0
 *
 * access.support: whatever the provider's people did to the client's data was done under a grant that was on. What needs
 * none is a table beside the acts (log/act.h).
 */
#include "log/act.h"
#include "prove/walk.h"

enum { REQ = 30 /* "req_" and 26 letters and digits */, GRANTS_MOST = 1 << 20 };

/* How often each act stands there, and of the provider's people each that needs no grant; what they did under one, and
 * without. The grants that are on at this entry, and those under which a restore began: REQ bytes each. */
struct support {
    int64_t acts[ACT_COUNT], free[ACT_COUNT], ended, done, without;
    buf_t on, begun;
};
typedef struct support support_own;
static void support_drop(struct support *support)
{
    buf_drop(&support->on);
    buf_drop(&support->begun);
}

static str_t request_of(str_t text)
{
    bool is = text.len >= REQ && str_starts(text, STR("req_"));
    return is ? str_bytes(text.at, REQ) : (str_t){"", 0};
}

static char *request_find(const buf_t *requests, str_t request)
{
    for (size_t at = 0; request.len && at < requests->len; at += REQ)
        if (!memcmp(requests->at + at, request.at, REQ))
            return requests->at + at;
    return NULL;
}

static void grant_over(struct support *support, str_t request)
{
    char *at = request_find(&support->on, request);
    if (!at)
        return;
    memmove(at, support->on.at + support->on.len - REQ, REQ);
    support->on.len -= REQ;
    support->ended++;
}

static void staff_look(struct support *support, enum act act, str_t under)
{
    const struct ungranted *free = ungranted_find(act);
    bool ends = free && free->is == UNGRANTED_ENDS;
    bool granted = request_find(ends ? &support->begun : &support->on, under) != NULL;
    support->free[act] += free != NULL;
    if (free && !ends)
        return;
    support->done++;
    support->without += !granted;
    if (granted && act == ACT_RESTORE_BEGUN)
        buf_put(&support->begun, under);
}

static void support_look(void *with, str_t entry)
{
    struct support *support = with;
    const struct log_line line = log_line(entry);
    str_t on = line.on.len ? request_of(str_bytes(line.on.at + 1, line.on.len - 1)) : line.on;
    enum act act = ACT_NONE;
    if (act_find(line.act, &act) != ERR_OK) /* of a later release: it needs a grant */
        act = ACT_NONE;
    support->acts[act]++;
    if (str_starts(line.by, STR("stf_")))
        staff_look(support, act, request_of(line.under));
    if (act == ACT_SUPPORT_GRANTED)
        buf_put(&support->on, on);
    if (act == ACT_REQUEST_ENDED || act == ACT_SUPPORT_ENDED)
        grant_over(support, on);
}

/* The duties that POLICY excepts, each with how often it was done. */
static err_t duties_count(struct proving *proving, const struct support *support, struct finding *finding)
{
    struct exception *counted = arena_array(proving->desk->arena, struct exception, UNGRANTED_COUNT);
    TRY(arena_end(proving->desk->arena));
    finding->exceptions = counted;
    for (size_t i = 0; i < UNGRANTED_COUNT; i++)
        if (ungranted[i].is == UNGRANTED_DUTY)
            counted[finding->exception_count++] = (struct exception){
                str(act_name(ungranted[i].act)), str(ungranted[i].why), support->free[ungranted[i].act]};
    return ERR_OK;
}

static err_t support_find(struct proving *proving, const struct support *support, const char *log_fault,
                          struct finding *out_finding)
{
    const char *fault = log_fault ? log_fault
                        : support->without
                            ? "something was done by the provider's people without a grant that was on"
                            : NULL;
    *out_finding = finding_put(
        proving, fault ? FINDING_BROKEN : FINDING_KEPT,
        "%s%sof %lld requests %lld granted, %lld refused, %lld unanswered and void; %zu grants are on, %lld ended;"
        " %lld acts under grants, %lld without",
        fault ? fault : "", fault ? ": " : "", (long long)support->acts[ACT_SUPPORT_ASKED],
        (long long)support->acts[ACT_SUPPORT_GRANTED], (long long)support->acts[ACT_REQUEST_REFUSED],
        (long long)support->acts[ACT_REQUEST_VOID], support->on.len / REQ, (long long)support->ended,
        (long long)(support->done - support->without), (long long)support->without);
    TRY(duties_count(proving, support, out_finding));
    return arena_end(proving->desk->arena);
}

err_t check_support(struct proving *proving, struct finding *out_finding)
{
    OWN(support) support = {.on = BUF(GRANTS_MOST * REQ), .begun = BUF(GRANTS_MOST * REQ)};
    struct log_walk walk = {.proving = proving, .look = support_look, .with = &support};
    TRY(log_walk(&walk));
    TRY(buf_end(&support.on));
    TRY(buf_end(&support.begun));
    return support_find(proving, &support, walk.fault, out_finding);
}
