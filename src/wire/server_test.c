/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "wire/given.h"

#include <sys/resource.h>
#include <sys/stat.h>

enum { QUEUE = 256 }; /* as in the header: a bounded queue */

static err_t given(struct stage *stage) { return given_stage(stage, &(struct stage_ask){.workers = 2}); }

static bool still_serves(struct stage *stage, size_t door)
{
    OWN(client) client = {0};
    return client_ask(stage, door, GET("/echo"), &client) && client_heard(&client, "HTTP/1.1 200 OK\r\n");
}

TEST(a_request_is_answered_in_the_clear_over_tls_and_on_a_unix_socket)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    static const size_t doors[] = {CLEAR, CONSOLE, OPERATOR};
    for (size_t i = 0; i < 3; i++) {
        OWN(client) client = {0};
        CHECK(client_ask(&stage, doors[i],
                         "POST /echo?a=%2f HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
                         "Content-Type: application/json\r\nIdempotency-Key: k1\r\n\r\nbody",
                         &client));
        CHECK(client_heard(&client, "HTTP/1.1 200 OK\r\n") &&
              client_heard(&client, "Content-Type: text/plain\r\n"));
        CHECK(client_heard(&client, "POST /echo ? a=%2f | 4 bytes | by  at "));
        CHECK(client_heard(&client, " type application/json key k1"));
        CHECK(client_heard(&client, doors[i] == OPERATOR ? " at  type" : " at 127.0.0.1 type"));
    }
}

TEST(every_reply_carries_the_security_headers)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    static const char *const asks[] = {GET("/echo"), GET("/none"), "BREW / HTTP/1.1\r\nHost: h\r\n\r\n",
                                       GET("/unfit")};
    for (size_t i = 0; i < 8; i++) {
        OWN(client) client = {0};
        CHECK(client_ask(&stage, i < 4 ? CLEAR : CONSOLE, asks[i % 4], &client));
        CHECK(client_heard(&client, "X-Content-Type-Options: nosniff\r\n"));
        CHECK(client_heard(&client, "Cache-Control: no-store\r\n") && client_heard(&client, "Date: "));
        CHECK(client_heard(&client, "Strict-Transport-Security: max-age=31536000\r\n") == (i >= 4));
    }
    OWN(client) client = {0};
    CHECK(client_ask(&stage, CLEAR, GET("/own"), &client));
    CHECK(client_heard(&client, "Cache-Control: max-age=60\r\n") && client_heard(&client, "X-Own: yes\r\n"));
    CHECK(client_count(&client, "Cache-Control") == 1);
}

TEST(an_answer_that_does_not_fit_into_a_reply_is_a_500_and_splits_no_header)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    static const char *const asks[] = {GET("/split"), GET("/unfit")};
    for (size_t i = 0; i < 2; i++) {
        OWN(client) client = {0};
        CHECK(client_ask(&stage, CLEAR, asks[i], &client));
        CHECK(client_heard(&client, "HTTP/1.1 500 ") && client_heard(&client, "\"type\":\"custody:broken\""));
        CHECK(!client_heard(&client, "Set-Cookie"));
    }
}

TEST(a_reply_without_content_has_no_body_and_keeps_the_connection)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    CHECK_OK(given(&stage));
    CHECK(client_ask(&stage, CLEAR, GET("/none"), &client));
    CHECK(client_heard(&client, "HTTP/1.1 204 ") && !client_heard(&client, "Content-Length"));
    CHECK(client_say(&client, GET("/echo")) && client_hear(&client) &&
          client_heard(&client, "HTTP/1.1 200 "));
}

TEST(an_agent_without_a_certificate_ends_in_the_handshake)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    CHECK_OK(given(&stage));
    /* In TLS 1.3 the client has finished before it hears that it was refused. */
    bool served =
        client_open(&stage, AGENTS, &client) && client_say(&client, GET("/echo")) && client_hear(&client);
    CHECK(!served && client.heard.len == 0 && stage_count(&stage) == 0);
    CHECK(still_serves(&stage, CONSOLE));
}

