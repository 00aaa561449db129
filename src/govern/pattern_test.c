/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/pattern.h"

#include "base/limits.h"
#include "test/test.h"

enum { ROOM = 1024 * 1024 };

static bool matches(enum pattern_kind kind, const char *pattern, const char *text)
{
    OWN(arena) arena = ARENA(ROOM);
    struct pattern read;
    return pattern_read(str(pattern), kind, &arena, &read) == ERR_OK && pattern_matches(&read, str(text));
}
#define PATH(pattern, text) matches(PATTERN_PATH, pattern, text)
#define ARGS(pattern, text) matches(PATTERN_ARGS, pattern, text)

TEST(a_star_stays_within_a_name_and_two_go_over_folders)
{
    CHECK(PATH("/usr/bin/vim.*", "/usr/bin/vim.basic") && PATH("/usr/bin/vim*", "/usr/bin/vim"));
    CHECK(!PATH("/usr/bin/*", "/usr/bin/a/b") && !PATH("/usr/*/vim", "/usr/a/b/vim"));
    CHECK(PATH("/usr/**", "/usr/a/b") && !PATH("/usr/**", "/usr") && PATH("/**", "/x"));
    CHECK(PATH("/usr/**/vim", "/usr/vim") && PATH("/usr/**/vim", "/usr/a/b/vim"));
    CHECK(!PATH("/usr/**/vim", "/usr/a/bvim") && PATH("/usr/**vim", "/usr/a/bvim"));
    CHECK(PATH("**/vim", "/vim") && PATH("**/vim", "/a/vim") && PATH("/a/**/*", "/a/b"));
}

TEST(a_question_mark_is_one_character_however_many_bytes_it_has)
{
    CHECK(PATH("/a?", "/ab") && !PATH("/a?", "/a") && !PATH("/a?", "/a/") && !PATH("/a?", "/abc"));
    CHECK(PATH("/a?", "/aé") && PATH("/a?c", "/a中c") && !PATH("/a??", "/aé"));
}

TEST(what_stands_before_and_behind_is_bound_to_both_ends)
{
    CHECK(PATH("/bin/*.sh", "/bin/x.sh") && !PATH("/bin/*.sh", "/bin/x.sh2") &&
          !PATH("/bin/*.sh", "/xbin/x.sh"));
    CHECK(PATH("/bin/a", "/bin/a") && !PATH("/bin/a", "/bin/ab") && !PATH("/bin/ab", "/bin/a"));
    CHECK(PATH("/a*b*c", "/aXbYbZc") && !PATH("/a*b*c", "/aXbYbZ") && PATH("/100%%", "/100%"));
}

TEST(a_star_in_arguments_is_within_one_of_them)
{
    CHECK(ARGS("install *", "install vim") && !ARGS("install *", "install vim emacs"));
    CHECK(!ARGS("install *", "install ./own.deb") && ARGS("install **", "install ./own.deb"));
    CHECK(ARGS("", "") && !ARGS("", "x") && ARGS("**", "") && ARGS("update", "update"));
}

TEST(home_is_that_of_whoever_launches)
{
    OWN(arena) arena = ARENA(ROOM);
    struct pattern pattern;
    CHECK_OK(pattern_read(STR("%home/Downloads/**"), PATTERN_PATH, &arena, &pattern));
    str_t file = STR("/home/a/Downloads/x");
    CHECK(pattern_matches_home(&pattern, STR("/home/a"), file));
    CHECK(pattern_matches_home(&pattern, STR("/home/a/"), file));
    CHECK(!pattern_matches_home(&pattern, STR("/home/b"), file));
    CHECK(!pattern_matches_home(&pattern, STR("/"), STR("/Downloads/x")) &&
          !pattern_matches_home(&pattern, STR(""), STR("/Downloads/x")));
}

TEST(a_path_that_no_file_can_have_is_refused)
{
    static const char *const refused[] = {"",        "vim", "bin/vim",  "*vim", "/a//b", "/a/./b",
                                          "/a/../b", "/a/", "%homex/y", "/a%b", "%home", "/a/%home/b"};
    OWN(arena) arena = ARENA(ROOM);
    struct pattern pattern;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        CHECK_FAILS(ERR_INVALID, pattern_read(str(refused[i]), PATTERN_PATH, &arena, &pattern));
}

/* One that tries each way in turn would need 10^100 of them. */
TEST(no_pattern_takes_more_time_than_its_length_and_that_of_the_text)
{
    OWN(arena) arena = ARENA(ROOM);
    char text[MAX_RULE_LINE + 1] = "/", many[MAX_RULE_LINE + 1] = "/";
    struct pattern pattern;
    memset(text + 1, 'a', MAX_RULE_LINE - 1);
    for (size_t i = 1; i + 2 < MAX_PATTERN; i += 2)
        memcpy(many + i, "*a", 3);
    memcpy(many + strlen(many), "b", 2);
    CHECK_OK(pattern_read(str(many), PATTERN_PATH, &arena, &pattern));
    CHECK(!pattern_matches(&pattern, str(text)));
    text[MAX_RULE_LINE - 1] = 'b';
    CHECK(pattern_matches(&pattern, str(text)));
}

TEST(a_pattern_has_a_longest_tail)
{
    OWN(arena) arena = ARENA(ROOM);
    char many[MAX_PATTERN + 8] = "/";
    struct pattern pattern;
    for (size_t i = 1; i <= MAX_PATTERN; i++)
        many[i] = '?';
    CHECK_OK(pattern_read(str(many), PATTERN_PATH, &arena, &pattern));
    many[MAX_PATTERN + 1] = '?';
    CHECK_FAILS(ERR_INVALID, pattern_read(str(many), PATTERN_PATH, &arena, &pattern));
}

TESTS(a_star_stays_within_a_name_and_two_go_over_folders,
      a_question_mark_is_one_character_however_many_bytes_it_has,
      what_stands_before_and_behind_is_bound_to_both_ends, a_star_in_arguments_is_within_one_of_them,
      home_is_that_of_whoever_launches, a_path_that_no_file_can_have_is_refused,
      no_pattern_takes_more_time_than_its_length_and_that_of_the_text, a_pattern_has_a_longest_tail)
