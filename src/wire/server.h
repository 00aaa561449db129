/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP/1.1 server: sockets, TLS and framing, and nothing of what requests mean.
 *
 *     struct door doors[] = {
 *         {.name = "console", .address = "127.0.0.1", .port = 8443, .tls = context, .max_body = MAX_BODY},
 *         {.name = "operator", .unix_path = "run/operator.sock", .max_body = MAX_BODY},
 *     };
 *     TRY(server_start(&(struct server_ask){doors, 2, .answer = answer, .context = context}, &server));
 *     …
 *     server_drop(&server);                   stops accepting, lets requests under way finish, joins its threads
 *
 * One libevent loop a thread reads and writes; complete requests go through a bounded queue to worker threads, each
 * of which calls answer() and blocks as it likes. A full queue answers 503 with Retry-After at once. Worker k of W
 * passes its number, so that a worker can own a channel to another process.
 *
 * Refused before answer() is called, with a problem body and the connection closed: two Content-Lengths, one that is
 * not digits only, Content-Length with Transfer-Encoding, white space in a header's name, HTTP/1.1 without exactly one
 * Host, a body past max_body (413), headers past MAX_HEADERS (431), unknown methods (501). Of what the standard leaves
 * open, also: a Transfer-Encoding (411: a body says its length), a body with GET or DELETE, a header of this server
 * given twice, control characters and lines that do not end in CR LF. wire/strict.h has the rules.
 *
 * Every reply carries X-Content-Type-Options, Cache-Control: no-store unless its own lines say otherwise, and over TLS
 * Strict-Transport-Security. server_drop() waits at most 5 seconds for replies to be written, and for answer() as
 * long as it takes: it has to return by itself. The contexts in the doors must live until then.
 *
 * What never has to wait can be answered on the loop itself, without a worker: answer_at_once(), where there is one, is
 * asked first, and says false for what a worker has to answer. Until it returns the loop serves nobody else.
 *
 * An answer that has to wait for something need not keep a worker waiting: request_keep() lets answer() return, and
 * whoever has the answer then fills kept_reply() and calls kept_done(), once, on any thread. Until then request and
 * reply live, and server_drop() waits.
 *
 *     struct job *job = request_keep(request);          the last thing that answer() does with request and reply; NULL
 *                                                       where too many are kept: then it answers by itself
 *     …
 *     kept_reply(job)->status = 204;
 *     kept_done(job);
 *
 * An answer that comes bit by bit, and may take long, is a stream. Its worker is busy until it has ended:
 *
 *     TRY(stream_open(request, &stream));               status, type and headers of the reply go out
 *     while (more && stream_put(stream, bytes))         waits where the client reads slowly; false once it has left, or
 *         …                                             the server stops: then answer() is to return
 *
 * Its body is chunked, and ends when answer() returns; that of the reply is not sent.
 *
 * Each reply of a status past 399, or with a code in `asked`, each head that was refused and each TLS handshake that failed is told to refused(), on
 * any thread: for whoever keeps a log. It says what is known of who asked, and nothing of what they said.
 *
 * The request and everything it points at live until answer() returns. answer() writes status, content type, extra
 * header lines and body into the reply, whose body buffer is made with MAX_REPLY.
 */
#pragma once
#include "base/arena.h"
#include "sys/env.h"
#include "wire/refused.h"
#include <openssl/types.h>

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_COUNT };

enum { MAX_WIDE = 3 };

struct door {
    const char *name;
    const char *address;   /* numeric; with port */
    uint16_t port;         /* 0: any free one, found in server_port() */
    const char *unix_path; /* instead of address and port; made with mode 0600, replaced where it exists */
    SSL_CTX *tls;          /* NULL: plain, for the Unix socket */
    size_t max_body;
    struct wide_path { /* requests whose path begins so may have larger bodies */
        const char *path;
        size_t max_body;
    } wide[MAX_WIDE];
};

struct request {
    size_t door, worker; /* which door of the table, which worker answers */
    enum method method;
    str_t path, query; /* as sent: still percent-encoded, no fragment */
    str_t authorization, cookie, content_type, content_encoding, accept, idempotency_key, if_match, host,
        origin, range, if_range;
    str_t body;
    str_t peer_address; /* numeric, "" on a Unix socket */
    str_t peer_uri;     /* the verified client certificate's URI name, "" where there is none */
    bool peer_expired;  /* that certificate has expired, by less than TLS_GRACE_DAYS */
};

struct reply {
    int status;
    const char *content_type;
    buf_t headers; /* extra lines, each "Name: value\n" */
    buf_t body;
    struct asked asked; /* for refused(), where the status is one of a refusal */
};

struct job;
struct job *request_keep(const struct request *request);
struct reply *kept_reply(struct job *job);
void kept_done(struct job *job);

struct stream;
CHECKED err_t stream_open(const struct request *request, struct stream **out_stream);
bool stream_put(struct stream *stream, str_t bytes);
bool stream_stops(const struct stream *stream); /* the server does: the answer is to return at once */

typedef void (*answer_t)(void *context, const struct request *request, struct reply *reply);
typedef void (*refused_t)(void *context, const struct refused *refused);
typedef bool (*answer_at_once_t)(void *context, const struct request *request, struct reply *reply);

struct server_ask {
    const struct door *doors;
    size_t door_count;
    size_t loops, workers; /* threads of each kind; 0: 1 loop, 4 workers */
    size_t patience; /* seconds: for a request from its first byte to its last, and without a byte; 0: 60 */
    answer_t answer;
    answer_at_once_t answer_at_once; /* or NULL */
    refused_t refused;               /* or NULL */
    void *context;
    struct env *env; /* whose clock ends certificates; NULL: the real one */
};

typedef struct server *server_own;
CHECKED err_t server_start(const struct server_ask *ask, struct server **out_server);
uint16_t server_port(const struct server *server, size_t door);
void server_drop(struct server **server);
