/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/grid.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/run_test.h"
#include "concept/describe.h"

/* The table */

TEST(every_command_stands_there_once_and_says_what_it_does)
{
    for_each_command(c)
    {
        CHECK(c->run && strlen(c->help) > 10 && c->help[0] >= 'a' && c->help[0] <= 'z');
        for_each_command(other)
            CHECK(c == other || strcmp(c->noun, other->noun) != 0 || strcmp(c->verb, other->verb) != 0);
    }
}

TEST(a_noun_with_verbs_is_no_command_by_itself)
{
    for_each_command(c) for_each_command(other)
        CHECK(*c->verb || c == other || strcmp(c->noun, other->noun) != 0);
}

TEST(every_option_of_a_command_is_in_the_option_table)
{
    for_each_command(c)
    {
        struct wanted_list list = {str(c->options)};
        struct wanted wanted;
        while (wanted_next(&list, &wanted))
            CHECK(option_find(wanted.name));
        CHECK(list.depth == 0);
    }
}

TEST(every_option_stands_there_once_says_what_it_is_and_is_of_use)
{
    for_each_option(o)
    {
        size_t used = !strcmp(o->name, "--version");
        CHECK(strlen(o->help) > 5);
        for_each_option(other) CHECK(o == other || strcmp(o->name, other->name) != 0);
        for_each_command(c) used += command_takes(c, o);
        CHECK(used);
    }
}

TEST(the_usage_is_the_row_with_the_names_of_the_values)
{
    const char *const words[] = {"device", "show"}, *const other[] = {"login"};
    OWN(buf) text = BUF(1024);
    usage_put(command_find(words, 2), &text);
    buf_put(&text, STR("\n"));
    usage_put(command_find(other, 1), &text);
    CHECK(str_eq(buf_str(&text),
                 STR("custody device show ID [--programs]\n"
                     "custody login --url URL [--token TOKEN] [--tenant TENANT --username NAME] [--browser] "
                     "[--staff --username NAME] [--authority FILE] [--insecure]")));
}

TEST(help_names_every_command_and_every_exit_status)
{
    OWN(run) run = {0};
    RUN(&run, "--help");
    CHECK(run.status == 0 && !run.err_len);
    for_each_command(c) CHECK(strstr(run.out, c->help));
    for (err_t code = ERR_OK; code < ERR_COUNT; code++)
        CHECK(strstr(run.out, err_info(code)->meaning));
    RUN(&run, "token", "--help");
    CHECK(strstr(run.out, "token revoke") && !strstr(run.out, "device"));
    RUN(&run, "token", "create", "-h");
    CHECK(strstr(run.out,
                 "custody token create --name NAME --days N [--role ROLE] [--scope SCOPES] [--confirm"));
    RUN(&run, "tokken", "--help");
    CHECK(run.status == 2 && !run.out_len);
}

TEST(help_as_json_is_the_table)
{
    OWN(run) run = {0};
    OWN(json) table = NULL;
    size_t count = 0;
    RUN(&run, "--help", "--json");
    CHECK_OK(answer_parse(str_bytes(run.out, run.out_len), &table));
    for_each_command(c) count++;
    CHECK(json_array_size(json_object_get(table, "commands")) == count);
}

/* What is typed */

TEST(a_mistyped_line_is_refused_with_what_is_wrong_and_where_to_look)
{
    OWN(run) run = {0};
    run_words(&run, "", (char *[]){NULL});
    CHECK(refused(&run, "no command") && strstr(run.err, "next: custody --help\n"));
    RUN(&run, "devise");
    CHECK(refused(&run, "no such command"));
    RUN(&run, "device");
    CHECK(refused(&run, "needs a verb") && strstr(run.err, "next: custody device --help\n"));
    RUN(&run, "device", "lst");
    CHECK(refused(&run, "no such verb"));
    RUN(&run, "device", "show");
    CHECK(refused(&run, "ID is missing") && strstr(run.err, "next: custody device show --help\n"));
    char one[] = "1", *many[WORDS_MAX + 2] = {0};
    for (size_t i = 0; i <= WORDS_MAX; i++)
        many[i] = one;
    run_words(&run, "", many);
    CHECK(refused(&run, "more words") && strstr(run.err, "next: custody --help\n"));
}

