/* SPDX-License-Identifier: Apache-2.0
 *
 * What counts as a mention of a name.
 */
#include "erase/mentions.h"

#include "test/test.h"

static bool is_mention(const char *name, const char *text)
{
    struct mention_search search = {.term_count = 0};
    mention_term(&search, str(name));
    return mention_in(&search, str(text));
}

TEST(a_name_is_found_in_any_case_and_within_other_words)
{
    CHECK(is_mention("alice", "ALICE-LAPTOP") && is_mention("alice", "/home/alice/bin/tool") &&
          is_mention("Alice Kramer", "for alice kramer, as agreed") && is_mention("alice", "malice"));
    CHECK(!is_mention("alice", "ali ce") && !is_mention("alice", "alic") && !is_mention("alice", ""));
}

TEST(a_short_name_counts_where_it_stands_by_itself)
{
    CHECK(is_mention("bo", "/home/bo/x") && is_mention("bo", "BO-PC") && is_mention("bo", "bo"));
    CHECK(!is_mention("bo", "/boot/vmlinuz") && !is_mention("bo", "turbo") && !is_mention("bo", "bob"));
}

TEST(no_name_and_the_same_name_twice_look_for_nothing_more)
{
    struct mention_search search = {.term_count = 0};
    mention_term(&search, STR(""));
    mention_term(&search, STR("  "));
    CHECK(search.term_count == 0 && !mention_in(&search, STR("anything")));
    for (int i = 0; i < 100; i++)
        mention_term(&search, STR("alice"));
    CHECK(search.term_count == 1);
}

TESTS(a_name_is_found_in_any_case_and_within_other_words, a_short_name_counts_where_it_stands_by_itself,
      no_name_and_the_same_name_twice_look_for_nothing_more)