TEST(an_agent_of_a_foreign_authority_ends_in_the_handshake_until_it_is_trusted)
{
    OWN(stage) stage = {0};
    OWN(client) refused = {0};
    OWN(client) trusted = {0};
    OWN(tls) context = NULL;
    CHECK_OK(given(&stage));
    CHECK_OK(client_context(&stage.foreign, "custody:tenant:1:device:2", &context));
    bool served = client_open_with(&stage, AGENTS, context, &refused) && client_say(&refused, GET("/echo")) &&
                  client_hear(&refused);
    CHECK(!served && refused.heard.len == 0 && stage_count(&stage) == 0);
    CHECK_OK(tls_trust(stage.agents, buf_str(&stage.foreign.pem)));
    CHECK(client_open_with(&stage, AGENTS, context, &trusted) && client_say(&trusted, GET("/echo")));
    CHECK(client_hear(&trusted) && client_heard(&trusted, "| by custody:tenant:1:device:2 at "));
}

TEST(an_agent_is_known_by_the_name_in_its_certificate_on_every_request)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    OWN(tls) context = NULL;
    CHECK_OK(given(&stage));
    CHECK_OK(client_context(&stage.authority, "custody:tenant:7:device:8", &context));
    CHECK(client_open_with(&stage, AGENTS, context, &client));
    for (int i = 0; i < 3; i++) {
        CHECK(client_say(&client, GET("/echo")) && client_hear(&client));
        CHECK(client_heard(&client, "| by custody:tenant:7:device:8 at 127.0.0.1"));
    }
}

TEST(a_report_of_the_largest_size_comes_through)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    OWN(tls) context = NULL;
    OWN(buf) bytes = BUF(2 * MAX_REPORT);
    CHECK_OK(given(&stage));
    CHECK_OK(client_context(&stage.authority, "custody:tenant:7:device:8", &context));
    buf_putf(&bytes, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", MAX_REPORT);
    memset(buf_room(&bytes, MAX_REPORT), 'r', MAX_REPORT);
    CHECK(client_open_with(&stage, AGENTS, context, &client));
    for (int i = 0; i < 2; i++) {
        CHECK(client_say_bytes(&client, buf_str(&bytes)) && client_hear(&client));
        CHECK(client_heard(&client, "| 1048576 bytes |"));
    }
}

TEST(a_connection_is_kept_for_request_after_request)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t door = CLEAR; door <= CONSOLE; door++) {
        OWN(client) client = {0};
        CHECK(client_open(&stage, door, &client));
        for (int i = 0; i < 50; i++)
            CHECK(client_say(&client, GET("/echo")) && client_hear(&client) &&
                  client_heard(&client, " 200 OK"));
        CHECK(client_say(&client, LAST("/echo")) && client_hear_end(&client));
        CHECK(client_heard(&client, " 200 OK") && client_heard(&client, "Connection: close\r\n"));
    }
}

TEST(a_client_of_http_1_0_is_served_once_unless_it_asks_for_more)
{
    OWN(stage) stage = {0};
    OWN(client) once = {0};
    OWN(client) more = {0};
    CHECK_OK(given(&stage));
    CHECK(client_open(&stage, CLEAR, &once) && client_say(&once, "GET /echo HTTP/1.0\r\n\r\n"));
    CHECK(client_hear_end(&once) && client_heard(&once, " 200 OK"));
    CHECK(client_open(&stage, CLEAR, &more));
    for (int i = 0; i < 2; i++) {
        CHECK(client_say(&more, "GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") &&
              client_hear(&more));
        CHECK(client_heard(&more, " 200 OK"));
    }
}

/* Cut off within its patience of one second, although something came all the time. */
static bool cut_off(struct stage *stage, size_t door, const char *begin)
{
    OWN(client) client = {0};
    if (!client_open(stage, door, &client) || !client_say(&client, begin))
        return false;
    int beats = 0;
    while (beats < 30 && client_say(&client, "x")) {
        usleep(100 * 1000);
        beats++;
    }
    return beats >= 5 && beats < 30;
}

