/* SPDX-License-Identifier: Apache-2.0
 *
 * The framing rules: as functions, and as what a client sees at a door.
 */
#include "base/limits.h"
#include "wire/given.h"
#include "wire/strict.h"

static err_t given(struct stage *stage) { return given_stage(stage, &(struct stage_ask){.workers = 2}); }

TEST(a_head_is_judged_once_it_is_whole_and_no_byte_behind_it_is_counted)
{
    static const str_t heads[] = {
        STR("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        STR("GET /a?b=c HTTP/1.0\r\n\r\n"),
        STR("POST / HTTP/1.1\r\nhost:\r\nContent-Length:  0016\r\nX: \xc3\xa9 :,\r\n\r\n"),
        STR("PUT / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\nExpect: 100-Continue\r\n\r\n"),
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        OWN(buf) bytes = BUF(4096);
        buf_put(&bytes, heads[i]);
        buf_put(&bytes, STR("\n\nanything\r\n\r\n"));
        for (size_t len = 0; len <= bytes.len; len++) {
            size_t head = 1;
            CHECK(!strict_judge((str_t){bytes.at, len}, 16, &head));
            CHECK(head == (len < heads[i].len ? 0 : heads[i].len));
        }
    }
}

/* clang-format off */
static const struct {
    const char *bytes, *status, *type;
} refused[] = {
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\ncontent-length: 5\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4, 4\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +4\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -4\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x4\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", "413", "too_large"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 4\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\n Content-Length: 4\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "411", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", "411", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n", "411", "invalid"},
    {"GET / HTTP/1.1\r\n\r\n", "400", "invalid"},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400", "invalid"},
    {"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: b\r\nauthorization: c\r\n\r\n", "400", "invalid"},
    {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n", "400", "invalid"},
    {"DELETE / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n", "400", "invalid"},
    {"GET / HTTP/1.1\nHost: h\n\n", "400", "invalid"},
    {"GET / HTTP/1.1\r\nHost: h\n\r\n", "400", "invalid"},
    {"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", "400", "invalid"},
    {"GET / HTTP/1.1\r\nHost: h\r\nX:\ta\r\n\r\n", "400", "invalid"},
    {"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", "400", "invalid"},
    {"GET / HTTP/1.1\r\nHost: h\r\n: no name\r\n\r\n", "400", "invalid"},
    {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400", "invalid"},
    {"GET /\r\n\r\n", "400", "invalid"},
    {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "400", "invalid"},
    {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "400", "invalid"},
    {"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "400", "invalid"},
    {"GET //h:x/ HTTP/1.1\r\nHost: h\r\n\r\n", "400", "invalid"},
    {"GET /#a HTTP/1.1\r\nHost: h\r\n\r\n", "400", "invalid"},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: tea\r\n\r\n", "417", "invalid"},
    {"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", "501", "invalid"},
    {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "501", "invalid"},
    {"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", "501", "invalid"},
    {"get / HTTP/1.1\r\nHost: h\r\n\r\n", "501", "invalid"},
    {"PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n", "501", "invalid"},
};
/* clang-format on */

/* Each with a whole request behind it, which must never be taken for one. */
TEST(ambiguous_framing_is_refused_and_nothing_behind_it_is_served)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t i = 0; i < 2 * sizeof refused / sizeof *refused; i++) {
        OWN(client) client = {0};
        OWN(buf) bytes = BUF(4096);
        OWN(buf) want = BUF(256);
        size_t row = i / 2;
        buf_put(&bytes, str(refused[row].bytes));
        buf_put(&bytes, STR(GET("/echo")));
        buf_putf(&want, "HTTP/1.1 %s ", refused[row].status);
        CHECK(client_open(&stage, i % 2 ? CONSOLE : CLEAR, &client) &&
              client_say_bytes(&client, buf_str(&bytes)));
        CHECK(client_hear_end(&client));
        CHECK(client_heard(&client, want.at) && client_count(&client, "nosniff") == 1);
        CHECK(client_heard(&client, "Content-Type: application/problem+json\r\n"));
        CHECK(client_heard(&client, "Connection: close\r\n") && client_heard(&client, "\"detail\":\""));
        buf_clear(&want);
        buf_putf(&want, "{\"type\":\"custody:%s\"", refused[row].type);
        CHECK(client_heard(&client, want.at));
    }
    CHECK(stage_count(&stage) == 0);
}

TEST(a_body_past_the_limit_is_refused_before_it_is_read)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    char body[SMALL_BODY + 1];
    memset(body, 'x', sizeof body);
    for (size_t i = 0; i < 4; i++) {
        OWN(client) client = {0};
        size_t len = SMALL_BODY + i % 2;
        OWN(buf) head = BUF(256);
        buf_putf(&head, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", len);
        CHECK(client_open(&stage, i < 2 ? CLEAR : CONSOLE, &client) &&
              client_say_bytes(&client, buf_str(&head)));
        CHECK(client_say_bytes(&client, (str_t){body, len}) && client_hear(&client));
        CHECK(client_heard(&client, i % 2 ? "HTTP/1.1 413 " : "| 4096 bytes |"));
    }
    CHECK(stage_count(&stage) == 2);
}

TEST(only_a_path_that_may_take_more_does)
{
    static const struct {
        const char *path;
        size_t len;
        const char *heard;
    } asks[] = {{"/wide/x", 2 * SMALL_BODY, "| 8192 bytes |"},
                {"/wide/x", 2 * SMALL_BODY + 1, "HTTP/1.1 413 "},
                {"/x/wide/x", SMALL_BODY + 1, "HTTP/1.1 413 "}};
    static char body[2 * SMALL_BODY + 1];
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t i = 0; i < 3; i++) {
        OWN(client) client = {0};
        OWN(buf) head = BUF(256);
        buf_putf(&head, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", asks[i].path,
                 asks[i].len);
        CHECK(client_open(&stage, CLEAR, &client) && client_say_bytes(&client, buf_str(&head)));
        CHECK(client_say_bytes(&client, (str_t){body, asks[i].len}) && client_hear(&client));
        CHECK(client_heard(&client, asks[i].heard));
    }
}

TEST(headers_past_the_limit_are_refused_also_without_an_end)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t i = 0; i < 3; i++) {
        OWN(client) client = {0};
        OWN(buf) bytes = BUF(2 * MAX_HEADERS);
        size_t fill = MAX_HEADERS - (i == 0 ? 64 : 0);
        buf_put(&bytes, STR("GET /echo HTTP/1.1\r\nHost: h\r\nX: "));
        memset(buf_room(&bytes, fill), 'x', fill);
        buf_put(&bytes, i == 2 ? STR("") : STR("\r\n\r\n"));
        CHECK(client_open(&stage, CLEAR, &client) && client_say_bytes(&client, buf_str(&bytes)));
        CHECK(client_hear(&client));
        CHECK(client_heard(&client, i == 0 ? "HTTP/1.1 200 " : "HTTP/1.1 431 "));
        CHECK(i == 0 || client_heard(&client, "\"type\":\"custody:too_large\""));
    }
}

