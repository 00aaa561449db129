/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/explain.h"

#include "govern/_private.h"
#include "govern/rehearse.h"

/* How near a rule came: compared member by member, the larger first. */
struct nearness {
    bool of_kind;   /* what it is about is what was launched */
    unsigned holds; /* conditions */
};

struct weighed {
    struct near_rule near;
    struct nearness nearness;
};

static bool says_what(const struct condition_kind *kind)
{
    return !strcmp(kind->name, "path") || !strcmp(kind->name, "sha256") || !strcmp(kind->name, "script");
}

/* Whether all conditions hold but at most one. */
static bool rule_weigh(const struct rule *rule, struct question *question, struct weighed *out_weighed)
{
    struct weighed weighed = {.nearness = {.of_kind = true}};
    for (unsigned i = 0; i < rule->condition_count; i++) {
        const struct condition *condition = &rule->conditions[i];
        enum truth truth = condition_truth(condition, question);
        if (truth == YES) {
            weighed.nearness.holds++;
            continue;
        }
        if (weighed.near.failed.len)
            return false;
        weighed.near.failed = condition->written;
        weighed.near.unknown = truth == UNKNOWN;
        weighed.nearness.of_kind = !says_what(condition->kind);
    }
    *out_weighed = weighed;
    return weighed.nearness.holds || !rule->condition_count;
}

static bool is_nearer(const struct nearness *a, const struct nearness *b)
{
    return a->of_kind != b->of_kind ? a->of_kind : a->holds > b->holds;
}

/* Equal ones stay in the order of the rules. */
static void nearest_add(struct weighed nearest[NEAR_MOST], size_t *count, const struct weighed *weighed)
{
    size_t at = *count;
    if (at == NEAR_MOST && !is_nearer(&weighed->nearness, &nearest[at - 1].nearness))
        return;
    at = at == NEAR_MOST ? at - 1 : (*count)++;
    for (; at && is_nearer(&weighed->nearness, &nearest[at - 1].nearness); at--)
        nearest[at] = nearest[at - 1];
    nearest[at] = *weighed;
}

static void question_explain(struct question *question, struct explanation *out_why)
{
    const struct rules *rules = question->rules;
    struct weighed nearest[NEAR_MOST] = {0}, weighed = {0};
    *out_why = (struct explanation){.near_count = 0};
    question_decide(question, &out_why->verdict);
    for (size_t i = 0; i < rules->count; i++) {
        if (i == out_why->verdict.rule || !rule_weigh(&rules->rules[i], question, &weighed))
            continue;
        weighed.near.rule = i;
        bool later = i > out_why->verdict.rule;
        if (later == !weighed.near.failed.len)
            nearest_add(nearest, &out_why->near_count, &weighed);
    }
    for (size_t i = 0; i < out_why->near_count; i++)
        out_why->near[i] = nearest[i].near;
}

void explain(const struct rules *rules, struct attempt *attempt, struct explanation *out_why)
{
    struct question question;
    question_of(rules, attempt, &question);
    question_explain(&question, out_why);
}

void explain_recorded(const struct rules *rules, const struct recorded *recorded, struct explanation *out_why)
{
    struct attempt attempt;
    struct question question;
    question_recorded(rules, recorded, &attempt, &question);
    question_explain(&question, out_why);
    out_why->missing = recorded->launch->path.len ? question.missing : (unsigned)RECORD_PATH;
}
