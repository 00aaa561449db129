/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/completion.h"
#include "cli/man.h"
#include "cli/man_rules.h"
#include "cli/parse.h"
#include "cli/run_test.h"

enum { PRINTED_MAX = 1024 * 1024 };

/* Values */

static bool is_used(const char *value)
{
    struct wanted wanted;
    for_each_option(o) if (o->value && !strcmp(o->value, value)) return true;
    for_each_command(c)
    {
        struct wanted_list list = {str(c->arguments)};
        while (wanted_next(&list, &wanted))
            if (str_eq(wanted.name, str(value)))
                return true;
    }
    return false;
}

TEST(every_fixed_value_is_that_of_an_option_or_an_argument)
{
    for_each_value(v) CHECK(is_used(v->name) && *v->choices);
}

TEST(a_value_that_is_none_of_its_choices_is_refused_with_all_of_them)
{
    OWN(run) run = {0};
    RUN(&run, "device", "list", "--state", "gone");
    CHECK(refused(
        &run,
        "--state is approved, pending, revoked, open, refused, void, withdrawn, ended, used, emergency, silent, "
        "trouble, off, behind, current, waiting, sent, delivered, failed or nobody\n"));
    RUN(&run, "device", "list", "--sort=-age");
    CHECK(refused(&run, "--sort is enrolled, -enrolled,"));
    RUN(&run, "token", "create", "--name", "x", "--days", "1", "--role", "owner");
    CHECK(refused(&run, "--role is administrator, auditor or viewer\n"));
    RUN(&run, "completion", "tcsh");
    CHECK(refused(&run, "SHELL is bash, zsh or fish\n"));
    RUN(&run, "settings", "set", "programs", "of");
    CHECK(refused(&run, "on|off is on or off\n"));
    RUN(&run, "settings", "set", "passwords", "on");
    CHECK(refused(&run, "ITEM is computer_name, mac_address,") && strstr(run.err, " or launches\n"));
    RUN(&run, "describe", "man", "login");
    CHECK(refused(&run, "PAGE is custody or custody-rules\n"));
}

TEST(arguments_may_be_left_out_or_given_again_where_their_row_says_so)
{
    OWN(run) run = {0};
    struct cli cli = {0};
    CHECK_OK(parse(&cli, (char *[]){"settings", "set", "programs", "on", "--yes", "usernames", "off", NULL}));
    CHECK(cli.count == 6 && !strcmp(cli.arguments[3], "off"));
    cli = (struct cli){0};
    CHECK_OK(parse(&cli, (char *[]){"sso", "set", "https://id", "custody", "passkey", "passphrase", NULL}));
    cli = (struct cli){0};
    CHECK_OK(parse(&cli, (char *[]){"subject-access", "open", "gdpr", "acc_a", "acc_b", NULL}));
    cli = (struct cli){0};
    CHECK_OK(parse(&cli, (char *[]){"describe", "man", NULL}));
    cli = (struct cli){0};
    CHECK_OK(parse(&cli, (char *[]){"describe", "man", "custody", NULL}));
    RUN(&run, "settings", "set");
    CHECK(refused(&run, "ITEM is missing"));
    RUN(&run, "settings", "set", "programs", "on", "usernames");
    CHECK(refused(&run, "on|off is missing"));
    RUN(&run, "describe", "man", "custody", "custody");
    CHECK(refused(&run, "a word too many"));
}

TEST(the_environment_stands_for_an_option_that_must_be_given)
{
    struct cli cli = {0};
    char *const login[] = {"login", NULL};
    given_no_sign_in();
    CHECK_FAILS(ERR_INVALID, parse(&cli, (char **)login));
    setenv("CUSTODY_URL", "", 1);
    cli = (struct cli){0};
    CHECK_FAILS(ERR_INVALID, parse(&cli, (char **)login));
    setenv("CUSTODY_URL", "https://a", 1);
    cli = (struct cli){0};
    CHECK_OK(parse(&cli, (char **)login));
    unsetenv("CUSTODY_URL");
}

/* What is printed from the tables */

static bool has(const buf_t *text, const char *what) { return text->at && strstr(text->at, what); }

TEST(every_completion_knows_every_command_and_every_option)
{
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < 3; i++) {
        OWN(buf) text = BUF(PRINTED_MAX);
        completion_put(shells[i], &text);
        CHECK_OK(buf_end(&text));
        for_each_command(c) CHECK(has(&text, c->noun) && has(&text, c->verb));
        for_each_option(o) CHECK(has(&text, i == 2 ? o->name + 2 : o->name));
        CHECK(has(&text, "approved pending revoked") && has(&text, "on off"));
    }
}

