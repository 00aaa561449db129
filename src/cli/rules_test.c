/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/answer.h"
#include "cli/run_test.h"

#define RULES \
    "deny user=root : path=/usr/bin/curl\n" \
    "elevate needs=reason,approval group=sudo : path=/usr/bin/apt-get \\\n  args=\"update\"\n" \
    "deny record=none any : path=/tmp/**\n" \
    "deny any : path=/tmp/x\n"

static void given_file(struct run *run, const char *path, const char *text)
{
    if (!run->world.env.now)
        world_open(&run->world, 1);
    if (run->world.env.write_file(&run->world.env, path, str(text), 0600) != ERR_OK)
        abort();
}

TEST(rules_without_errors_are_counted_and_warned_of)
{
    OWN(run) run = {0};
    given_file(&run, "/p/10-a.rules", RULES);
    RUN(&run, "policy", "check", "/p/10-a.rules");
    CHECK(run.status == 0 && !strcmp(run.err, "4 rules in 1 files: no errors\n"));
    CHECK(!strcmp(run.out, "10-a.rules:5: warning: never decides: 10-a.rules:4 does before it\n"));
}

TEST(rules_with_errors_fail_and_each_is_an_object_of_the_json)
{
    OWN(run) run = {0};
    OWN(json) object = NULL;
    given_file(&run, "/p/10-a.rules", "x\n");
    given_file(&run, "/p/b.rules", "");
    RUN(&run, "policy", "check", "/p/10-a.rules", "/p/b.rules", "--json");
    object = json_loads(run.out, 0, NULL);
    CHECK(run.status == 2 && object && strstr(run.err, "custody:invalid"));
    json_t *trouble = json_object_get(object, "trouble");
    json_t *first = json_array_get(trouble, 0), *second = json_array_get(trouble, 1);
    CHECK(json_array_size(trouble) == 2 && json_integer_value(json_object_get(first, "line")) == 1);
    CHECK(str_eq(answer_text(first, "file"), STR("10-a.rules")) &&
          str_eq(answer_text(first, "said"), STR("unknown: x")));
    CHECK(str_eq(answer_text(second, "file"), STR("b.rules")) &&
          json_is_false(json_object_get(second, "warning")));
    RUN(&run, "policy", "check", "/p/none.rules");
    CHECK(run.status == 6);
}

TEST(a_launch_is_explained_with_the_rules_that_nearly_decided)
{
    OWN(run) run = {0};
    given_file(&run, "/p/10-a.rules", RULES);
    RUN(&run, "policy", "explain", "/p/10-a.rules", "--path", "/usr/bin/curl");
    CHECK(run.status == 0 && !strcmp(run.out, "observe\n"
                                              "  by default observe\n"
                                              "  recorded: package, parent, path\n"
                                              "nearly\n"
                                              "  10-a.rules:1: deny user=root : path=/usr/bin/curl\n"
                                              "    but for user=root\n"));
    RUN(&run, "policy", "explain", "/p/10-a.rules", "--path", "/usr/bin/apt-get", "--args", "update");
    CHECK(strstr(run.out,
                 "path=/usr/bin/apt-get args=\"update\"\n    but for group=sudo, which is not known\n"));
    RUN(&run, "policy", "explain", "/p/10-a.rules", "--path", "/tmp/x", "--user", "0");
    CHECK(strstr(run.out, "deny\n  by 10-a.rules:4: ") && strstr(run.out, "recorded: nothing\n") &&
          strstr(run.out, "but it comes later\n"));
}

TEST(an_explanation_is_one_object_of_json)
{
    OWN(run) run = {0};
    OWN(json) object = NULL;
    given_file(&run, "/p/10-a.rules", RULES);
    RUN(&run, "policy", "explain", "/p/10-a.rules", "--path", "/usr/bin/apt-get", "--args", "update",
        "--groups", "users,sudo", "--json");
    object = json_loads(run.out, 0, NULL);
    CHECK(run.status == 0 && str_eq(answer_text(object, "decision"), STR("elevate")));
    CHECK(json_integer_value(json_object_get(json_object_get(object, "rule"), "number")) == 2);
    CHECK(json_array_size(json_object_get(object, "needs")) == 2 &&
          json_integer_value(json_object_get(object, "minutes")) == 0);
}

TEST(every_fact_of_a_launch_can_be_told)
{
    static const char *const told[][3] = {
        {"user=root", "--user", "0"},
        {"user=acc_aeaaaaaaaaaaaaaaaaaaaaaaaa", "--user", "acc_aeaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"group=sudo", "--groups", "sudo"},
        {"any : path=%home/x", "--home", "/home/a"},
        {"any : args=\"-v\"", "--args", "-v"},
        {"any : parent=/bin/sh", "--parents", "/bin/sh,/bin/login"},
        {"any : ancestor=/bin/login", "--parents", "/bin/sh,/bin/login"},
        {"any : script=/x", "--script", "/x"},
        {"any : interpreter=/x", "--interpreter", "/x"},
        {"any : trust=system", "--trust", "system"},
        {"any : package=none", "--package", "none"},
        {"any : state=altered", "--file-state", "altered"},
        {"any : sha256=0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "--sha256",
         "0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        OWN(run) run = {0};
        char text[256];
        snprintf(text, sizeof text, "deny %s%s\n", told[i][0], strchr(told[i][0], ':') ? "" : " : any");
        given_file(&run, "/p/10-a.rules", text);
        RUN(&run, "policy", "explain", "/p/10-a.rules", "--path", "/home/a/x");
        CHECK(!strncmp(run.out, "observe\n", 8));
        RUN(&run, "policy", "explain", "/p/10-a.rules", "--path", "/home/a/x", (char *)(uintptr_t)told[i][1],
            (char *)(uintptr_t)told[i][2]);
        CHECK(!strncmp(run.out, "deny\n", 5));
    }
}

TESTS(rules_without_errors_are_counted_and_warned_of,
      rules_with_errors_fail_and_each_is_an_object_of_the_json,
      a_launch_is_explained_with_the_rules_that_nearly_decided, an_explanation_is_one_object_of_json,
      every_fact_of_a_launch_can_be_told)
