/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules, tried before they are signed: why they decide a launch as they do, and what they would have decided about those
 * that were recorded.
 */
#include "govern/rehearse.h"

#include "api/events.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/trial.h"
#include "base/limits.h"
#include "collect/launches.h"
#include "govern/explain.h"
#include "govern/words.h"

static err_t rules_of(const struct trial_body *body, struct rules **out_rules)
{
    OWN(buf) said = BUF(MAX_TROUBLE);
    return rules_read(body->policy.files, body->policy.count, out_rules, &said);
}

static const char *word_of(enum decision decision)
{
    struct rule_word word = {0};
    return rules_word(PART_DECISION, decision, &word) ? word.name : "";
}

static void put_rule(const struct rules *rules, size_t rule, buf_t *json)
{
    struct rule_text text;
    if (rule == RULE_DEFAULT) {
        buf_put(json, STR("null"));
        return;
    }
    rules_text(rules, rule, &text);
    struct object object = object_begin(json);
    buf_put_json(object_value(&object, "file"), text.file);
    object_number(&object, "line", (int64_t)text.line);
    buf_put_json(object_value(&object, "text"), text.text);
    object_end(&object);
}

/* Which facts, as bits, were not recorded. */
static void put_missing(unsigned missing, buf_t *json)
{
    const char *before = "";
    buf_put(json, STR("["));
    for (unsigned bit = 1; bit <= RECORD_WHO; bit <<= 1)
        if (missing & bit) {
            buf_putf(json, "%s\"%s\"", before, rules_fact_name(bit));
            before = ",";
        }
    buf_put(json, STR("]"));
}

/* Explained */

static void put_near(const struct rules *rules, const struct near_rule *near, buf_t *json)
{
    bool later = !near->failed.len;
    struct object object = object_begin(json);
    put_rule(rules, near->rule, object_value(&object, "rule"));
    if (later)
        buf_put(object_value(&object, "failed"), STR("null"));
    else
        buf_put_json(object_value(&object, "failed"), near->failed);
    object_flag(&object, "unknown", near->unknown);
    object_flag(&object, "later", later);
    object_end(&object);
}

static void put_why(const struct rules *rules, const struct explanation *why, buf_t *json)
{
    struct object object = object_begin(json);
    object_text(&object, "decision", word_of(why->verdict.decision));
    put_rule(rules, why->verdict.rule, object_value(&object, "rule"));
    put_missing(why->missing, object_value(&object, "missing"));
    buf_put(object_value(&object, "near"), STR("["));
    for (size_t i = 0; i < why->near_count; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        put_near(rules, &why->near[i], json);
    }
    buf_put(json, STR("]"));
    object_end(&object);
}

err_t api_policy_explain(struct call *call)
{
    const struct trial_body *body = call->body;
    struct explanation why;
    OWN(rules) rules = NULL;
    TRY(rules_of(body, &rules));
    explain_recorded(rules, &(struct recorded){&body->launch, body->device, body->of_device}, &why);
    put_why(rules, &why, &call->reply->body);
    return ERR_OK;
}

/* Rehearsed */

struct trying {
    struct events events;
    struct rehearsal *rehearsal;
    moment_t from, until; /* from 0: how much there is nobody knows */
};

static bool launch_try(void *with, const struct launch_found *found)
{
    struct trying *trying = with;
    rehearse(trying->rehearsal, &(struct recorded){found->launch, found->device, found->of_device});
    return rehearsal_end(trying->rehearsal) == ERR_OK;
}

/* In hours, back from the end. */
static bool progress_tell(void *with, const struct launch_progress *progress)
{
    struct trying *trying = with;
    OWN(buf) json = BUF(128);
    long long last = trying->until / HOURS(1), at = progress->at / HOURS(1), from = trying->from / HOURS(1);
    buf_putf(&json, "{\"done\":%lld,\"of\":%lld}", last - at + 1, from ? last - from + 1 : 0);
    return events_progress(&trying->events, &json);
}

static void put_change(const struct rules *rules, const struct change *change, buf_t *json)
{
    struct object object = object_begin(json);
    object_text(&object, "was", word_of(change->was));
    object_text(&object, "would", word_of(change->would));
    object_number(&object, "count", (int64_t)change->count);
    buf_put_json(object_value(&object, "path"), change->path);
    object_id(&object, "account", "acc", CALL_BYTES(change->account));
    object_id(&object, "device", "dev", CALL_BYTES(change->device));
    put_rule(rules, change->rule, object_value(&object, "rule"));
    object_end(&object);
}

static void put_result(const struct rehearsal *rehearsal, buf_t *json)
{
    struct object object = object_begin(json);
    object_number(&object, "judged", (int64_t)rehearsal->judged);
    object_number(&object, "unknown", (int64_t)rehearsal->not_judged);
    put_missing(rehearsal->missing, object_value(&object, "missing"));
    buf_put(object_value(&object, "changes"), STR("["));
    for (size_t i = 0; i < rehearsal->change_count; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        put_change(rehearsal->rules, &rehearsal->changes[i], json);
    }
    buf_put(json, STR("]"));
    object_number(&object, "more", (int64_t)rehearsal->left_out);
    object_end(&object);
}

static int most_first(const void *a, const void *b)
{
    const struct change *left = a, *right = b;
    return (left->count < right->count) - (left->count > right->count);
}

static err_t rehearse_all(struct trying *trying, const struct launch_ask *ask)
{
    struct call *call = trying->events.call;
    struct rehearsal *rehearsal = trying->rehearsal;
    const struct reader reader = {.tenant = call->tenant, .realm = call->realm, .bearer = call->bearer};
    const struct launch_sink sink = {launch_try, progress_tell, trying};
    struct launch_cursor next = {0};
    OWN(buf) result = BUF(MAX_REPLY);
    TRY(launches_search(&call->desk, &reader, ask, &sink, &next));
    TRY(rehearsal_end(rehearsal));
    qsort(rehearsal->changes, rehearsal->change_count, sizeof *rehearsal->changes, most_first);
    put_result(rehearsal, &result);
    TRY(buf_end(&result));
    (void)!events_put(&trying->events, "result", &result);
    return ERR_OK;
}

err_t api_policy_rehearse(struct call *call)
{
    const struct trial_body *body = call->body;
    moment_t now = call->desk.env->now(call->desk.env);
    moment_t until = body->until && body->until < now ? body->until : now;
    const struct launch_ask ask = {
        .device = ident_is_zero(body->device) ? NULL : &body->device,
        .from = body->from,
        .until = until,
        .decision = ANY_DECISION,
    };
    OWN(rules) rules = NULL;
    TRY(rules_of(body, &rules));
    OWN(rehearsal) rehearsal = REHEARSAL(rules);
    struct trying trying = {.rehearsal = &rehearsal, .from = body->from, .until = until};
    TRY(events_begin(call, &trying.events));
    return events_end(&trying.events, rehearse_all(&trying, &ask));
}
