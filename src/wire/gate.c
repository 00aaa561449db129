/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate stands between the socket and evhttp, on each connection. It holds back what comes (by a low watermark
 * that is never reached) until a whole head is there and strict_judge() has let it through; then evhttp reads, up to
 * the end of that message. What a client sent beyond it is put aside until the reply is written, then judged as the
 * next head. A refused head never reaches evhttp: the gate writes the reply itself, waits a moment for the other side
 * to read it, and reports the end of the stream to evhttp, which frees the connection.
 *
 *     HEAD -> PASSED -> (reply written) -> HEAD …          HEAD -> REFUSED -> closed
 *
 * A request has the server's patience from its first byte to its last, however it trickles; so has the TLS handshake.
 */
#include "wire/_private.h"

#include "crypt/cert.h"
#include "crypt/tls.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <sys/socket.h>

enum state { HEAD, PASSED, REFUSED };

/* Nothing is answered to these. */
static const struct refusal slow = {0, ERR_OK, "no whole request in time"};

struct conn {
    struct port *port;
    struct bufferevent *bev;
    struct evhttp_connection *http; /* NULL until evhttp has taken the bufferevent */
    struct evbuffer_cb_entry *watch;
    struct event *later, *overdue;
    struct evbuffer *aside; /* bytes behind the message that is answered; NULL where there are none */
    struct job *job;
    enum state state;
    bool counted;               /* as under way in the server */
    buf_t peer_uri;             /* of the certificate it was opened with, once it was asked for */
    moment_t peer_until;        /* when that ends; 0: not asked for yet */
    bufferevent_event_cb ended; /* evhttp's, taken over with a refusal */
    void *ended_context;
};

static void conn_drop(struct conn *conn)
{
    if (conn->port->loop->current == conn)
        conn->port->loop->current = NULL;
    if (conn->later)
        event_free(conn->later);
    if (conn->overdue)
        event_free(conn->overdue);
    if (conn->aside)
        evbuffer_free(conn->aside);
    buf_drop(&conn->peer_uri);
    free(conn);
}

/* No input is long enough to wake evhttp's reader. */
static void hold_back(struct conn *conn) { bufferevent_setwatermark(conn->bev, EV_READ, SIZE_MAX, 0); }
static void let_through(struct conn *conn) { bufferevent_setwatermark(conn->bev, EV_READ, 0, 0); }

static void input_empty(struct conn *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    evbuffer_drain(input, evbuffer_get_length(input));
}

/* As if the other side had gone: evhttp drops its request and frees the connection, and with it this gate. */
static void end(struct conn *conn)
{
    bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
    if (conn->state != REFUSED)
        bufferevent_getcb(conn->bev, NULL, NULL, &conn->ended, &conn->ended_context);
    conn->ended(conn->bev, BEV_EVENT_READING | BEV_EVENT_EOF, conn->ended_context);
}

static void refused_end(struct bufferevent *bev, short what, void *context)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
        end(context);
}

/* Nothing of a request has come: a browser that connects before it has anything to ask. */
static bool is_idle(const struct conn *conn)
{
    return conn->state == HEAD && !evbuffer_get_length(bufferevent_get_input(conn->bev));
}

static void overdue(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;
    (void)fd, (void)what;
    if (!is_idle(conn))
        gate_tell(conn, "patience", &slow);
    end(conn);
}

/* So that the other side can tell an end from a connection that was cut. */
static void tls_end(struct conn *conn)
{
    SSL *tls = bufferevent_openssl_get_ssl(conn->bev);
    if (!tls || SSL_in_init(tls))
        return;
    SSL_shutdown(tls);
    ERR_clear_error();
}

/* Closing with unread bytes would reset the connection, and could take the reply with it: only our half closes. */
static void refused_written(struct bufferevent *bev, void *context)
{
    tls_end(context);
    shutdown(bufferevent_getfd(bev), SHUT_WR);
}

static void refuse(struct conn *conn, const struct refusal *refusal)
{
    static const struct timeval wait = {.tv_sec = REFUSED_SECONDS};
    gate_tell(conn, "framing", refusal);
    conn->state = REFUSED;
    bufferevent_getcb(conn->bev, NULL, NULL, &conn->ended, &conn->ended_context);
    bufferevent_setcb(conn->bev, NULL, refused_written, refused_end, conn);
    bufferevent_set_timeouts(conn->bev, &wait, &wait);
    let_through(conn);
    reply_write(port_door(conn->port), refusal, bufferevent_get_output(conn->bev));
    bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
    input_empty(conn);
}

