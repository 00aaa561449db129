/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/answer.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/stub_test.h"

#include <fcntl.h>
#include <sys/stat.h>

#define SAVED "https://saved.example"

/* Saved for SAVED, with a token and an authority, in the run's own world. */
static void given_saved(struct run *run)
{
    OWN(sign_in) made = {.url = BUF(99), .bearer = BUF(99), .authority = BUF(99)};
    given_no_sign_in();
    given_cli(run, "");
    buf_put(&made.url, STR(SAVED));
    buf_put(&made.authority, STR("-----BEGIN CERTIFICATE-----\nsaved"));
    if (sign_in_set_bearer(&made, STR("ctk_saved")) != ERR_OK || sign_in_save(&run->cli, &made) != ERR_OK)
        abort();
}

static bool is(const struct sign_in *found, const char *url, const char *bearer)
{
    return str_eq(buf_str(&found->url), str(url)) && str_eq(buf_str(&found->bearer), str(bearer));
}

/* Where it comes from */

TEST(url_and_token_of_the_environment_need_no_file)
{
    OWN(run) run = {0};
    OWN(sign_in) found = {0};
    given_no_sign_in();
    given_cli(&run, "");
    setenv("CUSTODY_URL", "https://env.example/", 1);
    setenv("CUSTODY_TOKEN", "ctk_env", 1);
    CHECK_OK(sign_in_load(&run.cli, &found));
    CHECK(is(&found, "https://env.example", "ctk_env") && !found.authority.len);
    CHECK(!strcmp(found.from, "environment"));
    given_no_sign_in();
}

TEST(options_come_before_the_environment_and_that_before_the_file)
{
    OWN(run) run = {0};
    OWN(sign_in) file = {0};
    OWN(sign_in) token = {0};
    OWN(sign_in) whole = {0};
    OWN(sign_in) option = {0};
    given_saved(&run);
    CHECK_OK(sign_in_load(&run.cli, &file));
    CHECK(is(&file, SAVED, "ctk_saved") && file.authority.len && !strcmp(file.from, "file"));
    setenv("CUSTODY_TOKEN", "ctk_env", 1);
    CHECK_OK(sign_in_load(&run.cli, &token));
    CHECK(is(&token, SAVED, "ctk_env") && token.authority.len);
    setenv("CUSTODY_URL", "https://env.example", 1);
    CHECK_OK(sign_in_load(&run.cli, &whole));
    CHECK(is(&whole, "https://env.example", "ctk_env") && !whole.authority.len);
    run.cli.options.url = "https://option.example";
    run.cli.options.token = "ctk_option";
    CHECK_OK(sign_in_load(&run.cli, &option));
    CHECK(is(&option, "https://option.example", "ctk_option") && !strcmp(option.from, "options"));
    given_no_sign_in();
}

TEST(a_saved_token_is_sent_to_no_other_address)
{
    OWN(run) run = {0};
    OWN(sign_in) other = {0};
    OWN(sign_in) same = {0};
    given_saved(&run);
    run.cli.options.url = "https://other.example";
    CHECK_FAILS(ERR_SIGNED_OUT, sign_in_load(&run.cli, &other));
    CHECK(!other.bearer.len && strstr(run.cli.advice, "CUSTODY_TOKEN"));
    run.cli.options.url = SAVED "/";
    CHECK_OK(sign_in_load(&run.cli, &same));
    CHECK(is(&same, SAVED, "ctk_saved"));
}

TEST(whom_to_trust_is_said_by_the_option_or_the_environment_before_the_file)
{
    OWN(run) run = {0};
    OWN(sign_in) env = {0};
    OWN(sign_in) insecure = {0};
    OWN(sign_in) both = {0};
    given_saved(&run);
    CHECK_OK(run.cli.env->write_file(run.cli.env, "/ca.pem", STR("-----BEGIN CERTIFICATE-----\nenv"), 0600));
    setenv("CUSTODY_AUTHORITY", "/ca.pem", 1);
    CHECK_OK(sign_in_load(&run.cli, &env));
    CHECK(strstr(env.authority.at, "env") && !env.insecure);
    run.cli.options.insecure = "--insecure";
    CHECK_OK(sign_in_load(&run.cli, &insecure));
    CHECK(insecure.insecure && !insecure.authority.len);
    run.cli.options.authority = "/ca.pem";
    CHECK_FAILS(ERR_INVALID, sign_in_load(&run.cli, &both));
    given_no_sign_in();
}

TEST(a_token_for_one_run_may_come_from_standard_input)
{
    OWN(run) run = {0};
    OWN(sign_in) found = {0};
    given_no_sign_in();
    given_cli(&run, "ctk_typed\nrest");
    run.cli.options.url = "https://a";
    run.cli.options.token = "-";
    CHECK_OK(sign_in_load(&run.cli, &found));
    CHECK(is(&found, "https://a", "ctk_typed"));
}