TEST(an_option_that_is_unknown_twice_empty_or_not_the_commands_is_refused)
{
    OWN(run) run = {0};
    RUN(&run, "device", "list", "--limt", "3");
    CHECK(refused(&run, "no option --limt"));
    RUN(&run, "device", "list", "--limit");
    CHECK(refused(&run, "--limit needs a value"));
    RUN(&run, "device", "list", "--limit", "--all");
    CHECK(refused(&run, "--limit needs a value"));
    RUN(&run, "device", "list", "--limit=1", "--limit", "2");
    CHECK(refused(&run, "--limit is given twice"));
    RUN(&run, "device", "list", "--all=yes");
    CHECK(refused(&run, "--all takes no value"));
    RUN(&run, "token", "list", "--name", "x");
    CHECK(refused(&run, "does not take --name"));
    RUN(&run, "tenant", "list", "--socket", "s", "--url", "https://a");
    CHECK(refused(&run, "does not take --url"));
    RUN(&run, "deployment", "create", "--name", "x", "--days", "3");
    CHECK(refused(&run, "--uses is missing"));
}

TEST(what_may_be_a_secret_in_the_wrong_place_is_not_repeated)
{
    OWN(run) run = {0};
    RUN(&run, "kit", "confirm", "ABCD-EFGH");
    CHECK(refused(&run, "a word too many") && !strstr(run.err, "ABCD"));
    RUN(&run, "ABCD-EFGH");
    CHECK(refused(&run, "no such command") && !strstr(run.err, "ABCD"));
    RUN(&run, "login", "--pass=hunter2");
    CHECK(refused(&run, "no option --pass") && !strstr(run.err, "hunter2"));
}

TEST(options_stand_anywhere_and_after_two_dashes_all_are_words)
{
    struct cli cli = {0};
    CHECK_OK(parse(&cli, (char *[]){"--limit=7", "device", "--all", "list", "--cursor", "-x", NULL}));
    CHECK(!strcmp(cli.options.limit, "7") && cli.options.all && !strcmp(cli.options.cursor, "-x"));
    cli = (struct cli){0};
    CHECK_OK(parse(&cli, (char *[]){"tenant", "create", "--socket", "s", "--", "--odd", NULL}));
    CHECK(!strcmp(cli.arguments[0], "--odd"));
}

/* Errors */

TEST(an_error_is_one_json_object_wherever_json_was_asked_for)
{
    OWN(run) run = {0};
    OWN(json) problem = NULL;
    given_no_sign_in();
    RUN(&run, "device", "list", "--limit", "--json");
    CHECK_OK(answer_parse(str_bytes(run.err, run.err_len), &problem));
    CHECK(run.status == 2 && !run.out_len && json_object_size(problem) == 4);
    CHECK(str_eq(answer_text(problem, "type"), STR("custody:invalid")));
    CHECK(json_integer_value(json_object_get(problem, "status")) == 400);
    CHECK(str_starts(answer_text(problem, "detail"), STR("--limit needs a value")));
    CHECK(strchr(run.err, '\n') == run.err + run.err_len - 1);
}

TEST(the_exit_status_is_that_of_the_error_and_says_what_to_do_next)
{
    OWN(run) run = {0};
    given_no_sign_in();
    RUN(&run, "whoami");
    CHECK(run.status == 3 && strstr(run.err, "nobody is signed in") &&
          strstr(run.err, "next: sign in: custody login"));
    RUN(&run, "tenant", "list", "--socket", "/nowhere/at.all");
    CHECK(run.status == 8 && strstr(run.err, "nobody answers at the socket"));
}

