/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/answer.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/stub_test.h"

#include <sys/stat.h>

/* Lists */

TEST(all_pages_are_one_list)
{
    OWN(run) run = {0};
    OWN(stub)
    stub = {.answers = {PAGE("{\"id\":\"a\"},{\"id\":\"b\"}", "\"c+ 1\""), PAGE("{\"id\":\"c\"}", "null")}};
    given_stub(&stub);
    given_cli(&run, "");
    run.cli.options = (struct options){.all = "--all", .json = "--json", .limit = "2"};
    CHECK_OK(list_run(&run.cli, &(struct sign_in){.socket = stub.path}, &(struct list){"/v1/devices"}));
    printed(&run);
    CHECK(!strcmp(run.out, "{\"items\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}],\"next\":null}\n"));
    CHECK(str_starts(str(stub.asked[0]), STR("GET /v1/devices?limit=2 HTTP/1.1\r\n")));
    CHECK(str_starts(str(stub.asked[1]), STR("GET /v1/devices?limit=2&cursor=c%2B%201 HTTP/1.1\r\n")));
}

TEST(one_page_as_json_is_what_the_service_said)
{
    OWN(run) run = {0};
    OWN(stub) stub = {.answers = {PAGE("{\"z\":1,\"a\":[]}", "\"more\"")}};
    given_stub(&stub);
    RUN(&run, "tenant", "list", "--json", "--socket", stub.path);
    CHECK(run.status == 0 && !run.err_len);
    CHECK(!strcmp(run.out, "{\"items\":[{\"z\":1,\"a\":[]}],\"next\":\"more\"}\n"));
}

TEST(a_person_is_told_that_a_list_is_empty_or_goes_on)
{
    OWN(run) run = {0};
    OWN(stub)
    stub = {.answers = {PAGE("", "null"), PAGE("{\"name\":\"demo\",\"id\":\"ten_a\"}", "\"more\"")}};
    given_stub(&stub);
    RUN(&run, "tenant", "list", "--socket", stub.path);
    CHECK(run.status == 0 && !run.out_len && strstr(run.err, "no clients yet"));
    RUN(&run, "tenant", "list", "--socket", stub.path);
    CHECK(!strcmp(run.out, "Name  State  Made  Id\ndemo               ten_a\n") &&
          strstr(run.err, "there are more"));
}

TEST(a_list_that_goes_round_in_a_circle_ends)
{
    OWN(json) page = json_loads("{\"items\":[1],\"next\":\"same\"}", 0, NULL);
    OWN(json) items = json_array();
    const json_t *next = NULL;
    CHECK_OK(answer_page(page, STR("before"), items, &next));
    CHECK(next && json_array_size(items) == 1);
    CHECK_FAILS(ERR_BROKEN, answer_page(page, STR("same"), items, &next));
}

TEST(what_is_no_list_is_not_taken_for_an_empty_one)
{
    static const char *const bad[] = {"{}", "{\"items\":{},\"next\":null}", "{\"items\":[]}",
                                      "{\"items\":[],\"next\":3}"};
    OWN(json) items = json_array();
    const json_t *next;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        OWN(json) page = json_loads(bad[i], 0, NULL);
        CHECK_FAILS(ERR_BROKEN, answer_page(page, STR(""), items, &next));
    }
}

/* The service */

TEST(a_session_is_sent_as_its_cookie_and_a_token_as_a_bearer)
{
    OWN(run) run = {0};
    OWN(stub) stub = {.answers = {ANSWER("200 OK", "", "{}"), ANSWER("204 No Content", "", "")}};
    OWN(sign_in) session = {.bearer = BUF(64), .socket = stub.path};
    OWN(sign_in) token = {.bearer = BUF(64), .socket = stub.path};
    OWN(reply) first = {0};
    OWN(reply) second = {0};
    given_stub(&stub);
    given_cli(&run, "");
    CHECK_OK(sign_in_set_bearer(&session, STR("cse_a-B_1")));
    CHECK_OK(sign_in_set_bearer(&token, STR("ctk_x")));
    CHECK_OK(service_call(&run.cli, &session, &(struct call){"GET", "/v1/session"}, &first));
    CHECK_OK(service_call(&run.cli, &token, &(struct call){"POST", "/v1/x", STR("{\"a\":1}")}, &second));
    CHECK(strstr(stub.asked[0], "\r\nCookie: __Host-custody=cse_a-B_1\r\n") &&
          !strstr(stub.asked[0], "Authorization"));
    CHECK(strstr(stub.asked[1], "\r\nAuthorization: Bearer ctk_x\r\n") && !strstr(stub.asked[1], "Cookie"));
    CHECK(strstr(stub.asked[1], "\r\nContent-Type: application/json\r\n") &&
          strstr(stub.asked[1], "\r\n\r\n{\"a\":1}"));
    CHECK(second.status == 204 && !second.body.len);
}

