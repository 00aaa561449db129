/* SPDX-License-Identifier: Apache-2.0
 *
 * retain.capacity: what is kept is counted, stays within the plan's capacity and the client's ages, and what goes next is
 * foretold.
 */
#include "prove/checks.h"
#include "retain/facts.h"

enum { COUNTED_WITHIN = 2 /* days */ };

static const char *day_put(struct proving *proving, int64_t day)
{
    return day == NO_DAY ? "none" : words_put(proving, "%.10s", moment_text(DAYS(day)).text).at;
}

static const struct usage *latest(const struct retain_look *look, const char *kind)
{
    const struct usage *last = NULL;
    for (size_t i = 0; i < look->usage.count; i++)
        if (str_eq(look->usage.at[i].kind, str(kind)))
            last = &look->usage.at[i];
    return last;
}

/* At the end of a day, of all kinds that have a weight; 0 where none was sampled. */
static int64_t used_on(const struct retain_look *look, int64_t day)
{
    int64_t used = 0;
    for (int kind = 0; kind < WEIGHT_COUNT; kind++)
        for (size_t i = 0; i < look->usage.count; i++)
            if (look->usage.at[i].day == day &&
                str_eq(look->usage.at[i].kind, str(weight_name((enum weight)kind))))
                used += look->usage.at[i].bytes;
    return used;
}

/* Turns come once an hour: what should have gone on the day that is over has gone. */
static const char *fault_of(struct proving *proving, const struct retain_look *look,
                            const struct usage *counted)
{
    const struct retain_facts *facts = &look->facts;
    struct retain_order order;
    if (counted->rows || counted->bytes)
        return words_put(proving, "counted anew on %s, %lld rows and %lld bytes differ from the accounts",
                         day_put(proving, counted->day), (long long)counted->rows, (long long)counted->bytes)
            .at;
    if (counted->day < look->today - COUNTED_WITHIN)
        return words_put(proving, "last counted anew on %s", day_put(proving, counted->day)).at;
    for (int i = 0; i < RETAIN_KINDS; i++) {
        enum weight kind = retain_kinds[i];
        int64_t most = facts->ages[kind].most;
        if (most && facts->oldest[kind] != NO_DAY && facts->oldest[kind] < look->today - most - 1 &&
            !look->terms->waits)
            return words_put(proving, "%s are kept that are older than the client's %lld days",
                             weight_name(kind), (long long)most)
                .at;
    }
    bool over = facts->capacity && used_on(look, look->today - 1) > facts->capacity;
    return over && retain_next(facts, &order) && !look->terms->waits
               ? "more is kept than the capacity since yesterday, though something may go"
               : NULL;
}

static str_t next_put(struct proving *proving, const struct retain_look *look)
{
    struct retain_forecast next = retain_forecast(&look->facts);
    if (look->terms->waits)
        return STR("nothing goes while the clock is not confirmed");
    if (!next.any)
        return next.stuck ? words_put(proving, "the capacity is reached on %s, and nothing may go then",
                                      day_put(proving, next.full))
                          : STR("nothing goes at today's rate");
    return words_put(proving, "next eviction: %s older than %lld days on %s%s", weight_name(next.kind),
                     (long long)next.older, day_put(proving, next.day),
                     next.stuck ? ", and until then nothing may go, though the capacity is reached" : "");
}

static str_t capacity_put(struct proving *proving, const struct retain_facts *facts)
{
    return facts->capacity ? words_put(proving, "used %lld of %lld bytes", (long long)retain_used(facts),
                                       (long long)facts->capacity)
                           : words_put(proving, "used %lld bytes, and the contract sets no capacity",
                                       (long long)retain_used(facts));
}

err_t check_capacity(struct proving *proving, struct finding *out_finding)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Retention *retention = NULL;
    struct retain_terms terms;
    struct desk *desk = proving->desk;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    TRY(keys_ask(desk->channel, &(struct question){ASK_retention_get, &in}, desk->arena, &retention));
    TRY(retain_terms_read(retention, desk->arena, &terms));
    struct retain_look look = {
        .terms = &terms, .today = desk->env->now(desk->env) / DAYS(1), .arena = desk->arena};
    TRY(store_read(desk->store, proving->tenant, retain_look_act, &look));
    const struct usage *counted = latest(&look, USAGE_RECOUNT);
    const char *fault = counted ? fault_of(proving, &look, counted) : NULL;
    enum finding_state state = fault ? FINDING_BROKEN : counted ? FINDING_KEPT : FINDING_NO_EVIDENCE;
    *out_finding = finding_put(
        proving, state, "%s%s%.*s; oldest kept: videos %s, launches %s; %.*s; counted anew: %s%s",
        fault ? fault : "", fault ? ": " : "", STR_ARG(capacity_put(proving, &look.facts)),
        day_put(proving, look.facts.oldest[WEIGHS_VIDEOS]),
        day_put(proving, look.facts.oldest[WEIGHS_LAUNCHES]), STR_ARG(next_put(proving, &look)),
        counted ? day_put(proving, counted->day) : "not yet", fault || !counted ? "" : ", difference 0");
    return arena_end(desk->arena);
}