/* The file */

static void given_open_file(const char *path)
{
    if (chmod(path, 0640) != 0)
        abort();
}

TEST(a_sign_in_that_others_can_read_is_refused_with_the_command_that_mends_it)
{
    OWN(run) run = {0};
    OWN(sign_in) made = {.url = BUF(99), .bearer = BUF(99)};
    char mend[256];
    given_no_sign_in();
    given_cli(&run, "");
    run.cli.env = env_real();
    buf_put(&made.url, STR(SAVED));
    CHECK_OK(sign_in_set_bearer(&made, STR("ctk_saved")));
    CHECK_OK(sign_in_save(&run.cli, &made));
    given_open_file(getenv("CUSTODY_CONFIG"));
    CHECK(cli_run(&run.cli, (char *[]){"whoami", NULL}) == 2);
    printed(&run);
    snprintf(mend, sizeof mend, "  next: chmod 600 %s\n", getenv("CUSTODY_CONFIG"));
    CHECK(refused(&(struct run){.status = 2, .err = run.err}, "others can read") && strstr(run.err, mend));
    given_cli(&run, "");
    run.cli.env = env_real();
    CHECK(cli_run(&run.cli, (char *[]){"logout", NULL}) == 0); /* what is refused can still be ended */
    CHECK(access(getenv("CUSTODY_CONFIG"), F_OK) != 0);
}

TEST(a_path_that_a_shell_reads_otherwise_is_quoted_in_the_command)
{
    OWN(run) run = {0};
    OWN(sign_in) found = {0};
    char path[256];
    given_no_sign_in();
    given_cli(&run, "");
    run.cli.env = env_real();
    snprintf(path, sizeof path, "%s/a $(b)", test_folder());
    CHECK_OK(run.cli.env->write_file(run.cli.env, path, STR("{}"), 0600));
    given_open_file(path);
    setenv("CUSTODY_CONFIG", path, 1);
    CHECK_FAILS(ERR_INVALID, sign_in_load(&run.cli, &found));
    CHECK(strstr(run.cli.advice, "/a $(b)'") && strstr(run.cli.advice, "chmod 600 '/"));
    given_no_sign_in();
}

/* Lists that choose */

TEST(a_list_asks_the_service_for_what_is_chosen)
{
    OWN(run) run = {0};
    OWN(stub)
    stub = {.answers = {ANSWER("200 OK", "Total-Count: 7\r\n", "{\"items\":[{}],\"next\":\"more\"}")}};
    given_stub(&stub);
    given_cli(&run, "");
    run.cli.options = (struct options){.name = "a&b c", .state = "pending", .sort = "-seen"};
    CHECK_OK(list_run(
        &run.cli, &(struct sign_in){.socket = stub.path},
        &(struct list){"/v1/devices", (const struct column[]){{"Id", "id", put_text}, {0}}, "none"}));
    printed(&run);
    CHECK(str_starts(str(stub.asked[0]),
                     STR("GET /v1/devices?name=a%26b%20c&state=pending&sort=-seen HTTP/1.1\r\n")));
    CHECK(strstr(run.err, "1 of 7: --all lists every one"));
}

TEST(csv_is_what_the_service_said_of_all_that_fit)
{
    OWN(run) run = {0};
    OWN(stub) stub = {.answers = {ANSWER("200 OK", "", "id,name\r\ndev_a,\"x,\"\"y\"\r\n")}};
    given_stub(&stub);
    given_cli(&run, "");
    run.cli.options = (struct options){.csv = "--csv", .state = "revoked"};
    CHECK_OK(list_run(&run.cli, &(struct sign_in){.socket = stub.path}, &(struct list){"/v1/devices"}));
    printed(&run);
    CHECK(!strcmp(run.out, "id,name\r\ndev_a,\"x,\"\"y\"\r\n"));
    CHECK(str_starts(str(stub.asked[0]), STR("GET /v1/devices?state=revoked HTTP/1.1\r\n")) &&
          strstr(stub.asked[0], "\r\nAccept: text/csv\r\n"));
}

TEST(csv_goes_with_no_page_and_no_json)
{
    OWN(run) run = {0};
    given_saved(&run);
    RUN(&run, "device", "list", "--csv", "--limit", "3");
    CHECK(refused(&run, "--csv prints all that fit"));
    RUN(&run, "device", "list", "--csv", "--json");
    CHECK(run.status == 2 && !run.out_len && strstr(run.err, "\"custody:invalid\""));
}

/* What is agreed to */

static void given_terminal(struct run *run, const char *typed)
{
    int person = posix_openpt(O_RDWR | O_NOCTTY);
    given_cli(run, "");
    if (person < 0 || grantpt(person) != 0 || unlockpt(person) != 0 ||
        write(person, typed, strlen(typed)) != (ssize_t)strlen(typed))
        abort();
    close(run->cli.in);
    run->cli.in = open(ptsname(person), O_RDWR | O_NOCTTY);
}

