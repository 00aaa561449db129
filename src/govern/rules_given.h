/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of rules: one file as a set, and an attempt as a launch of a path.
 *
 *     OWN(rules) rules = given_rules("deny any : path=/tmp/x\n");
 *     CHECK(decided(rules, &(struct attempt){.path = STR("/tmp/x")}) == DECISION_DENY);
 */
#pragma once
#include "base/limits.h"
#include "govern/rules.h"
#include "test/test.h"

static inline err_t given_read(str_t text, struct rules **out_rules, buf_t *out_trouble)
{
    return rules_read(&(struct rule_file){STR("10-test.rules"), text}, 1, out_rules, out_trouble);
}

/* NULL, and why on the screen, where it is refused. */
static inline struct rules *given_rules(const char *text)
{
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    struct rules *rules = NULL;
    if (given_read(str(text), &rules, &trouble) != ERR_OK)
        printf("%.*s", STR_ARG(buf_str(&trouble)));
    return rules;
}

static inline enum decision decided(const struct rules *rules, struct attempt *attempt)
{
    struct verdict verdict;
    rules_decide(rules, attempt, &verdict);
    return verdict.decision;
}

static inline enum decision decided_path(const struct rules *rules, const char *path)
{
    return decided(rules, &(struct attempt){.uid = 1000, .path = str(path)});
}
