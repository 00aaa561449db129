/* SPDX-License-Identifier: Apache-2.0
 *
 * The witness over HTTP: libevent's evhttp on one thread, so that questions are answered one after the other. The server
 * of src/wire is not used: it brings TLS, threads and queues, for a door that has one question and one asker.
 */
#include "verify/witness.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <sys/socket.h>

enum { PATIENCE = 10, HEADERS_MAX = 8192, HOST_MAX = 64 };

struct door {
    struct witness *witness;
    struct event_base *base;
    struct evhttp *http;
    struct event *signals[2];
};
typedef struct door door_own;

static void door_drop(struct door *door)
{
    for (size_t i = 0; i < 2; i++)
        if (door->signals[i])
            event_free(door->signals[i]);
    if (door->http)
        evhttp_free(door->http);
    if (door->base)
        event_base_free(door->base);
}

static void reply(struct evhttp_request *request, const struct witness_answer *answer)
{
    struct evbuffer *body = evhttp_request_get_output_buffer(request);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", answer->type);
    evbuffer_add(body, buf_str(&answer->body).at, answer->body.len);
    evhttp_send_reply(request, answer->status, NULL, NULL);
}

static void asked(struct evhttp_request *request, void *context)
{
    struct door *door = context;
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t len = evbuffer_get_length(input);
    OWN(witness_answer) answer = {.status = 503, .type = "text/plain; charset=utf-8", .body = BUF(MAX_NOTE)};
    const char *bytes = len ? (const char *)evbuffer_pullup(input, -1) : "";
    if (evhttp_request_get_command(request) != EVHTTP_REQ_POST)
        answer.status = 405;
    else if (bytes)
        witness_answer(door->witness, str_bytes(bytes, len), &answer);
    reply(request, &answer);
}

static void not_here(struct evhttp_request *request, void *context)
{
    const struct witness_answer answer = {.status = 404, .type = "text/plain; charset=utf-8"};
    (void)context;
    reply(request, &answer);
}

static void stop(evutil_socket_t number, short what, void *context)
{
    (void)number, (void)what;
    event_base_loopexit(context, NULL);
}

/* "127.0.0.1:8081", "[::1]:8081" */
static err_t address_read(const char *text, char out_host[HOST_MAX], uint16_t *out_port)
{
    const char *colon = strrchr(text, ':');
    str_t host = str_bytes(text, colon ? (size_t)(colon - text) : 0);
    uint64_t port = 0;
    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        host = str_bytes(host.at + 1, host.len - 2);
    if (!host.len || host.len >= HOST_MAX || str_number(str(colon + 1), UINT16_MAX, &port) != ERR_OK)
        return fail(ERR_INVALID, "--listen is HOST:PORT, such as 127.0.0.1:8081");
    snprintf(out_host, HOST_MAX, "%.*s", STR_ARG(host));
    *out_port = (uint16_t)port;
    return ERR_OK;
}

/* The port stands in the same place in the addresses of both families. */
static err_t bound_port(struct evhttp_bound_socket *bound, uint16_t *out_port)
{
    struct sockaddr_in6 at = {0};
    socklen_t len = sizeof at;
    if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&at, &len) != 0)
        return fail(ERR_BROKEN, "a socket without an address");
    *out_port = ntohs(at.sin6_port);
    return ERR_OK;
}

static err_t door_open(struct door *door)
{
    static const int numbers[2] = {SIGTERM, SIGINT};
    door->base = event_base_new();
    door->http = door->base ? evhttp_new(door->base) : NULL;
    if (!door->http)
        return fail(ERR_BUSY, "no memory for HTTP");
    for (size_t i = 0; i < 2; i++) {
        door->signals[i] = evsignal_new(door->base, numbers[i], stop, door->base);
        if (!door->signals[i] || event_add(door->signals[i], NULL) != 0)
            return fail(ERR_BUSY, "no memory for HTTP");
    }
    evhttp_set_timeout(door->http, PATIENCE);
    evhttp_set_max_headers_size(door->http, HEADERS_MAX);
    evhttp_set_max_body_size(door->http, MAX_QUESTION);
    evhttp_set_default_content_type(door->http, NULL);
    evhttp_set_allowed_methods(door->http, EVHTTP_REQ_POST | EVHTTP_REQ_GET);
    evhttp_set_gencb(door->http, not_here, NULL);
    return evhttp_set_cb(door->http, "/add-checkpoint", asked, door) == 0
               ? ERR_OK
               : fail(ERR_BUSY, "no memory for HTTP");
}

/* The line that whoever started this waits for. */
static err_t ready(struct verify *verify, struct witness *witness, const char *host, uint16_t port)
{
    OWN(buf) line = BUF(4096);
    bool is_six = strchr(host, ':');
    bool is_json = *verify->options.json;
    buf_putf(&line,
             is_json ? "{\"url\":\"http://%s%s%s:%u/add-checkpoint\",\"key\":"
                     : "ready http://%s%s%s:%u/add-checkpoint ",
             is_six ? "[" : "", host, is_six ? "]" : "", port);
    OWN(buf) key = BUF(1024);
    note_key_put(&key, witness_key(witness));
    if (is_json)
        buf_put_json(&line, buf_str(&key));
    else
        buf_put(&line, buf_str(&key));
    buf_put(&line, is_json ? STR("}\n") : STR("\n"));
    fwrite(buf_str(&line).at, 1, line.len, verify->out);
    return fflush(verify->out) == 0 ? buf_end(&line) : fail(ERR_BROKEN, "cannot write to standard output");
}

static void no_log(int severity, const char *text) { (void)severity, (void)text; }

err_t witness_serve(struct verify *verify, struct witness *witness)
{
    OWN(door) door = {.witness = witness};
    char host[HOST_MAX];
    uint16_t port = 0;
    TRY(address_read(*verify->options.listen, host, &port));
    signal(SIGPIPE, SIG_IGN);
    event_set_log_callback(no_log);
    TRY(door_open(&door));
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(door.http, host, port);
    if (!bound)
        return fail(ERR_BUSY, "cannot listen at %s port %u", host, port);
    TRY(bound_port(bound, &port));
    TRY(ready(verify, witness, host, port));
    return event_base_dispatch(door.base) < 0 ? fail(ERR_BROKEN, "the event loop failed") : ERR_OK;
}