TEST(what_cannot_be_taken_back_wants_a_yes)
{
    OWN(run) run = {0};
    given_terminal(&run, "yes\n");
    run.cli.options.json = "--json";
    CHECK_OK(prompt_agree(&run.cli, "It goes."));
    printed(&run);
    CHECK(!strcmp(run.err, "It goes.\nType yes to go on: "));
    given_terminal(&run, "y\n");
    CHECK_FAILS(ERR_INVALID, prompt_agree(&run.cli, "It goes."));
    given_cli(&run, "yes\n");
    CHECK_FAILS(ERR_INVALID, prompt_agree(&run.cli, "It goes.")); /* a pipe is no person */
    CHECK(strstr(run.cli.advice, "--yes"));
    run.cli.options.yes = "--yes";
    CHECK_OK(prompt_agree(&run.cli, "It goes."));
}

TEST(a_revocation_is_not_sent_before_it_is_agreed_to)
{
    OWN(run) run = {0};
    given_saved(&run);
    RUN(&run, "device", "revoke", "dev_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    CHECK(run.status == 2 && strstr(run.err, "nobody has agreed") && strstr(run.err, "give --yes"));
    RUN(&run, "device", "revoke", "tok_aaaaaaaaaaaaaaaaaaaaaaaaaa", "--yes");
    CHECK(refused(&run, "begins with dev_"));
}

/* diagnose */

TEST(a_report_says_what_is_so_without_a_service_and_holds_no_secret)
{
    OWN(run) run = {0};
    OWN(json) report = NULL;
    given_saved(&run);
    setenv("CUSTODY_URL", "https://127.0.0.1:1", 1);
    setenv("CUSTODY_TOKEN", "ctk_hidden", 1);
    RUN(&run, "diagnose", "--json");
    CHECK(run.status == 0 && !run.err_len && !strstr(run.out, "hidden"));
    CHECK_OK(answer_parse(str_bytes(run.out, run.out_len), &report));
    const json_t *sign_in = json_object_get(report, "sign_in"), *service = json_object_get(report, "service");
    CHECK(str_eq(answer_text(sign_in, "url"), STR("https://127.0.0.1:1")));
    CHECK(str_eq(answer_text(sign_in, "kind"), STR("token")));
    CHECK(json_is_false(json_object_get(service, "answers")) && answer_text(service, "problem").len);
    CHECK(!json_object_get(report, "counts"));
    given_no_sign_in();
    OWN(run) alone = {0};
    RUN(&alone, "diagnose");
    CHECK(alone.status == 0 && strstr(alone.out, "nobody is signed in") &&
          strstr(alone.out, CUSTODY_VERSION));
}

TEST(a_report_names_no_path_and_no_user)
{
    OWN(run) run = {0};
    given_no_sign_in();
    setenv("CUSTODY_AUTHORITY", "/home/ada/ca.pem", 1);
    setenv("CUSTODY_URL", "https://127.0.0.1:1", 1);
    setenv("CUSTODY_TOKEN", "ctk_x", 1);
    RUN(&run, "diagnose");
    CHECK(run.status == 0 && run.out_len && !strstr(run.out, "ada"));
    given_no_sign_in();
}

TEST(a_report_is_written_only_where_it_is_told_to)
{
    OWN(run) run = {0};
    OWN(buf) file = BUF(65536);
    given_no_sign_in();
    RUN(&run, "diagnose", "--output", "/report.txt");
    CHECK(run.status == 0 && !run.out_len && strstr(run.err, "written to /report.txt"));
    CHECK_OK(run.world.env.read_file(&run.world.env, "/report.txt", &file));
    CHECK(strstr(file.at, CUSTODY_VERSION));
}

TESTS(url_and_token_of_the_environment_need_no_file,
      options_come_before_the_environment_and_that_before_the_file, a_saved_token_is_sent_to_no_other_address,
      whom_to_trust_is_said_by_the_option_or_the_environment_before_the_file,
      a_token_for_one_run_may_come_from_standard_input,
      a_sign_in_that_others_can_read_is_refused_with_the_command_that_mends_it,
      a_path_that_a_shell_reads_otherwise_is_quoted_in_the_command,
      a_list_asks_the_service_for_what_is_chosen, csv_is_what_the_service_said_of_all_that_fit,
      csv_goes_with_no_page_and_no_json, what_cannot_be_taken_back_wants_a_yes,
      a_revocation_is_not_sent_before_it_is_agreed_to,
      a_report_says_what_is_so_without_a_service_and_holds_no_secret, a_report_names_no_path_and_no_user,
      a_report_is_written_only_where_it_is_told_to)
