/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/explain.h"
#include "govern/rehearse.h"
#include "govern/rules_given.h"

TEST(it_is_said_which_rule_decides_and_which_nearly_did)
{
    OWN(rules)
    rules = given_rules("deny user=root : path=/usr/bin/curl\n"               /* 0: near, by its user */
                        "deny user=root : path=/usr/bin/wget\n"               /* 1: two fail */
                        "elevate any : path=/usr/bin/curl args=\"-V\"\n"      /* 2: near, args unknown */
                        "deny any : path=/usr/bin/other\n"                    /* 3: its only one fails */
                        "deny user=people : path=/usr/bin/x trust=none\n"     /* 4: near, by its path */
                        "allow any : path=/usr/bin/*\n"                       /* 5: decides */
                        "deny any : any\n"                                    /* 6: late */
                        "deny user=people : path=/usr/bin/curl package=x\n"); /* 7: late, and one fails */
    struct attempt attempt = {.uid = 1000, .path = STR("/usr/bin/curl"), .known = FACT_TRUST | FACT_PACKAGE};
    struct explanation why;
    CHECK(rules);
    explain(rules, &attempt, &why);
    CHECK(why.verdict.rule == 5 && why.verdict.decision == DECISION_ALLOW && why.near_count == 4);
    CHECK(why.near[0].rule == 0 && str_eq(why.near[0].failed, STR("user=root")) && !why.near[0].unknown);
    CHECK(why.near[1].rule == 2 && str_eq(why.near[1].failed, STR("args=\"-V\"")) && why.near[1].unknown);
    CHECK(why.near[2].rule == 6 && !why.near[2].failed.len);
    CHECK(why.near[3].rule == 4 && str_eq(why.near[3].failed, STR("path=/usr/bin/x")));
}

TEST(of_many_that_nearly_decided_the_nearest_are_named)
{
    OWN(buf) text = BUF(4096);
    for (size_t i = 0; i < 20; i++)
        buf_putf(&text, "deny user=people : path=/bin/p%zu\n", i);
    buf_put(&text, STR("deny user=root : trust=none path=/bin/x\ndefault allow\n"));
    OWN(rules) rules = given_rules(buf_str(&text).at);
    struct attempt attempt = {.uid = 1000, .path = STR("/bin/x"), .known = FACT_TRUST};
    struct explanation why;
    CHECK(rules);
    explain(rules, &attempt, &why);
    CHECK(why.verdict.rule == RULE_DEFAULT && why.near_count == NEAR_MOST);
    CHECK(why.near[0].rule == 20 && why.near[1].rule == 0 && why.near[4].rule == 3);
}

TEST(of_a_recorded_launch_it_is_said_which_facts_would_have_had_to_be_known)
{
    OWN(rules)
    rules = given_rules("deny group=sudo : path=/usr/bin/*\n" /* 0: near, nobody knows the groups */
                        "deny user=people : path=/usr/bin/curl package=x\n" /* 1: decides */
                        "allow any : package=x\n");                         /* 2: late */
    const struct launch launch = {.account = {{1}}, .path = STR("/usr/bin/curl"), .package = STR("x")},
                        bare = {.package = STR("x")};
    struct explanation why;
    CHECK(rules);
    explain_recorded(rules, &(struct recorded){&launch, {{3}}}, &why);
    CHECK(why.verdict.rule == 1 && why.missing == RECORD_WHO && why.near_count == 2);
    CHECK(why.near[0].rule == 0 && why.near[0].unknown && str_eq(why.near[0].failed, STR("group=sudo")));
    CHECK(why.near[1].rule == 2 && !why.near[1].failed.len);
    explain_recorded(rules, &(struct recorded){&launch, {{3}}, true}, &why);
    CHECK(why.verdict.rule == 2);
    explain_recorded(rules, &(struct recorded){&bare, {{3}}}, &why);
    CHECK(why.missing == RECORD_PATH);
}

TESTS(it_is_said_which_rule_decides_and_which_nearly_did, of_many_that_nearly_decided_the_nearest_are_named,
      of_a_recorded_launch_it_is_said_which_facts_would_have_had_to_be_known)
