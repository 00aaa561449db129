/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/cert.h"
#include "keyring/given.h"
#include "test/test.h"
#include <pthread.h>
#include <sys/socket.h>

static char *text(const char *of) { return (char *)(uintptr_t)of; }

TEST(a_server_certificate_names_its_hosts)
{
    OWN(given) given = {0};
    Keys__ServerCertificate in = KEYS__SERVER_CERTIFICATE__INIT;
    Keys__Certificate *made = NULL;
    char *hosts[17];
    str_t public_der;
    moment_t until = 0;
    for (size_t i = 0; i < 17; i++)
        hosts[i] = text("custody.example.org");
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_endpoint_key(&given, &public_der));
    in.public_der = given_bin(public_der);
    in.hosts = hosts;
    CHECK_FAILS(ERR_INVALID, given_asked(&given, ASK_server_certificate, &in, NULL));
    in.n_hosts = 17;
    CHECK_FAILS(ERR_INVALID, given_asked(&given, ASK_server_certificate, &in, NULL));
    in.n_hosts = 1;
    CHECK_OK(given_asked(&given, ASK_server_certificate, &in, &made));
    CHECK_OK(cert_until(bin(made->pem), &until));
    CHECK(until == given.world.clock + DAYS(365));
}

struct serving {
    struct serve_ask ask;
    pthread_t thread;
    err_t result;
};

static void *serve(void *with)
{
    struct serving *serving = with;
    serving->result = keys_serve(&serving->ask);
    return NULL;
}

TEST(the_keys_process_answers_its_channels_until_it_is_stopped)
{
    static const struct key root = {{7}};
    OWN(arena) arena = ARENA(1 << 20);
    int pair[2], jobs[2], stop[2];
    Keys__TenantMake in = KEYS__TENANT_MAKE__INIT;
    Keys__TenantMade *made = NULL;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, jobs) == 0);
    CHECK(pipe(stop) == 0 && crypt_start() == ERR_OK);
    const int channels[] = {pair[1], jobs[1]};
    struct serving serving = {.ask = {env_real(), test_folder(), &root, channels, 2, stop[0]}};
    struct channel channel = {pair[0]};
    CHECK(pthread_create(&serving.thread, NULL, serve, &serving) == 0);
    in.name = text("example");
    CHECK_OK(keys_ask(&channel, &(struct question){ASK_tenant_make, &in}, &arena, &made));
    CHECK(!strcmp(made->tenant->name, "example"));
    err_t again = keys_ask(&channel, &(struct question){ASK_tenant_make, &in}, &arena, &made);
    CHECK(again == ERR_CONFLICT && !strcmp(err_note(), "a tenant example exists"));
    close(stop[1]);
    pthread_join(serving.thread, NULL);
    CHECK_OK(serving.result);
    close(pair[1]);
    close(jobs[0]);
    close(jobs[1]);
    CHECK_FAILS(ERR_BUSY, keys_ask(&channel, &(struct question){ASK_tenant_make, &in}, &arena, &made));
    close(pair[0]);
    close(stop[0]);
}

static const uint8_t known[] = {
#define A(number, name, takes, gives, mode, asker, act) number,
    ASK_TABLE(A)
#undef A
};

TEST(an_unknown_question_or_one_that_cannot_be_read_is_invalid)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_keyring(&given));
    static const uint8_t unknown[] = {0, 255};
    for (size_t i = 0; i < sizeof known; i++) {
        OWN(buf) body = BUF(4096);
        uint8_t code = 0;
        keys_answer(given.keyring, &(struct asked){ASKER_WEB, known[i], STR("\xff\xff\xff")}, &body, &code);
        CHECK((code == ERR_INVALID || code == ERR_DENIED) && body.len);
        buf_clear(&body);
        keys_answer(given.keyring, &(struct asked){ASKER_JOBS, known[i], STR("\xff\xff\xff")}, &body, &code);
        CHECK((code == ERR_INVALID || code == ERR_DENIED) && body.len);
    }
    for (size_t i = 0; i < sizeof unknown; i++) {
        OWN(buf) body = BUF(4096);
        uint8_t code = 0;
        keys_answer(given.keyring, &(struct asked){ASKER_WEB, unknown[i], STR("")}, &body, &code);
        CHECK(code == ERR_INVALID && body.len);
    }
}

TEST(each_process_asks_what_is_its_own_and_nothing_else)
{
    OWN(given) given = {0};
    static const struct {
        enum asker asker;
        uint8_t number;
    } foreign[] = {{ASKER_JOBS, ASK_records_open},   {ASKER_JOBS, ASK_login},
                   {ASKER_JOBS, ASK_device_destroy}, {ASKER_WEB, ASK_log_sign},
                   {ASKER_WEB, ASK_log_take},        {ASKER_WEB, ASK_log_due}};
    CHECK_OK(given_a_keyring(&given));
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        OWN(buf) body = BUF(4096);
        uint8_t code = 0;
        keys_answer(given.keyring, &(struct asked){foreign[i].asker, foreign[i].number, STR("")}, &body,
                    &code);
        CHECK(code == ERR_DENIED && body.len);
    }
}

TEST(a_frame_past_its_limit_ends_the_channel)
{
    OWN(buf) body = BUF(1024);
    int pair[2];
    uint8_t first = 0;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(write(pair[0], "\0\0\0\0\1", 5) == 5);
    CHECK_FAILS(ERR_BROKEN, frame_receive(pair[1], &first, &body));
    CHECK(write(pair[0], "\xff\xff\xff\xff\1", 5) == 5);
    CHECK_FAILS(ERR_BROKEN, frame_receive(pair[1], &first, &body));
    CHECK_OK(frame_send(pair[0], 3, STR("body")));
    CHECK_OK(frame_receive(pair[1], &first, &body));
    CHECK(first == 3 && str_eq(buf_str(&body), STR("body")));
    close(pair[0]);
    CHECK_FAILS(ERR_UNREACHABLE, frame_receive(pair[1], &first, &body));
    CHECK_FAILS(ERR_UNREACHABLE, frame_send(pair[1], 3, STR("body")));
    close(pair[1]);
}

TESTS(a_server_certificate_names_its_hosts, the_keys_process_answers_its_channels_until_it_is_stopped,
      an_unknown_question_or_one_that_cannot_be_read_is_invalid,
      each_process_asks_what_is_its_own_and_nothing_else, a_frame_past_its_limit_ends_the_channel)
