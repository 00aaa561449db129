/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-load PORT FOLDER KIND CONNECTIONS SECONDS: enrolled endpoints, one a connection, each of which sends its report
 * (KIND change, full, launches-5 or launches-100) again with the next number as soon as the one before is answered. Prints
 * how many were answered in a second, and the p99 of an answer in milliseconds; ends with an error at the first answer that is not 204. One thread; handshakes, and the first
 * third of a second of requests, are not counted.
 */
#include "bench/client.h"

#include "bench/body.h"
#include "bench/timing.h"
#include "crypt/seal.h"
#include "sys/env.h"

#include <fcntl.h>
#include <sys/epoll.h>

enum { MOST_LINES = 512, WARM_MS = 300, HEARD_ROOM = 2048, REQUEST_ROOM = 2 * 1024 * 1024, MOST_TIMES = 1 << 20 };

struct line {
    struct client client;
    buf_t request;
    size_t body_at, sent, heard_len;
    uint32_t number;
    int64_t since; /* us, when its request began */
    char heard[HEARD_ROOM];
};

struct load {
    struct line lines[MOST_LINES];
    size_t count;
    int events;
    uint64_t answered;
    int64_t took[MOST_TIMES];
};

struct orders {
    uint16_t port;
    const char *folder;
    enum body_kind kind;
    size_t connections, ms;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static err_t keys_ask(void *client, str_t ids, buf_t *out_note)
{
    return client_post(client, &(struct post){"/agent/v1/subjects", TYPE_REPORT, ids}, out_note);
}

static err_t line_open(const struct orders *orders, size_t number, struct line *line)
{
    OWN(buf) pem = BUF(PEM_ROOM);
    OWN(tls) context = NULL;
    OWN(body) body = {{0}};
    OWN(buf) answer = BUF(ANSWER_ROOM);
    ident_t device;
    *line = (struct line){.request = BUF(REQUEST_ROOM)};
    TRY(identity_read(orders->folder, number, &device, &pem));
    TRY(client_context(buf_str(&pem), &context));
    TRY(client_open(context, orders->port, &line->client));
    TRY(body_make(&(struct body_ask){orders->kind, device, keys_ask, &line->client}, &body));
    const struct post accounts = {"/agent/v1/accounts", TYPE_REPORT, buf_str(&body.accounts)};
    bool launches = orders->kind >= BODY_LAUNCHES_5;
    const struct post report = {launches ? "/agent/v1/launches" : "/agent/v1/report", TYPE_REPORT, buf_str(&body.report)};
    if (body.accounts.len)
        TRY(client_post(&line->client, &accounts, &answer));
    post_put(&report, &line->request);
    line->body_at = line->request.len - body.report.len;
    body_number(line->request.at + line->body_at, ++line->number);
    fcntl(line->client.fd, F_SETFL, O_NONBLOCK);
    line->since = now_us();
    return buf_end(&line->request);
}

/* True where there is more to do at once, false where the socket has to be waited for. */
static bool moved(struct line *line, int result, err_t *out_state)
{
    int why = result > 0 ? SSL_ERROR_NONE : SSL_get_error(line->client.tls, result);
    if (why != SSL_ERROR_NONE && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        *out_state = fail(ERR_UNREACHABLE, "the server has closed a connection");
    return why == SSL_ERROR_NONE;
}

static bool line_say(struct line *line, err_t *out_state)
{
    const char *at = line->request.at + line->sent;
    int sent = SSL_write(line->client.tls, at, (int)(line->request.len - line->sent));
    if (!moved(line, sent, out_state))
        return false;
    line->sent += (size_t)sent;
    return true;
}

static bool line_hear(struct load *load, struct line *line, err_t *out_state)
{
    int got =
        SSL_read(line->client.tls, line->heard + line->heard_len, (int)(HEARD_ROOM - 1 - line->heard_len));
    if (!moved(line, got, out_state))
        return false;
    line->heard_len += (size_t)got;
    line->heard[line->heard_len] = '\0';
    if (!strstr(line->heard, "\r\n\r\n"))
        return true;
    if (memcmp(line->heard + 9, "204", 3) != 0)
        *out_state = fail(ERR_DENIED, "an answer: %.400s", line->heard);
    load->took[load->answered++ % MOST_TIMES] = now_us() - line->since;
    line->since = now_us();
    line->heard_len = line->sent = 0;
    body_number(line->request.at + line->body_at, ++line->number);
    return *out_state == ERR_OK;
}

static err_t line_move(struct load *load, struct line *line)
{
    err_t state = ERR_OK;
    while (line->sent < line->request.len ? line_say(line, &state) : line_hear(load, line, &state))
        ;
    return state;
}

static err_t run_until(struct load *load, int64_t until)
{
    while (now_us() < until) {
        struct epoll_event events[MOST_LINES];
        int count = epoll_wait(load->events, events, MOST_LINES, 100);
        for (int i = 0; i < count; i++)
            TRY(line_move(load, events[i].data.ptr));
    }
    return ERR_OK;
}

static err_t lines_open(const struct orders *orders, struct load *load)
{
    load->events = epoll_create1(EPOLL_CLOEXEC);
    for (; load->count < orders->connections; load->count++)
        TRY(line_open(orders, load->count, &load->lines[load->count]));
    for (size_t i = 0; i < load->count; i++) {
        struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = &load->lines[i]}};
        if (epoll_ctl(load->events, EPOLL_CTL_ADD, load->lines[i].client.fd, &event) != 0)
            return fail(ERR_BROKEN, "no events");
    }
    return ERR_OK;
}

static err_t run(const struct orders *orders)
{
    static struct load load;
    TRY(crypt_start());
    TRY(lines_open(orders, &load));
    TRY(run_until(&load, now_us() + WARM_MS * 1000));
    load.answered = 0;
    int64_t from = now_us();
    TRY(run_until(&load, from + (int64_t)orders->ms * 1000));
    double rate = (double)load.answered * 1e6 / (double)(now_us() - from);
    size_t count = load.answered < MOST_TIMES ? load.answered : MOST_TIMES;
    printf("%.1f %.2f\n", rate, (double)percentile(load.took, count, 99) / 1e3);
    return ERR_OK;
}

int main(int argc, char **argv)
{
    uint64_t port = 0, connections = 0, seconds = 0;
    static const char *const kinds[] = {"change", "full", "launches-5", "launches-100"};
    enum body_kind kind = BODY_CHANGE;
    for (size_t i = 0; argc == 6 && i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(argv[3], kinds[i]))
            kind = (enum body_kind)i;
    bool fits = argc == 6 && str_number(str(argv[1]), UINT16_MAX, &port) == ERR_OK &&
                str_number(str(argv[4]), MOST_LINES, &connections) == ERR_OK &&
                str_number(str(argv[5]), 60, &seconds) == ERR_OK;
    if (!fits) {
        fprintf(stderr, "bench-load PORT FOLDER change|full|launches-5|launches-100 CONNECTIONS SECONDS\n");
        return 2;
    }
    const struct orders orders = {.port = (uint16_t)port,
                                  .folder = argv[2],
                                  .kind = kind,
                                  .connections = connections,
                                  .ms = seconds * 1000};
    err_t result = run(&orders);
    if (result != ERR_OK)
        fprintf(stderr, "bench-load: %s\n", err_note());
    return err_info(result)->exit;
}
