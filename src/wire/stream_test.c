/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers that come bit by bit.
 */
#include "wire/given.h"

static err_t given(struct stage *stage) { return given_stage(stage, &(struct stage_ask){.workers = 2}); }

/* How much of a chunked body there is: the bytes that /pieces is made of. */
static size_t body_heard(const struct client *client)
{
    size_t count = 0;
    const char *body = strstr(client->heard.at, "\r\n\r\n");
    for (; body && *body; body++)
        count += *body == 'x';
    return count;
}

TEST(a_stream_comes_whole_in_pieces_and_the_connection_can_be_kept)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    static const size_t doors[] = {CLEAR, CONSOLE, OPERATOR};
    for (size_t i = 0; i < 24; i++) {
        OWN(client) client = {0};
        CHECK(client_open(&stage, doors[i % 3], &client) && client_say(&client, LAST("/pieces")));
        CHECK(client_hear_end(&client));
        CHECK(client_heard(&client, "HTTP/1.1 200 OK\r\n") &&
              client_heard(&client, "Transfer-Encoding: chunked\r\n"));
        CHECK(client_heard(&client, "Cache-Control: no-store\r\n") && client_heard(&client, "\r\n0\r\n\r\n"));
        CHECK(body_heard(&client) == PIECES * 10 * 1024);
    }
    OWN(client) client = {0};
    CHECK(client_open(&stage, CLEAR, &client) && client_say(&client, GET("/pieces")) &&
          client_say(&client, LAST("/echo")));
    CHECK(client_hear_end(&client) && client_count(&client, "HTTP/1.1 200 OK\r\n") == 2);
}

TEST(a_stream_that_nobody_listens_to_any_more_ends)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t i = 0; i < 6; i++) {
        OWN(client) client = {0};
        CHECK(client_open(&stage, i % 2 ? CONSOLE : CLEAR, &client) && client_say(&client, GET("/endless")));
        CHECK(stage_entered(&stage, 2 * i + 1));
        if (i < 3)
            client_vanish(&client);
        else
            client_drop(&client);
        CHECK(stage_ended(&stage, i + 1));
        OWN(client) next = {0};
        CHECK(client_ask(&stage, CLEAR, GET("/echo"), &next) && client_heard(&next, "HTTP/1.1 200 OK\r\n"));
    }
}

TEST(a_server_that_stops_ends_its_streams)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    CHECK_OK(given(&stage));
    CHECK(client_open(&stage, CLEAR, &client) && client_say(&client, GET("/endless")));
    CHECK(stage_entered(&stage, 1));
    server_drop(&stage.server); /* which waits for no client that does not read */
    CHECK(stage.ended == 1);
}

TESTS(a_stream_comes_whole_in_pieces_and_the_connection_can_be_kept,
      a_stream_that_nobody_listens_to_any_more_ends, a_server_that_stops_ends_its_streams)
