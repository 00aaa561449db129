/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of one server and who may touch them.
 *
 * loop    a thread with an event base. Everything of libevent that belongs to it (connections, requests, their
 *         buffers) is touched by this thread alone; others reach it by loop_tell().
 * port    one door on one loop: a listening socket and an evhttp.
 * conn    one connection: what it lets evhttp read (gate.c), and the job it waits for.
 * stream  what a worker has said of an answer that comes bit by bit, and its loop has not sent yet.
 * job     one request, copied out of evhttp: made on the loop, answered there or by a worker, sent and freed on the
 *         loop.
 *
 * A connection can end at any moment between the events of its loop, with evhttp's request: then gate.c takes the
 * connection out of the job, and the answer is thrown away when it comes.
 */
#pragma once
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/ssl.h>

#include "wire/server.h"
#include "wire/strict.h"

#include <event2/event.h>
#include <event2/http.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    QUEUE_MAX = 256,     /* requests that wait for a worker */
    KEPT_MAX = 512,      /* requests whose answer comes after answer() has returned */
    REFUSED_SECONDS = 2, /* for the other side to read why, and to close */
    STOP_SECONDS = 5,    /* for requests under way when the server stops */
    MAX_REPLY_HEADERS = 16 * 1024,
    MAX_PEER_URI = 512,
};

struct loop;
struct conn;

struct port {
    struct loop *loop;
    size_t door;
    struct evhttp *http;
    struct evhttp_bound_socket *listening;
    struct event *again; /* after a failed accept */
};

struct job {
    struct conn *conn;           /* NULL once the connection has ended */
    struct evhttp_request *http; /* evhttp's; ends with the connection */
    struct loop *loop;
    struct evbuffer *body;
    bool *kept; /* of whoever answers it now, a worker or its loop: set once the job is not theirs any more */
    struct request request;
    struct reply reply;
    arena_t arena;
    struct stream *stream;          /* NULL: the reply is one piece */
    struct job *next, *next_stream; /* of those that are done; of those that have said something */
    bool listed;                    /* among the latter */
};

struct jobs {
    struct job *first, **end;
    size_t count;
};

struct loop {
    struct server *server;
    struct event_base *base;
    struct event *told;
    struct port *ports;   /* one for each door */
    struct conn *current; /* whose bytes are being read */
    bool kept;            /* the request that is answered at once */
    pthread_mutex_t lock; /* of what others hand to it */
    struct jobs done;
    struct job *said; /* whose streams have something to send */
    pthread_t thread;
    bool running;
};

struct worker {
    struct server *server;
    size_t number;
    pthread_t thread;
    bool running;
    bool kept; /* the request that it answers */
};

struct server {
    struct env *env;
    struct door *doors;
    uint16_t *found; /* the port of each door */
    size_t door_count, loop_count, worker_count;
    struct timeval patience;
    answer_t answer;
    answer_at_once_t answer_at_once;
    refused_t refused;
    void *context;
    struct loop *loops;
    struct worker *workers;

    pthread_mutex_t lock;
    pthread_cond_t asked;   /* a job is waiting, or none will come */
    pthread_cond_t settled; /* a request has been replied to */
    struct jobs waiting;
    atomic_size_t kept;      /* requests whose reply comes after they were answered */
    atomic_size_t under_way; /* requests from a whole head and body until the reply is written */
    atomic_bool stopping;    /* no new ones */
    bool closed, over;       /* no worker takes another; loops end */
};

const struct door *port_door(const struct port *port);

/* listen.c: a listening socket that does not block. With `shared` several may listen on one TCP port. */
CHECKED err_t listen_tcp(const struct door *door, uint16_t port, bool shared, int *out_fd);
CHECKED err_t listen_unix(const char *path, int *out_fd);
CHECKED err_t listen_port(int fd, uint16_t *out_port);

/* gate.c */
struct bufferevent *gate_open(struct event_base *base, void *port);
struct conn *gate_conn(struct port *port, struct evhttp_connection *http);
void gate_begin(struct conn *conn,
                struct evhttp_request *http);       /* reads nothing more until it is replied to */
void gate_busy(struct conn *conn, struct job *job); /* waits for this job; NULL: no longer */
str_t gate_peer_uri(struct conn *conn, bool *out_expired);
void gate_tell(struct conn *conn, const char *at, const struct refusal *refusal); /* that it was refused */

/* work.c */
void work_take(struct evhttp_request *http, void *port);
void work_send_done(struct loop *loop);
void *work_run(void *worker);
void jobs_drop(struct jobs *jobs);
void job_drop(struct job *job);

/* work.c, for stream.c */
struct job *job_of(const struct request *request);
void job_end(struct job *job); /* replies, where there is anybody to reply to, and is dropped */

/* stream.c, on the loop */
void stream_send(struct job *job); /* as much as the client has room for */
bool stream_end(
    struct job *job); /* the rest, and the end; false: job_end() is called once that is possible */
bool stream_gone(
    struct job *job); /* nobody reads it any more, where it has one; true: its worker is done with it */
void stream_drop(struct stream **stream);

/* reply.c */
bool reply_head(struct evhttp_request *http, const struct door *door, const struct reply *reply);
const char *reply_phrase(int status);
void reply_send(struct evhttp_request *http, const struct door *door, const struct reply *reply, bool close);
void reply_refuse(struct evhttp_request *http, const struct door *door, const struct refusal *refusal);
void reply_write(const struct door *door, const struct refusal *refusal, struct evbuffer *out);

/* server.c */
void server_begin(struct server *server);
void server_settle(struct server *server, atomic_size_t *count); /* one less of `under_way` or `kept` */
void loop_tell(struct loop *loop);
void server_refused(struct server *server, size_t door, struct refused refused);