TEST(the_cookie_of_a_new_session_is_taken_from_among_the_headers)
{
    OWN(run) run = {0};
    OWN(stub)
    stub = {.answers = {ANSWER("201 Created",
                               "X: Set-Cookie: __Host-custody=cse_no\r\n"
                               "Set-Cookie: __Host-custodyx=cse_no\r\n"
                               "set-cookie:__Host-custody=cse_yes; HttpOnly; Secure; Path=/\r\n"
                               "Set-Cookie: __Host-custody=; Max-Age=0\r\n",
                               "{}")}};
    OWN(reply) reply = {0};
    given_stub(&stub);
    given_cli(&run, "");
    CHECK_OK(
        service_call(&run.cli, &(struct sign_in){.socket = stub.path}, &(struct call){"POST", "/"}, &reply));
    CHECK(reply.status == 201 && str_eq(buf_str(&reply.cookie), STR("cse_yes")));
}

TEST(a_secret_that_is_made_stands_alone_on_standard_output)
{
    OWN(run) run = {0};
    OWN(stub)
    stub = {.answers = {
                ANSWER("201 Created", "", "{\"tenant\":{},\"claim\":\"ccl_x\"}"),
                ANSWER("409 Conflict", "", "{\"type\":\"custody:conflict\",\"detail\":\"it is there\"}")}};
    given_stub(&stub);
    RUN(&run, "tenant", "create", "Big \"Co\"", "--socket", stub.path);
    CHECK(run.status == 0 && !strcmp(run.out, "ccl_x\n") && strstr(run.err, "shown once"));
    CHECK(strstr(stub.asked[0], "{\"name\":\"Big \\u0022Co\\u0022\"}"));
    RUN(&run, "tenant", "create", "Big", "--socket", stub.path, "--json");
    CHECK(run.status == 5 && !run.out_len && strstr(run.err, "\"detail\":\"it is there\""));
}

/* Secrets and the sign-in */

TEST(secrets_are_read_line_by_line_and_no_further)
{
    OWN(run) run = {0};
    OWN(buf) kit = BUF(64);
    OWN(buf) password = BUF(64);
    OWN(buf) none = BUF(64);
    OWN(buf) rest = BUF(64);
    given_cli(&run, "AB CD\r\n pass word \n\nrest\nof it");
    CHECK_OK(prompt_secret(&run.cli, "the kit", &kit));
    CHECK_OK(prompt_new_secret(&run.cli, "the password", &password));
    CHECK(str_eq(buf_str(&kit), STR("AB CD")) && str_eq(buf_str(&password), STR(" pass word ")));
    CHECK_FAILS(ERR_INVALID, prompt_secret(&run.cli, "the token", &none));
    CHECK_OK(prompt_rest(&run.cli, &rest));
    CHECK(str_eq(buf_str(&rest), STR("rest\nof it")) && !run.err_len);
    CHECK_FAILS(ERR_INVALID, prompt_secret(&run.cli, "the token", &none));
}

TEST(a_secret_past_its_limit_is_refused_and_not_cut)
{
    OWN(run) run = {0};
    OWN(buf) secret = BUF(8);
    given_cli(&run, "123456789\n");
    CHECK_FAILS(ERR_TOO_LARGE, prompt_secret(&run.cli, "the password", &secret));
}

TEST(a_sign_in_is_kept_and_found_again_until_it_is_forgotten)
{
    OWN(run) run = {0};
    OWN(sign_in) made = {.url = BUF(99), .bearer = BUF(99), .authority = BUF(99), .insecure = true};
    OWN(sign_in) found = {0};
    OWN(sign_in) gone = {0};
    given_no_sign_in();
    given_cli(&run, "");
    buf_put(&made.url, STR("https://custody.example:8443"));
    buf_put(&made.authority, STR("-----BEGIN CERTIFICATE-----\n"));
    CHECK_OK(sign_in_set_bearer(&made, STR("cse_1")));
    CHECK_OK(sign_in_save(&run.cli, &made));
    CHECK_OK(sign_in_load(&run.cli, &found));
    CHECK(str_eq(buf_str(&made.url), buf_str(&found.url)) && found.insecure && sign_in_is_session(&found));
    CHECK(str_eq(buf_str(&made.authority), buf_str(&found.authority)));
    CHECK_OK(sign_in_forget(&run.cli));
    CHECK_FAILS(ERR_SIGNED_OUT, sign_in_load(&run.cli, &gone));
}

