/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/rules_given.h"

enum { ROOM = MAX_RULES + 4096 };

static bool says(const buf_t *trouble, const char *what)
{
    return trouble->at && strstr(trouble->at, what) != NULL;
}

/* Half by path, half by digest. */
static void rules_put(buf_t *text, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        if (i % 2)
            buf_putf(text, "deny any : path=/usr/bin/program-%zu\n", i);
        else
            buf_putf(text, "deny any : sha256=%064zx\n", i + 1);
}

TEST(a_hundred_thousand_rules_read_and_each_is_found)
{
    OWN(buf) text = BUF(ROOM);
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    struct verdict verdict;
    rules_put(&text, 0, MAX_RULE_COUNT);
    CHECK_OK(given_read(buf_str(&text), &rules, &trouble));
    CHECK(rules_count(rules) == MAX_RULE_COUNT && !trouble.len);
    for (size_t i = 1; i < MAX_RULE_COUNT; i += 202) {
        char path[64];
        snprintf(path, sizeof path, "/usr/bin/program-%zu", i);
        rules_decide(rules, &(struct attempt){.path = str(path)}, &verdict);
        CHECK(verdict.rule == i);
        size_t digest = i; /* of the rule before it */
        struct attempt other = {.path = STR("/usr/bin/else"), .known = FACT_SHA256};
        for (size_t byte = DIGEST_SIZE; digest; digest >>= 8)
            other.sha256[--byte] = (uint8_t)digest;
        rules_decide(rules, &other, &verdict);
        CHECK(verdict.rule == i - 1);
    }
}

TEST(a_rule_more_than_there_may_be_is_refused)
{
    OWN(buf) text = BUF(ROOM);
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    for (size_t i = 0; i <= MAX_RULE_COUNT; i++)
        buf_put(&text, STR("deny any : any\n"));
    CHECK_FAILS(ERR_TOO_LARGE, given_read(buf_str(&text), &rules, &trouble));
    CHECK(says(&trouble, "10-test.rules:100001: more than 100000 rules\n"));
}

TEST(as_many_files_as_there_may_be_read_as_one_list)
{
    static char names[MAX_RULE_FILES + 1][32];
    static struct rule_file files[MAX_RULE_FILES + 1];
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    for (size_t i = 0; i <= MAX_RULE_FILES; i++) {
        snprintf(names[i], sizeof *names, "10-%03zu.rules", i);
        files[i] = (struct rule_file){str(names[i]), STR("allow any : trust=system package!=x")};
    }
    CHECK_OK(rules_read(files, MAX_RULE_FILES, &rules, &trouble));
    CHECK(rules_count(rules) == MAX_RULE_FILES);
    rules_drop(&rules);
    CHECK_FAILS(ERR_TOO_LARGE, rules_read(files, MAX_RULE_FILES + 1, &rules, &trouble));
    CHECK(says(&trouble, "more than 256 rule files\n"));
}

TEST(a_byte_more_than_there_may_be_is_refused)
{
    OWN(buf) text = BUF(ROOM);
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    char *at = buf_room(&text, MAX_RULES);
    CHECK(at);
    memset(at, '\n', MAX_RULES);
    CHECK_OK(given_read(buf_str(&text), &rules, &trouble));
    rules_drop(&rules);
    buf_put_byte(&text, '\n');
    CHECK_FAILS(ERR_TOO_LARGE, given_read(buf_str(&text), &rules, &trouble));
    CHECK(says(&trouble, "rule files of more than 8388608 bytes\n"));
}

static void comment_put(buf_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_put_byte(text, '#');
    buf_put_byte(text, '\n');
}

TEST(a_line_has_a_longest_length_and_the_next_one_is_read)
{
    OWN(buf) text = BUF(ROOM);
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    comment_put(&text, MAX_RULE_LINE);
    CHECK_OK(given_read(buf_str(&text), &rules, &trouble));
    buf_clear(&text);
    comment_put(&text, MAX_RULE_LINE + 1);
    buf_put(&text, STR("x\n"));
    rules_drop(&rules);
    CHECK_FAILS(ERR_INVALID, given_read(buf_str(&text), &rules, &trouble));
    CHECK(says(&trouble, ":1: a line of more than 4096 bytes\n") && says(&trouble, ":2: unknown: x\n"));
}

TEST(sets_and_conditions_have_a_largest_number)
{
    OWN(buf) text = BUF(ROOM);
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    for (size_t i = 0; i <= MAX_RULE_SETS; i++)
        buf_putf(&text, "set s%zu = /x\n", i);
    buf_put(&text, STR("deny any :"));
    for (size_t i = 0; i <= MAX_RULE_CONDITIONS; i++)
        buf_put(&text, STR(" path!=/x"));
    CHECK_FAILS(ERR_INVALID, given_read(buf_str(&text), &rules, &trouble));
    CHECK(says(&trouble, ":1001: more than 1000 sets\n") &&
          says(&trouble, ":1002: more than 16 conditions\n"));
}

/* Each rule names the whole of a large set: what is kept is the set, once. */
TEST(a_large_set_that_many_rules_name_is_kept_once)
{
    OWN(buf) text = BUF(ROOM);
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    struct attempt attempt = {.path = STR("/x"), .known = FACT_SHA256};
    buf_put(&text, STR("set bad ="));
    for (size_t i = 0; i < 20000; i++)
        buf_putf(&text, " \\\n%064zx", i);
    for (size_t i = 0; i < 10000; i++)
        buf_putf(&text, "\ndeny any : sha256=%%bad path!=/a%zu", i);
    buf_put(&text, STR("\nallow any : any\n"));
    CHECK_OK(given_read(buf_str(&text), &rules, &trouble));
    attempt.sha256[DIGEST_SIZE - 1] = 7;
    CHECK(decided(rules, &attempt) == DECISION_DENY);
    attempt.sha256[0] = 7;
    CHECK(decided(rules, &attempt) == DECISION_ALLOW);
}

/* Patterns that begin to match wherever they are tried, and paths of the longest: found out within so many steps. */
TEST(a_set_that_is_made_to_be_slow_is_read_all_the_same)
{
    OWN(buf) text = BUF(ROOM);
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    for (size_t i = 0; i < 256; i++) {
        buf_put(&text, STR("deny any : path=/"));
        for (size_t j = 0; j < 240; j++)
            buf_put(&text, STR("a*"));
        buf_putf(&text, "b%zu\n", i);
    }
    for (size_t i = 0; i < 1500; i++) {
        buf_put(&text, STR("allow any : path=/"));
        for (size_t j = 0; j < 4000; j++)
            buf_put_byte(&text, 'a');
        buf_putf(&text, "%zu\n", i);
    }
    CHECK_OK(given_read(buf_str(&text), &rules, &trouble));
    CHECK(rules_count(rules) == 1756);
}

TESTS(a_hundred_thousand_rules_read_and_each_is_found, a_rule_more_than_there_may_be_is_refused,
      as_many_files_as_there_may_be_read_as_one_list, a_byte_more_than_there_may_be_is_refused,
      a_line_has_a_longest_length_and_the_next_one_is_read, sets_and_conditions_have_a_largest_number,
      a_large_set_that_many_rules_name_is_kept_once, a_set_that_is_made_to_be_slow_is_read_all_the_same)