TEST(a_client_that_trickles_is_cut_off)
{
    OWN(stage) stage = {0};
    OWN(client) idle = {0};
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.workers = 1, .patience = 1}));
    CHECK(client_ask(&stage, CLEAR, GET("/echo"), &idle));
    CHECK(cut_off(&stage, CLEAR, "GET / HTTP/1.1\r\nX: "));
    CHECK(cut_off(&stage, CONSOLE, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n"));
    CHECK(cut_off(&stage, CLEAR, "BAD\r\n\r\n"));
    CHECK(client_hear_end(&idle) && idle.heard.len == 0);
    CHECK(still_serves(&stage, CLEAR) && stage_count(&stage) == 2);
}

TEST(a_worker_may_take_longer_than_the_patience_with_a_client)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.workers = 1, .patience = 1}));
    stage_hold(&stage, true);
    CHECK(client_open(&stage, CONSOLE, &client) && client_say(&client, GET("/slow")) &&
          stage_entered(&stage, 1));
    usleep(1300 * 1000);
    stage_hold(&stage, false);
    CHECK(client_hear(&client) && client_heard(&client, " 200 OK"));
}

TEST(a_client_that_vanishes_while_a_worker_answers_harms_nobody)
{
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t round = 0; round < 12; round++) {
        OWN(client) client = {0};
        size_t door = round % 2 ? CONSOLE : CLEAR, before = stage_count(&stage);
        stage_hold(&stage, true);
        CHECK(client_open(&stage, door, &client) && client_say(&client, GET("/slow")));
        if (round % 4 < 2)
            CHECK(client_say(&client, GET("/echo")));
        CHECK(stage_entered(&stage, before + 1));
        if (round % 3)
            client_vanish(&client);
        else
            client_drop(&client);
        stage_hold(&stage, false);
        CHECK(still_serves(&stage, door));
    }
}

TEST(a_client_that_vanishes_in_the_middle_of_anything_harms_nobody)
{
    static const char *const parts[] = {"",
                                        "G",
                                        "GET / HTTP/1.1\r\nHo",
                                        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf",
                                        GET("/large"),
                                        "BAD\r\n\r\n",
                                        GET("/large") GET("/large") "BAD\r\n\r\n",
                                        "\x16\x03\x01\x02\x00\x01"};
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    for (size_t i = 0; i < 4 * sizeof parts / sizeof *parts; i++) {
        OWN(client) client = {0};
        const char *part = parts[i / 4];
        bool tls = i % 2;
        CHECK(client_open_with(&stage, tls ? CONSOLE : CLEAR,
                               tls && *part != 0x16 ? stage.plain_client : NULL, &client));
        CHECK(client_say(&client, part));
        if (i % 4 < 2)
            client_vanish(&client);
    }
    CHECK(still_serves(&stage, CLEAR) && still_serves(&stage, CONSOLE));
}

static bool count_full(struct client *clients, size_t count, size_t *out_full)
{
    *out_full = 0;
    for (size_t i = 0; i < count; i++) {
        if (!client_hear(&clients[i]))
            return false;
        bool full = client_heard(&clients[i], "HTTP/1.1 503 ");
        if (full &&
            (!client_heard(&clients[i], "Retry-After: 1\r\n") || !client_heard(&clients[i], "custody:busy")))
            return false;
        *out_full += full;
    }
    return true;
}

TEST(a_full_queue_says_so_at_once_and_keeps_the_connection)
{
    enum { MORE = 9 };
    OWN(stage) stage = {0};
    static struct client clients[1 + QUEUE + MORE];
    size_t full = 0;
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.workers = 1}));
    stage_hold(&stage, true);
    bool said = client_open(&stage, CLEAR, &clients[0]) && client_say(&clients[0], GET("/slow")) &&
                stage_entered(&stage, 1);
    for (size_t i = 1; said && i < QUEUE + 1 + MORE; i++)
        said = client_open(&stage, CLEAR, &clients[i]) && client_say(&clients[i], GET("/slow"));
    /* The loop may take them in another order than they were sent: the first 503 comes once the queue is full. */
    OWN(client) probe = {0};
    do
        client_drop(&probe);
    while (said && client_ask(&stage, OPERATOR, GET("/slow"), &probe) &&
           !client_heard(&probe, "HTTP/1.1 503 "));
    stage_hold(&stage, false);
    bool heard = said && count_full(clients, QUEUE + 1 + MORE, &full);
    bool kept =
        client_say(&probe, GET("/echo")) && client_hear(&probe) && client_heard(&probe, "HTTP/1.1 200 ");
    for (size_t i = 0; i < QUEUE + 1 + MORE; i++)
        client_drop(&clients[i]);
    CHECK(said && heard && kept && full == MORE);
}