/* The path stands behind the method. */
static size_t body_most(const struct door *door, str_t bytes)
{
    (void)str_until(&bytes, ' ');
    for (size_t i = 0; i < MAX_WIDE; i++)
        if (door->wide[i].path && str_starts(bytes, str(door->wide[i].path)))
            return door->wide[i].max_body;
    return door->max_body;
}

static void judge(struct conn *conn)
{
    const struct door *door = port_door(conn->port);
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    size_t head = 0, len = evbuffer_get_length(input);
    str_t bytes = {(const char *)evbuffer_pullup(input, -1), len};
    const struct refusal *refusal = strict_judge(bytes, body_most(door, bytes), &head);
    if (refusal) {
        refuse(conn, refusal);
    } else if (head) {
        conn->state = PASSED;
        let_through(conn);
    }
}

/* Runs when bytes have come, before the bufferevent looks at its watermark and calls evhttp's reader. */
static void arrived(struct evbuffer *input, const struct evbuffer_cb_info *info, void *context)
{
    struct conn *conn = context;
    (void)input;
    if (!info->n_added)
        return;
    conn->port->loop->current = conn;
    if (conn->state == HEAD && info->orig_size == 0)
        event_add(conn->overdue, &conn->port->loop->server->patience);
    if (conn->state == HEAD && !conn->aside)
        judge(conn);
    else if (conn->state == REFUSED)
        input_empty(conn);
}