TEST(a_problem_is_known_by_its_type_and_else_by_its_status)
{
    CHECK_FAILS(ERR_LOCKED, answer_problem(423, STR("{\"type\":\"custody:locked\",\"detail\":\"no key\"}")));
    CHECK(!strcmp(err_note(), "no key"));
    CHECK_FAILS(ERR_TOO_LARGE, answer_problem(413, STR("{\"type\":\"custody:too_large\"}")));
    CHECK_FAILS(ERR_CONFLICT, answer_problem(409, STR("{\"type\":\"custody:later_word\"}")));
    CHECK_FAILS(ERR_MISSING, answer_problem(404, STR("<html>")));
    CHECK_FAILS(ERR_BUSY, answer_problem(429, STR("")));
    CHECK_FAILS(ERR_INVALID, answer_problem(418, STR("{}")));
    CHECK_FAILS(ERR_BROKEN, answer_problem(302, STR("")));
    CHECK_FAILS(ERR_DENIED,
                answer_problem(403, STR("{\"type\":\"custody:denied\",\"detail\":\"a\\u001b[2J\"}")));
    CHECK(!strcmp(err_note(), "a\\x1b[2J"));
}

/* Text */

static bool is_put_as(str_t text, str_t expected)
{
    OWN(buf) out = BUF(1024);
    text_put(&out, text);
    return buf_end(&out) == ERR_OK && str_eq(buf_str(&out), expected);
}

TEST(nothing_from_the_service_reaches_the_terminal_as_a_control_character)
{
    CHECK(is_put_as(STR("Zoë 中"), STR("Zoë 中")));
    CHECK(is_put_as(STR("a\x1b[31m\n\t\0b"), STR("a\\x1b[31m\\x0a\\x09\\x00b")));
    CHECK(is_put_as(STR("\x7f"), STR("\\x7f")));
    CHECK(is_put_as(STR("\xc2\x9b"), STR("\\xc2\\x9b")));          /* C1 */
    CHECK(is_put_as(STR("\xe2\x80\xae"), STR("\\xe2\\x80\\xae"))); /* right to left from here */
    CHECK(is_put_as(STR("\xe2\x80\xa8"), STR("\\xe2\\x80\\xa8"))); /* a line end by another name */
    CHECK(is_put_as(STR("\x9b\xff\xc3"), STR("\\x9b\\xff\\xc3"))); /* no UTF-8 */
    CHECK(is_put_as(STR("\xed\xa0\x80"), STR("\\xed\\xa0\\x80"))); /* a surrogate */
}

TEST(a_width_is_counted_in_cells_of_the_terminal)
{
    text_start();
    CHECK(text_width(STR("laptop")) == 6);
    CHECK(text_width(STR("Zoë")) == 3);
    CHECK(text_width(STR("e\xcc\x81")) == 1); /* e and an accent that combines */
    CHECK(text_width(STR("中文")) == 4);
    CHECK(text_width(STR("")) == 0);
}

TEST(a_moment_is_shown_in_the_zone_of_the_person)
{
    OWN(buf) out = BUF(256);
    setenv("TZ", "UTC-2", 1);
    text_start();
    text_put_local(&out, STR("2026-11-24T23:59:59Z"));
    buf_put_byte(&out, '|');
    text_put_local(&out, STR("soon\x1b"));
    CHECK(str_eq(buf_str(&out), STR("2026-11-25 01:59|soon\\x1b")));
}

TEST(json_passes_byte_for_byte_but_for_what_a_terminal_would_obey)
{
    OWN(run) run = {0};
    given_cli(&run, "");
    cli_print_json(&run.cli, STR("{\"b\":1.50, \"a\":\"\\u001b \xc3\xab\"}\n"));
    cli_print_json(&run.cli, STR("[\"\x7f\xc2\x9b\xe2\x80\xae\"]"));
    printed(&run);
    CHECK(!strcmp(run.out, "{\"b\":1.50, \"a\":\"\\u001b \xc3\xab\"}\n[\"\\u007f\\u009b\\u202e\"]\n"));
}

