/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/rehearse.h"
#include "govern/rules_given.h"

static const ident_t ada = {{1}}, bob = {{2}}, office = {{3}};

TEST(what_would_change_is_counted_and_named_once)
{
    OWN(rules) rules = given_rules("deny any : path=/tmp/**\nallow any : any\n");
    OWN(rehearsal) rehearsal = REHEARSAL(rules);
    CHECK(rules);
    const struct launch launches[] = {
        {.account = ada, .path = STR("/tmp/x"), .count = 3},
        {.account = ada, .path = STR("/tmp/x")},
        {.account = bob, .path = STR("/tmp/x")},
        {.account = ada, .path = STR("/tmp/x"), .decision = DECISION_DENY},
        {.account = ada, .path = STR("/bin/x"), .decision = DECISION_OBSERVE},
    };
    for (size_t i = 0; i < sizeof launches / sizeof *launches; i++)
        rehearse(&rehearsal, &(struct recorded){&launches[i], office});
    CHECK_OK(rehearsal_end(&rehearsal));
    CHECK(rehearsal.judged == 7 && !rehearsal.not_judged && !rehearsal.left_out);
    CHECK(rehearsal.counts[DECISION_ALLOW][DECISION_DENY] == 5 &&
          rehearsal.counts[DECISION_DENY][DECISION_DENY] == 1 &&
          rehearsal.counts[DECISION_OBSERVE][DECISION_ALLOW] == 1);
    CHECK(rehearsal.change_count == 3 && rehearsal.changes[0].count == 4 && rehearsal.changes[0].rule == 0);
    CHECK(ident_eq(rehearsal.changes[1].account, bob) && rehearsal.changes[2].would == DECISION_ALLOW);
}

TEST(a_change_names_the_device_where_it_is_of_one_and_no_account_where_it_is_the_devices_own)
{
    OWN(rules) rules = given_rules("deny any : any\n");
    OWN(rehearsal) rehearsal = REHEARSAL(rules);
    static const ident_t other = {{4}};
    const struct launch here = {.account = office, .path = STR("/bin/x")},
                        there = {.account = other, .path = STR("/bin/x")},
                        person = {.account = ada, .path = STR("/bin/x")};
    CHECK(rules);
    rehearse(&rehearsal, &(struct recorded){&person, office});
    rehearse(&rehearsal, &(struct recorded){&here, office, true});
    CHECK(rehearsal.change_count == 2 && ident_eq(rehearsal.changes[0].account, ada));
    CHECK(ident_is_zero(rehearsal.changes[1].account) && ident_eq(rehearsal.changes[1].device, office));
    rehearse(&rehearsal, &(struct recorded){&there, other, true});
    rehearse(&rehearsal, &(struct recorded){&here, office, true});
    CHECK(rehearsal.change_count == 2 && ident_is_zero(rehearsal.changes[1].device));
    CHECK(rehearsal.changes[1].count == 3 && ident_eq(rehearsal.changes[0].device, office));
}

TEST(of_more_changes_than_are_kept_the_launches_are_counted)
{
    OWN(rules) rules = given_rules("deny any : any\n");
    OWN(rehearsal) rehearsal = REHEARSAL(rules);
    CHECK(rules);
    for (int i = 0; i < CHANGES_MOST + 50; i++) {
        char path[16];
        snprintf(path, sizeof path, "/bin/%d", i);
        rehearse(&rehearsal,
                 &(struct recorded){&(struct launch){.path = str(path), .count = 2}, office, true});
    }
    CHECK_OK(rehearsal_end(&rehearsal));
    CHECK(rehearsal.change_count == CHANGES_MOST && rehearsal.left_out == 100);
}

/* One launch by one rule: judged, or what was missing. */
static unsigned missing(const char *text, const struct launch *launch)
{
    OWN(rules) rules = given_rules(text);
    OWN(rehearsal) rehearsal = REHEARSAL(rules);
    rehearse(&rehearsal, &(struct recorded){launch, office, ident_is_zero(launch->account)});
    return rehearsal.judged == 1 ? 0 : rehearsal.not_judged == 1 ? rehearsal.missing : ~0U;
}

TEST(a_launch_that_a_fact_decides_which_was_not_recorded_is_not_judged)
{
    const struct launch bare = {.account = ada, .path = STR("/bin/x")}, nobody = {.path = STR("/bin/x")},
                        home = {.account = ada, .path = STR("/home/a/x")}, none = {.account = ada};
    CHECK(missing("deny any : trust=none", &bare) == FACT_TRUST);
    CHECK(missing("deny group=sudo : package=x", &bare) == (RECORD_WHO | FACT_PACKAGE));
    CHECK(missing("deny any : sha256=" /* of nothing that is known */
                  "0000000000000000000000000000000000000000000000000000000000000000",
                  &bare) == FACT_SHA256);
    CHECK(missing("deny any : path=%home/**", &home) == FACT_HOME &&
          !missing("deny any : path=%home/**", &bare));
    CHECK(missing("deny user=root : any", &nobody) == RECORD_WHO && !missing("deny user=root : any", &bare));
    CHECK(missing("deny any : path=/x", &none) == RECORD_PATH);
}

TEST(a_fact_that_is_missing_matters_only_where_another_decision_would_come_of_it)
{
    const struct launch bare = {.account = ada, .path = STR("/bin/x")};
    CHECK(!missing("deny any : path=/else trust=none", &bare));
    CHECK(!missing("deny any : trust=none\ndeny any : any", &bare));
    CHECK(!missing("deny any : any\nallow any : trust=none", &bare));
    CHECK(missing("allow any : trust=none\ndeny any : any", &bare) == FACT_TRUST);
}

TEST(what_was_recorded_is_known_and_what_was_hidden_is_not)
{
    static const uint8_t digest[DIGEST_SIZE] = {0};
    const struct launch full = {.account = ada,
                                .path = STR("/bin/x"),
                                .package = STR("p"),
                                .parent = STR("/bin/sh"),
                                .script = STR("/opt/s"),
                                .args = STR("-v"),
                                .sha256 = {(const char *)digest, 32}};
    struct launch hidden = full;
    hidden.args = STR("--password •••");
    CHECK(!missing("deny any : package=p parent=/bin/sh script=/opt/* args=\"-v\"", &full));
    CHECK(!missing("deny any : ancestor=/bin/sh", &full) &&
          missing("deny any : ancestor=/bin/login", &full) == FACT_PARENT);
    CHECK(missing("deny any : state=intact", &full) == FACT_PACKAGE);
    CHECK(missing("deny any : args=\"-v\"", &hidden) == FACT_ARGS);
}

TESTS(what_would_change_is_counted_and_named_once,
      a_change_names_the_device_where_it_is_of_one_and_no_account_where_it_is_the_devices_own,
      of_more_changes_than_are_kept_the_launches_are_counted,
      a_launch_that_a_fact_decides_which_was_not_recorded_is_not_judged,
      a_fact_that_is_missing_matters_only_where_another_decision_would_come_of_it,
      what_was_recorded_is_known_and_what_was_hidden_is_not)