/* NULL where TLS held, and where the other side only went away. */
static const char *tls_fault(const struct conn *conn)
{
    SSL *tls = bufferevent_openssl_get_ssl(conn->bev);
    unsigned long fault = tls && SSL_in_init(tls) ? bufferevent_get_openssl_error(conn->bev) : 0;
    if (ERR_GET_REASON(fault) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return NULL;
    long verified = fault ? SSL_get_verify_result(tls) : X509_V_OK;
    const char *why =
        verified == X509_V_OK ? ERR_reason_error_string(fault) : X509_verify_cert_error_string(verified);
    return fault && !why ? "a fault without a name" : why;
}

static void closed(struct evhttp_connection *http, void *context)
{
    struct conn *conn = context;
    const char *fault = conn->state == HEAD ? tls_fault(conn) : NULL;
    (void)http;
    if (fault)
        gate_tell(conn, "tls", &(struct refusal){.detail = fault});
    if (conn->job) {
        /* An error while a worker answers makes evhttp leave the request to its user. */
        if (conn->job->http && !evhttp_request_get_connection(conn->job->http))
            evhttp_request_free(conn->job->http);
        conn->job->conn = NULL;
        conn->job->http = NULL;
        if (stream_gone(conn->job))
            job_end(conn->job);
    } else if (conn->counted) {
        server_settle(conn->port->loop->server, &conn->port->loop->server->under_way);
    }
    if (conn->state != REFUSED)
        tls_end(conn);
    evbuffer_remove_cb_entry(bufferevent_get_input(conn->bev), conn->watch);
    conn_drop(conn);
}

/* evhttp tells nobody of a new connection; it stands in the bufferevent as the context of its callbacks. */
static bool adopt(struct conn *conn)
{
    void *context = NULL;
    bufferevent_getcb(conn->bev, NULL, NULL, NULL, &context);
    conn->http = context;
    if (context)
        evhttp_connection_set_closecb(conn->http, closed, conn);
    else
        evbuffer_remove_cb_entry(bufferevent_get_input(conn->bev), conn->watch);
    bufferevent_decref(conn->bev);
    return context != NULL;
}

static void take_up(struct conn *conn)
{
    struct evbuffer *aside = give(conn->aside);
    /* To the front: what came meanwhile stands behind. This is what calls arrived(). */
    int moved = evbuffer_prepend_buffer(bufferevent_get_input(conn->bev), aside);
    evbuffer_free(aside);
    if (moved == 0)
        bufferevent_trigger(conn->bev, EV_READ, 0);
}

static void later(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;
    (void)fd, (void)what;
    if (!conn->http && !adopt(conn))
        conn_drop(conn);
    else if (conn->aside)
        take_up(conn);
}

static struct bufferevent *bufferevent_open(struct event_base *base, const struct door *door)
{
    if (!door->tls)
        return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    SSL *tls = SSL_new(door->tls);
    return tls ? bufferevent_openssl_socket_new(base, -1, tls, BUFFEREVENT_SSL_ACCEPTING,
                                                BEV_OPT_CLOSE_ON_FREE)
               : NULL;
}

/* NULL makes evhttp serve the connection in the clear: gate_conn() turns away what comes in through no gate. */
struct bufferevent *gate_open(struct event_base *base, void *port)
{
    struct conn *conn = calloc(1, sizeof *conn);
    struct bufferevent *bev = conn ? bufferevent_open(base, port_door(port)) : NULL;
    if (!bev) {
        free(conn);
        return NULL;
    }
    *conn = (struct conn){.port = port, .bev = bev, .peer_uri = BUF(MAX_PEER_URI)};
    conn->later = event_new(base, -1, 0, later, conn);
    conn->overdue = event_new(base, -1, 0, overdue, conn);
    conn->watch = evbuffer_add_cb(bufferevent_get_input(bev), arrived, conn);
    if (!conn->later || !conn->overdue || !conn->watch) {
        conn_drop(conn);
        bufferevent_free(bev);
        return NULL;
    }
    hold_back(conn);
    bufferevent_incref(bev); /* until adopt() */
    event_active(conn->later, EV_TIMEOUT, 0);
    if (conn->port->loop->server->doors[conn->port->door].tls)
        event_add(conn->overdue, &conn->port->loop->server->patience);
    return bev;
}

struct conn *gate_conn(struct port *port, struct evhttp_connection *http)
{
    struct conn *conn = port->loop->current;
    return conn && conn->http == http && conn->state == PASSED && !conn->job ? conn : NULL;
}

/* Called by evhttp when the reply is written, before it reads the next request or closes. */
static void answered(struct evhttp_request *http, void *context)
{
    struct conn *conn = context;
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    conn->state = HEAD;
    conn->counted = false;
    server_settle(conn->port->loop->server, &conn->port->loop->server->under_way);
    hold_back(conn);
    if (!evbuffer_get_length(input))
        return;
    conn->aside = evbuffer_new();
    if (conn->aside && evbuffer_add_buffer(conn->aside, input) == 0)
        event_active(conn->later, EV_TIMEOUT, 0);
    else
        evhttp_add_header(evhttp_request_get_output_headers(http), "Connection",
                          "close"); /* no memory: the end */
}

void gate_begin(struct conn *conn, struct evhttp_request *http)
{
    event_del(conn->overdue);
    bufferevent_disable(conn->bev, EV_READ);
    evhttp_request_set_on_complete_cb(http, answered, conn);
    conn->counted = true;
    server_begin(conn->port->loop->server);
}

void gate_busy(struct conn *conn, struct job *job) { conn->job = job; }

str_t gate_peer_uri(struct conn *conn, bool *out_expired)
{
    struct env *env = conn->port->loop->server->env;
    SSL *tls = bufferevent_openssl_get_ssl(conn->bev);
    if (tls && !conn->peer_until && tls_peer_uri(tls, &conn->peer_uri, &conn->peer_until) != ERR_OK) {
        buf_clear(&conn->peer_uri);
        conn->peer_until = MOMENT_MAX;
    }
    *out_expired = tls && env->now(env) >= conn->peer_until;
    return buf_str(&conn->peer_uri);
}

/* Of a device it is known which one, if the certificate was good. */
void gate_tell(struct conn *conn, const char *at, const struct refusal *refusal)
{
    bool expired = false;
    struct refused refused = {.status = refusal->status, .at = at, .why = refusal->detail};
    SSL *tls = bufferevent_openssl_get_ssl(conn->bev);
    refused.asked.code = refusal->code;
    if (tls && !SSL_in_init(tls) &&
        cert_uri_read(gate_peer_uri(conn, &expired), &refused.asked.tenant, &refused.asked.device) != ERR_OK)
        refused.asked.tenant = (ident_t){{0}};
    server_refused(conn->port->loop->server, conn->port->door, refused);
}