TEST(requests_sent_all_at_once_are_answered_in_their_order)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t door = CLEAR; door <= CONSOLE; door++) {
        OWN(client) client = {0};
        OWN(buf) bytes = BUF(64 * 1024);
        for (int i = 0; i < 100; i++)
            buf_putf(&bytes, "POST /echo?%d HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\n%060d", i, i);
        CHECK(client_open(&stage, door, &client) && client_say_bytes(&client, buf_str(&bytes)));
        for (int i = 0; i < 100; i++) {
            char want[64];
            snprintf(want, sizeof want, "POST /echo ? %d | 60 bytes", i);
            CHECK(client_hear(&client) && client_heard(&client, want));
        }
    }
}

TEST(a_request_in_single_bytes_is_one_request)
{
    static const char text[] = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" GET("/echo");
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t door = CLEAR; door <= CONSOLE; door++) {
        OWN(client) client = {0};
        CHECK(client_open(&stage, door, &client));
        for (size_t i = 0; i < sizeof text - 1; i++)
            CHECK(client_say_bytes(&client, (str_t){text + i, 1}));
        CHECK(client_hear(&client) && client_heard(&client, "POST /echo ?  | 3 bytes"));
        CHECK(client_hear(&client) && client_heard(&client, "GET /echo ?  | 0 bytes"));
    }
}

TEST(a_refused_request_behind_a_good_one_leaves_the_good_one_its_reply)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t door = CLEAR; door <= CONSOLE; door++) {
        OWN(client) client = {0};
        CHECK(client_open(&stage, door, &client));
        CHECK(client_say(&client, GET("/large") "GET / HTTP/1.1\r\nHost : h\r\n\r\n" GET("/echo")));
        CHECK(client_hear(&client) && client_heard(&client, " 200 OK") && client.heard.len > 1024 * 1024);
        CHECK(client_hear_end(&client) && client_heard(&client, "HTTP/1.1 400 "));
        CHECK(client_count(&client, "HTTP/1.1 ") == 1);
    }
}

TEST(a_client_that_asks_to_continue_is_told_to)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    CHECK_OK(given(&stage));
    CHECK(client_open(&stage, CLEAR, &client));
    CHECK(client_say(&client,
                     "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
    CHECK(client_hear(&client) && client_heard(&client, "HTTP/1.1 100 Continue\r\n\r\n"));
    CHECK(client_say(&client, "abc") && client_hear(&client) &&
          client_heard(&client, "PUT /echo ?  | 3 bytes"));
}

TEST(a_post_without_a_length_has_an_empty_body)
{
    static const char *const asks[] = {"POST /echo HTTP/1.1\r\nHost: h\r\n\r\n",
                                       "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
                                       "DELETE /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 00\r\n\r\n",
                                       "PATCH /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"};
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t i = 0; i < 4; i++) {
        OWN(client) client = {0};
        CHECK(client_ask(&stage, CLEAR, asks[i], &client) && client_heard(&client, "| 0 bytes |"));
    }
}

TESTS(a_head_is_judged_once_it_is_whole_and_no_byte_behind_it_is_counted,
      ambiguous_framing_is_refused_and_nothing_behind_it_is_served,
      a_body_past_the_limit_is_refused_before_it_is_read, only_a_path_that_may_take_more_does,
      headers_past_the_limit_are_refused_also_without_an_end,
      requests_sent_all_at_once_are_answered_in_their_order, a_request_in_single_bytes_is_one_request,
      a_refused_request_behind_a_good_one_leaves_the_good_one_its_reply,
      a_client_that_asks_to_continue_is_told_to, a_post_without_a_length_has_an_empty_body)