TEST(columns_are_as_wide_as_their_widest_cell_and_no_line_ends_in_blanks)
{
    static const struct column columns[] = {
        {"Name", "name", put_text}, {"N", "n", put_number}, {"On", "on", put_yes}, {0}};
    OWN(run) run = {0};
    OWN(json)
    rows = json_loads("[{\"name\":\"中文机\",\"n\":12,\"on\":true},{\"name\":null,\"n\":3,\"on\":false},"
                      "{\"name\":\"a\\n\"}]",
                      0, NULL);
    given_cli(&run, "");
    grid_print(&run.cli, columns, rows);
    printed(&run);
    CHECK(!strcmp(run.out, "Name    N   On\n中文机  12  yes\n        3\na\\x0a\n"));
}

/* The rest */

TEST(a_body_is_json_whatever_is_typed)
{
    OWN(buf) body = BUF(256);
    OWN(buf) bad = BUF(256);
    body_put(&body, "name", STR("a\"b\\\n"));
    CHECK_OK(body_put_number(&body, "days", "30"));
    CHECK_FAILS(ERR_INVALID, body_put_number(&body, "days", "-1"));
    CHECK_OK(body_end(&body));
    CHECK(str_eq(buf_str(&body), STR("{\"name\":\"a\\u0022b\\u005c\\u000a\",\"days\":30}")));
    body_put(&bad, "name", STR("\xff"));
    CHECK_FAILS(ERR_INVALID, body_end(&bad));
}

TEST(describe_prints_what_the_concepts_say)
{
    OWN(run) run = {0};
    OWN(buf) sql = BUF(MAX_REPLY);
    OWN(json) object = NULL;
    describe_sql(&sql);
    RUN(&run, "describe", "sql");
    CHECK(run.status == 0 && str_eq(str_bytes(run.out, run.out_len), buf_str(&sql)));
    RUN(&run, "describe", "data-map", "--json");
    CHECK_OK(answer_parse(str_bytes(run.out, run.out_len), &object));
    CHECK(answer_text(object, "data-map").len);
}

TEST(an_output_that_cannot_be_written_is_an_error)
{
    OWN(run) run = {0};
    given_cli(&run, "");
    fclose(run.cli.out);
    run.cli.out = fopen("/dev/full", "w");
    CHECK(run.cli.out && cli_run(&run.cli, (char *[]){"version", NULL}) == 70);
    printed(&run);
    CHECK(strstr(run.err, "cannot write"));
}

TESTS(every_command_stands_there_once_and_says_what_it_does, a_noun_with_verbs_is_no_command_by_itself,
      every_option_of_a_command_is_in_the_option_table,
      every_option_stands_there_once_says_what_it_is_and_is_of_use,
      the_usage_is_the_row_with_the_names_of_the_values, help_names_every_command_and_every_exit_status,
      help_as_json_is_the_table, a_mistyped_line_is_refused_with_what_is_wrong_and_where_to_look,
      an_option_that_is_unknown_twice_empty_or_not_the_commands_is_refused,
      what_may_be_a_secret_in_the_wrong_place_is_not_repeated,
      options_stand_anywhere_and_after_two_dashes_all_are_words,
      an_error_is_one_json_object_wherever_json_was_asked_for,
      the_exit_status_is_that_of_the_error_and_says_what_to_do_next,
      a_problem_is_known_by_its_type_and_else_by_its_status,
      nothing_from_the_service_reaches_the_terminal_as_a_control_character,
      a_width_is_counted_in_cells_of_the_terminal, a_moment_is_shown_in_the_zone_of_the_person,
      json_passes_byte_for_byte_but_for_what_a_terminal_would_obey,
      columns_are_as_wide_as_their_widest_cell_and_no_line_ends_in_blanks, a_body_is_json_whatever_is_typed,
      describe_prints_what_the_concepts_say, an_output_that_cannot_be_written_is_an_error)