TEST(the_file_of_the_sign_in_is_open_to_its_owner_only)
{
    OWN(run) run = {0};
    OWN(sign_in) made = {.url = BUF(99), .bearer = BUF(99)};
    struct stat about;
    given_no_sign_in();
    given_cli(&run, "");
    run.cli.env = env_real();
    CHECK_OK(sign_in_save(&run.cli, &made));
    CHECK(stat(getenv("CUSTODY_CONFIG"), &about) == 0 && (about.st_mode & 0777) == 0600);
}

TEST(a_damaged_sign_in_is_told_from_none)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "{\"url\":\"https://a\",\"token\":\"ctk_\\n\"}",
                                      "{\"url\":\"http://a\",\"token\":\"ctk_a\"}",
                                      "{\"token\":\"ctk_a\"}"};
    OWN(run) run = {0};
    given_no_sign_in();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        OWN(sign_in) found = {0};
        given_cli(&run, "");
        CHECK_OK(run.cli.env->write_file(run.cli.env, getenv("CUSTODY_CONFIG"), str(bad[i]), 0600));
        CHECK_FAILS(ERR_INVALID, sign_in_load(&run.cli, &found));
        CHECK(strstr(run.cli.advice, "login again"));
    }
}

TEST(only_an_https_address_without_more_is_signed_in_to)
{
    static char *const bad[] = {"http://a",    "a",           "https://",    "https://u@a",
                                "https://a/b", "https://a?b", "https://a#b", "https://a b"};
    OWN(run) run = {0};
    given_no_sign_in();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        RUN(&run, "login", "--token", "ctk_x", "--url", bad[i]);
        CHECK(refused(&run, "the url"));
    }
}

TEST(a_login_says_who_signs_in_and_with_one_kind_of_trust)
{
    OWN(run) run = {0};
    given_no_sign_in();
    RUN(&run, "login", "--url", "https://a");
    CHECK(refused(&run, "nobody is named"));
    RUN(&run, "login", "--url", "https://a", "--tenant", "t");
    CHECK(refused(&run, "go together"));
    RUN(&run, "login", "--url", "https://a", "--tenant", "t", "--username", "u", "--token", "ctk_x");
    CHECK(refused(&run, "give one"));
    RUN(&run, "login", "--url", "https://a", "--browser", "--username", "u");
    CHECK(refused(&run, "none of --token"));
    RUN(&run, "login", "--url", "https://a", "--token", "ctk_x", "--insecure", "--authority", "f");
    CHECK(refused(&run, "give one"));
    RUN(&run, "login", "--url", "https://a", "--token", "ctk_x\r\nX: y");
    CHECK(refused(&run, "not a token") && !strstr(run.err, "X: y"));
}

TEST(an_id_of_another_kind_is_refused_before_anybody_is_asked)
{
    OWN(run) run = {0};
    OWN(sign_in) made = {.url = BUF(99), .bearer = BUF(99)};
    given_no_sign_in();
    given_cli(&run, "");
    buf_put(&made.url, STR("https://127.0.0.1:1"));
    CHECK_OK(sign_in_set_bearer(&made, STR("ctk_1")));
    CHECK_OK(sign_in_save(&run.cli, &made));
    RUN(&run, "device", "show", "tok_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    CHECK(refused(&run, "begins with dev_") && strstr(run.err, "custody device list"));
    RUN(&run, "token", "revoke", "../devices");
    CHECK(refused(&run, "begins with tok_"));
    RUN(&run, "api", "GET", "v1");
    CHECK(refused(&run, "PATH begins with /"));
    RUN(&run, "api", "TRACE", "/v1");
    CHECK(refused(&run, "METHOD is"));
    RUN(&run, "device", "list", "--limit", "501");
    CHECK(refused(&run, "1 to 500"));
}

TESTS(all_pages_are_one_list, one_page_as_json_is_what_the_service_said,
      a_person_is_told_that_a_list_is_empty_or_goes_on, a_list_that_goes_round_in_a_circle_ends,
      what_is_no_list_is_not_taken_for_an_empty_one, a_session_is_sent_as_its_cookie_and_a_token_as_a_bearer,
      the_cookie_of_a_new_session_is_taken_from_among_the_headers,
      a_secret_that_is_made_stands_alone_on_standard_output, secrets_are_read_line_by_line_and_no_further,
      a_secret_past_its_limit_is_refused_and_not_cut, a_sign_in_is_kept_and_found_again_until_it_is_forgotten,
      the_file_of_the_sign_in_is_open_to_its_owner_only, a_damaged_sign_in_is_told_from_none,
      only_an_https_address_without_more_is_signed_in_to,
      a_login_says_who_signs_in_and_with_one_kind_of_trust,
      an_id_of_another_kind_is_refused_before_anybody_is_asked)