TEST(an_answer_that_is_kept_leaves_its_worker_to_others)
{
    OWN(stage) stage = {0};
    OWN(client) first = {0};
    OWN(client) other = {0};
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.workers = 1}));
    CHECK(client_open(&stage, CLEAR, &first) && client_say(&first, GET("/kept")) && stage_keeps(&stage));
    CHECK(client_ask(&stage, CLEAR, GET("/echo"), &other) && client_heard(&other, "HTTP/1.1 200 "));
    stage_settle(&stage);
    CHECK(client_hear(&first) && client_heard(&first, "HTTP/1.1 200 ") && client_heard(&first, "kept"));
    CHECK(client_say(&first, GET("/echo")) && client_hear(&first) && client_heard(&first, "HTTP/1.1 200 "));
}

TEST(what_is_answered_at_once_needs_no_worker)
{
    OWN(stage) stage = {0};
    OWN(client) slow = {0};
    OWN(client) client = {0};
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.workers = 1}));
    stage_hold(&stage, true);
    CHECK(client_open(&stage, CONSOLE, &slow) && client_say(&slow, GET("/slow")) && stage_entered(&stage, 1));
    CHECK(client_open(&stage, CONSOLE, &client));
    for (int i = 0; i < 20; i++)
        CHECK(client_say(&client, GET("/now")) && client_hear(&client) && client_heard(&client, "at once"));
    CHECK(client_say(&client, GET("/now") GET("/now")) && client_hear(&client) && client_hear(&client));
    CHECK(client_say(&client, GET("/now-kept")) && stage_keeps(&stage));
    stage_settle(&stage);
    CHECK(client_hear(&client) && client_heard(&client, "kept"));
    CHECK(stage_count(&stage) == 1);
    stage_hold(&stage, false);
    CHECK(client_hear(&slow) && client_heard(&slow, "HTTP/1.1 200 "));
    CHECK(client_say(&client, GET("/echo")) && client_hear(&client) && client_heard(&client, "GET /echo"));
}

TEST(a_client_that_vanishes_while_its_answer_is_kept_harms_nobody)
{
    OWN(stage) stage = {0};
    OWN(client) other = {0};
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.workers = 1}));
    for (int i = 0; i < 20; i++) {
        OWN(client) gone = {0};
        CHECK(client_open(&stage, i % 2 ? CLEAR : CONSOLE, &gone) &&
              client_say(&gone, i % 4 < 2 ? GET("/kept") : GET("/now-kept")) && stage_keeps(&stage));
        client_drop(&gone);
        stage_settle(&stage);
    }
    CHECK(client_ask(&stage, CLEAR, GET("/echo"), &other) && client_heard(&other, "HTTP/1.1 200 "));
}

static void *drop_server(void *context)
{
    struct stage *stage = context;
    server_drop(&stage->server);
    return NULL;
}

TEST(a_server_that_stops_finishes_what_is_under_way_and_takes_nothing_new)
{
    OWN(stage) stage = {0};
    OWN(client) under_way = {0};
    OWN(client) idle = {0};
    OWN(client) late = {0};
    pthread_t stopping;
    CHECK_OK(given(&stage));
    CHECK(client_ask(&stage, CLEAR, GET("/echo"), &idle));
    stage_hold(&stage, true);
    CHECK(client_open(&stage, CONSOLE, &under_way) && client_say(&under_way, GET("/slow")));
    CHECK(stage_entered(&stage, 2));
    struct stage view = stage; /* the ports are found through a server that is being dropped */
    pthread_create(&stopping, NULL, drop_server, &stage);
    bool turned_away = false;
    for (int i = 0; i < 100 && !turned_away; i++) {
        client_drop(&late);
        turned_away = !client_open(&view, CLEAR, &late);
        usleep(20 * 1000);
    }
    bool told = client_say(&idle, GET("/echo")) && client_hear(&idle) && client_heard(&idle, "HTTP/1.1 503 ");
    stage_hold(&stage, false);
    bool finished = client_hear_end(&under_way);
    pthread_join(stopping, NULL);
    CHECK(turned_away && told && finished);
    CHECK(client_heard(&under_way, " 200 OK") && client_heard(&under_way, "Connection: close\r\n"));
}