/* As a manual page has it. */
static bool manual_has(const buf_t *text, const char *noun)
{
    OWN(buf) word = BUF(64);
    for (; *noun; noun++)
        buf_putf(&word, *noun == '-' ? "\\%c" : "%c", *noun);
    return has(text, word.at);
}

TEST(the_manual_names_every_command_option_variable_and_exit_status)
{
    OWN(buf) text = BUF(PRINTED_MAX);
    char line[64];
    man_put(&text);
    CHECK_OK(buf_end(&text));
    for_each_variable(v) CHECK(has(&text, v->name));
    for_each_command(c) CHECK(manual_has(&text, c->noun));
    for (err_t code = ERR_OK; code < ERR_COUNT; code++) {
        snprintf(line, sizeof line, "\n.B %d\n", err_info(code)->exit);
        CHECK(has(&text, line));
    }
    CHECK(has(&text, "\\fB\\-\\-with\\-devices\\fR\n") && has(&text, "\\fB\\-\\-state\\fR \\fISTATE\\fR\n"));
}

/* A text that begins with a dot or a quote would be a request, and vanish. */
TEST(no_line_of_the_manual_is_a_request_by_accident)
{
    static const char *const requests[] = {".\\\"", ".TH", ".SH", ".TP", ".PP", ".B",  ".BR",
                                           ".I",    ".RI", ".br", ".nf", ".fi", ".RS", ".RE"};
    OWN(buf) text = BUF(PRINTED_MAX);
    man_put(&text);
    man_rules_put(&text);
    for (str_t rest = buf_str(&text); rest.len;) {
        str_t line = str_until(&rest, '\n'), word = line;
        word = str_until(&word, ' ');
        bool known = line.len && line.at[0] != '.' && line.at[0] != '\'';
        for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
            known |= str_eq(word, str(requests[i]));
        CHECK(known && line.len <= 80);
    }
}

static bool is_committed(const char *path, const buf_t *printed)
{
    OWN(buf) file = BUF(PRINTED_MAX);
    char whole[4096];
    snprintf(whole, sizeof whole, "%s/%s", getenv("CUSTODY_SOURCE"), path);
    return env_real()->read_file(env_real(), whole, &file) == ERR_OK &&
           str_eq(buf_str(&file), buf_str(printed));
}

TEST(the_committed_completions_and_manual_are_what_is_printed)
{
    static const char *const files[][2] = {{"bash", "etc/completions/custody.bash"},
                                           {"zsh", "etc/completions/_custody"},
                                           {"fish", "etc/completions/custody.fish"}};
    OWN(buf) man = BUF(PRINTED_MAX);
    OWN(buf) rules = BUF(PRINTED_MAX);
    OWN(buf) words = BUF(PRINTED_MAX);
    if (!getenv("CUSTODY_SOURCE"))
        SKIP("CUSTODY_SOURCE does not say where the committed files are");
    for (size_t i = 0; i < 3; i++) {
        OWN(buf) text = BUF(PRINTED_MAX);
        completion_put(files[i][0], &text);
        CHECK(is_committed(files[i][1], &text));
    }
    man_put(&man);
    CHECK(is_committed("man/custody.1", &man));
    man_rules_put(&rules);
    CHECK(is_committed("man/custody-rules.5", &rules));
    describe_rules(&words);
    CHECK(is_committed("docs/describe/rules.md", &words));
}

TEST(what_is_printed_as_json_is_one_member)
{
    OWN(run) run = {0};
    OWN(json) object = NULL;
    RUN(&run, "completion", "fish", "--json");
    object = json_loads(run.out, 0, NULL);
    CHECK(run.status == 0 && json_is_string(json_object_get(object, "fish")) &&
          json_object_size(object) == 1);
}

TESTS(every_fixed_value_is_that_of_an_option_or_an_argument,
      a_value_that_is_none_of_its_choices_is_refused_with_all_of_them,
      arguments_may_be_left_out_or_given_again_where_their_row_says_so,
      the_environment_stands_for_an_option_that_must_be_given,
      every_completion_knows_every_command_and_every_option,
      the_manual_names_every_command_option_variable_and_exit_status,
      no_line_of_the_manual_is_a_request_by_accident,
      the_committed_completions_and_manual_are_what_is_printed, what_is_printed_as_json_is_one_member)