TEST(a_server_that_stops_waits_for_an_answer_that_is_kept)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    pthread_t stopping;
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.workers = 1}));
    CHECK(client_open(&stage, CLEAR, &client) && client_say(&client, GET("/kept")) && stage_keeps(&stage));
    pthread_create(&stopping, NULL, drop_server, &stage);
    usleep(200 * 1000);
    stage_settle(&stage);
    bool heard = client_hear_end(&client);
    pthread_join(stopping, NULL);
    CHECK(heard && client_heard(&client, " 200 OK") && client_heard(&client, "kept"));
}

TEST(a_server_that_stops_does_not_wait_for_a_client_that_does_not_read)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    struct env *env = env_real();
    CHECK_OK(given(&stage));
    CHECK(client_open(&stage, CONSOLE, &client) && client_say(&client, GET("/huge")) &&
          stage_entered(&stage, 1));
    moment_t before = env->boot(env);
    server_drop(&stage.server);
    CHECK(env->boot(env) - before >= SECONDS(4) && env->boot(env) - before < SECONDS(8));
}

TEST(a_server_without_descriptors_accepts_again_once_there_are_some)
{
    OWN(stage) stage = {0};
    OWN(client) client = {0};
    struct rlimit usual, least;
    CHECK_OK(given(&stage));
    OWN(fd) last = dup(0);
    CHECK(last > 0 && getrlimit(RLIMIT_NOFILE, &usual) == 0);
    least =
        (struct rlimit){.rlim_cur = (rlim_t)last + 2, .rlim_max = usual.rlim_max}; /* one, for the client */
    setrlimit(RLIMIT_NOFILE, &least);
    bool said = client_open(&stage, CLEAR, &client) && client_say(&client, GET("/echo"));
    usleep(250 * 1000);
    size_t meanwhile = stage_count(&stage);
    setrlimit(RLIMIT_NOFILE, &usual);
    CHECK(said && meanwhile == 0 && client_hear(&client) && client_heard(&client, " 200 OK"));
}

TEST(a_server_stops_with_connections_of_every_kind_open)
{
    OWN(stage) stage = {0};
    static struct client clients[24];
    static const char *const parts[] = {"",
                                        "GET / HT",
                                        GET("/echo"),
                                        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n",
                                        "BAD\r\n\r\n",
                                        GET("/large")};
    CHECK_OK(given(&stage));
    bool said = true;
    for (size_t i = 0; i < 24; i++)
        said = said && client_open(&stage, i % 2 ? CONSOLE : CLEAR, &clients[i]) &&
               client_say(&clients[i], parts[i % 6]);
    server_drop(&stage.server);
    for (size_t i = 0; i < 24; i++)
        client_drop(&clients[i]);
    CHECK(said);
}

TEST(the_operators_socket_is_its_owners_alone_and_replaces_only_a_socket)
{
    struct stat about;
    OWN(stage) stage = {0};
    CHECK_OK(given(&stage));
    CHECK(stat(stage.path, &about) == 0 && S_ISSOCK(about.st_mode) && (about.st_mode & 07777) == 0600);
    struct door door = {.name = "again", .unix_path = stage.path, .max_body = 1};
    struct server_ask ask = {&door, 1};
    OWN(server) again = NULL;
    CHECK_OK(server_start(&ask, &again));
    server_drop(&again);
    CHECK(stat(stage.path, &about) != 0);
    OWN(file) file = fopen(stage.path, "w");
    CHECK(file);
    CHECK_FAILS(ERR_CONFLICT, server_start(&ask, &again));
    CHECK(stat(stage.path, &about) == 0 && S_ISREG(about.st_mode));
}

TEST(a_door_that_cannot_open_is_an_error_and_leaves_nothing_running)
{
    OWN(stage) stage = {0};
    OWN(server) second = NULL;
    CHECK_OK(given(&stage));
    struct door doors[] = {
        {.name = "free", .address = "127.0.0.1", .max_body = 1},
        {.name = "taken", .address = "127.0.0.1", .port = server_port(stage.server, CLEAR)}};
    CHECK_FAILS(ERR_BUSY, server_start(&(struct server_ask){doors, 2}, &second));
    doors[1].address = "localhost";
    CHECK_FAILS(ERR_INVALID, server_start(&(struct server_ask){doors, 2}, &second));
    CHECK(!second && still_serves(&stage, CLEAR));
}

struct crowd {
    struct stage *stage;
    size_t door, served;
    pthread_t thread;
};

static void *crowd_run(void *context)
{
    struct crowd *crowd = context;
    for (int visit = 0; visit < 4; visit++) {
        OWN(client) client = {0};
        if (!client_open(crowd->stage, crowd->door, &client))
            return NULL;
        for (int i = 0; i < 10; i++)
            crowd->served +=
                client_say(&client, GET("/echo")) && client_hear(&client) && client_heard(&client, " 200 OK");
    }
    return NULL;
}

TEST(many_clients_are_served_side_by_side_on_several_loops)
{
    enum { CROWD = 9 };
    static const size_t doors[] = {CLEAR, CONSOLE, OPERATOR};
    OWN(stage) stage = {0};
    struct crowd crowds[CROWD];
    size_t served = 0;
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.loops = 3, .workers = 3}));
    for (size_t i = 0; i < CROWD; i++) {
        crowds[i] = (struct crowd){.stage = &stage, .door = doors[i % 3]};
        pthread_create(&crowds[i].thread, NULL, crowd_run, &crowds[i]);
    }
    for (size_t i = 0; i < CROWD; i++) {
        pthread_join(crowds[i].thread, NULL);
        served += crowds[i].served;
    }
    CHECK(served == CROWD * 40);
}

TEST(a_port_that_another_server_answers_on_is_busy_also_for_one_that_would_share_it)
{
    OWN(stage) stage = {0};
    OWN(server) second = NULL;
    CHECK_OK(given_stage(&stage, &(struct stage_ask){.loops = 2}));
    const struct door door = {
        .name = "again", .address = "127.0.0.1", .port = server_port(stage.server, 0), .max_body = 10};
    CHECK_FAILS(ERR_BUSY, server_start(&(struct server_ask){&door, 1, .loops = 2, .workers = 1}, &second));
}

TESTS(an_answer_that_is_kept_leaves_its_worker_to_others, what_is_answered_at_once_needs_no_worker,
      a_client_that_vanishes_while_its_answer_is_kept_harms_nobody,
      a_server_that_stops_waits_for_an_answer_that_is_kept,
      a_port_that_another_server_answers_on_is_busy_also_for_one_that_would_share_it,
      a_request_is_answered_in_the_clear_over_tls_and_on_a_unix_socket,
      every_reply_carries_the_security_headers,
      an_answer_that_does_not_fit_into_a_reply_is_a_500_and_splits_no_header,
      a_reply_without_content_has_no_body_and_keeps_the_connection,
      an_agent_without_a_certificate_ends_in_the_handshake,
      an_agent_of_a_foreign_authority_ends_in_the_handshake_until_it_is_trusted,
      an_agent_is_known_by_the_name_in_its_certificate_on_every_request,
      a_report_of_the_largest_size_comes_through, a_connection_is_kept_for_request_after_request,
      a_client_of_http_1_0_is_served_once_unless_it_asks_for_more, a_client_that_trickles_is_cut_off,
      a_worker_may_take_longer_than_the_patience_with_a_client,
      a_client_that_vanishes_while_a_worker_answers_harms_nobody,
      a_client_that_vanishes_in_the_middle_of_anything_harms_nobody,
      a_full_queue_says_so_at_once_and_keeps_the_connection,
      a_server_that_stops_finishes_what_is_under_way_and_takes_nothing_new,
      a_server_that_stops_does_not_wait_for_a_client_that_does_not_read,
      a_server_without_descriptors_accepts_again_once_there_are_some,
      a_server_stops_with_connections_of_every_kind_open,
      the_operators_socket_is_its_owners_alone_and_replaces_only_a_socket,
      a_door_that_cannot_open_is_an_error_and_leaves_nothing_running,
      many_clients_are_served_side_by_side_on_several_loops)
