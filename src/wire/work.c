/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "wire/_private.h"

#include <event2/buffer.h>

static const struct refusal full = {503, ERR_BUSY, "too many requests are waiting"};
static const struct refusal stops = {503, ERR_BUSY, "the server is stopping"};
static const struct refusal no_memory = {503, ERR_BUSY, "no memory for the request"};
static const struct refusal no_gate = {500, ERR_BROKEN, "a connection that was not let in"};

enum { MAX_COPIED = 4 * MAX_HEADERS + MAX_PEER_URI, REFUSED_FROM = 400 };

static void jobs_add(struct jobs *jobs, struct job *job)
{
    job->next = NULL;
    if (!jobs->first)
        jobs->end = &jobs->first;
    *jobs->end = job;
    jobs->end = &job->next;
    jobs->count++;
}

static struct job *jobs_take(struct jobs *jobs)
{
    struct job *job = jobs->first;
    if (job) {
        jobs->first = job->next;
        jobs->count--;
    }
    return job;
}

void jobs_drop(struct jobs *jobs)
{
    for (struct job *job; (job = jobs_take(jobs));)
        job_drop(job);
}

void job_drop(struct job *job)
{
    if (job->body)
        evbuffer_free(job->body);
    stream_drop(&job->stream);
    buf_drop(&job->reply.headers);
    buf_drop(&job->reply.body);
    arena_drop(&job->arena);
    free(job);
}

static enum method method_of(const struct evhttp_request *http)
{
    static const struct {
        enum evhttp_cmd_type theirs;
        enum method ours;
    } table[] = {{EVHTTP_REQ_GET, METHOD_GET},
                 {EVHTTP_REQ_POST, METHOD_POST},
                 {EVHTTP_REQ_PUT, METHOD_PUT},
                 {EVHTTP_REQ_PATCH, METHOD_PATCH},
                 {EVHTTP_REQ_DELETE, METHOD_DELETE}};
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (table[i].theirs == evhttp_request_get_command(http))
            return table[i].ours;
    return METHOD_COUNT;
}

static void headers_copy(struct job *job)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(job->http);
    struct request *request = &job->request;
    const struct {
        const char *name;
        str_t *to;
    } wanted[] = {
        {"Authorization", &request->authorization},
        {"Cookie", &request->cookie},
        {"Content-Type", &request->content_type},
        {"Content-Encoding", &request->content_encoding},
        {"Accept", &request->accept},
        {"Idempotency-Key", &request->idempotency_key},
        {"If-Match", &request->if_match},
        {"Host", &request->host},
        {"Origin", &request->origin},
        {"Range", &request->range},
        {"If-Range", &request->if_range},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        *wanted[i].to = arena_copy(&job->arena, str(evhttp_find_header(headers, wanted[i].name)));
}

static void peer_copy(struct job *job, struct conn *conn, const struct door *door)
{
    char *address = NULL;
    ev_uint16_t port = 0;
    if (!door->unix_path)
        evhttp_connection_get_peer(evhttp_request_get_connection(job->http), &address, &port);
    job->request.peer_address = arena_copy(&job->arena, str(address));
    job->request.peer_uri = arena_copy(&job->arena, gate_peer_uri(conn, &job->request.peer_expired));
}

/* Everything a worker needs, so that it never reaches into evhttp. The body is moved, not copied. */
static bool job_fill(struct job *job, struct conn *conn, const struct door *door)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(job->http);
    str_t rest = arena_copy(&job->arena, str(evhttp_request_get_uri(job->http)));
    job->request.method = method_of(job->http);
    job->request.path = str_until(&rest, '?');
    job->request.query = rest;
    headers_copy(job);
    peer_copy(job, conn, door);
    job->body = evbuffer_new();
    if (!job->body || evbuffer_add_buffer(job->body, body) != 0)
        return false;
    size_t len = evbuffer_get_length(job->body);
    const char *at = len ? (const char *)evbuffer_pullup(job->body, -1) : "";
    job->request.body = (str_t){at, len};
    return at && arena_end(&job->arena) == ERR_OK;
}

static struct job *job_make(struct evhttp_request *http, struct port *port, struct conn *conn)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    *job = (struct job){
        .conn = conn,
        .http = http,
        .loop = port->loop,
        .request = {.door = port->door},
        .reply = {.status = 500, .headers = BUF(MAX_REPLY_HEADERS), .body = BUF(MAX_REPLY)},
        .arena = ARENA(MAX_COPIED),
    };
    if (job_fill(job, conn, port_door(port)))
        return job;
    job_drop(job);
    return NULL;
}

/* NULL once the job waits for a worker. */
static const struct refusal *queue_add(struct server *server, struct job *job)
{
    pthread_mutex_lock(&server->lock);
    const struct refusal *refusal = atomic_load(&server->stopping)       ? &stops
                                    : server->waiting.count >= QUEUE_MAX ? &full
                                                                         : NULL;
    if (!refusal) {
        jobs_add(&server->waiting, job);
        pthread_cond_signal(&server->asked);
    }
    pthread_mutex_unlock(&server->lock);
    return refusal;
}

static const char *method_name(enum method method)
{
    static const char *const names[METHOD_COUNT] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    return method < METHOD_COUNT ? names[method] : "";
}

/* What an answer refuses is known here, whoever gave it and whenever. */
static void tell_refused(const struct job *job)
{
    const struct reply *reply = &job->reply;
    if (reply->status >= REFUSED_FROM || reply->asked.code != ERR_OK)
        server_refused(job->loop->server, job->request.door,
                       (struct refused){.status = reply->status,
                                        .method = method_name(job->request.method),
                                        .asked = reply->asked});
}

void job_end(struct job *job)
{
    struct server *server = job->loop->server;
    if (job->conn && job->stream && !stream_end(job))
        return;
    tell_refused(job);
    if (job->conn)
        gate_busy(job->conn, NULL);
    if (job->conn && !job->stream)
        reply_send(job->http, &server->doors[job->request.door], &job->reply, atomic_load(&server->stopping));
    if (!job->conn)
        server_settle(server, &server->under_way);
    job_drop(job);
}

/* True where no worker is needed for it: its reply is sent, or will be. */
static bool at_once(struct server *server, struct job *job)
{
    struct loop *loop = job->loop;
    loop->kept = false;
    job->kept = &loop->kept;
    if (!server->answer_at_once || atomic_load(&server->stopping) ||
        !server->answer_at_once(server->context, &job->request, &job->reply))
        return false;
    if (!loop->kept)
        job_end(job);
    return true;
}

static const struct refusal *job_begin(struct server *server, struct conn *conn, struct job *job)
{
    if (!job)
        return &no_memory;
    gate_busy(conn, job);
    if (at_once(server, job))
        return NULL;
    const struct refusal *refusal = queue_add(server, job);
    if (refusal) {
        gate_busy(conn, NULL);
        job_drop(job);
    }
    return refusal;
}

/* A whole request, on its loop. Until the reply is sent nothing of the connection is read. */
void work_take(struct evhttp_request *http, void *context)
{
    struct port *port = context;
    struct conn *conn = gate_conn(port, evhttp_request_get_connection(http));
    const struct refusal *refusal = &no_gate;
    if (conn) {
        gate_begin(conn, http);
        refusal = job_begin(port->loop->server, conn, job_make(http, port, conn));
    }
    if (refusal && conn)
        gate_tell(conn, "queue", refusal);
    if (refusal)
        reply_refuse(http, port_door(port), refusal);
}

static struct job *said_take(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct job *job = loop->said;
    if (job) {
        loop->said = job->next_stream;
        job->listed = false;
    }
    pthread_mutex_unlock(&loop->lock);
    return job;
}

/* What is done says nothing more: once all that was said is sent, it is in no list and can be freed. */
void work_send_done(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct jobs done = loop->done;
    loop->done = (struct jobs){0};
    pthread_mutex_unlock(&loop->lock);
    for (struct job *job; (job = said_take(loop));)
        stream_send(job);
    for (struct job *job; (job = jobs_take(&done));)
        job_end(job);
}

static struct job *queue_take(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    while (!server->waiting.first && !server->closed)
        pthread_cond_wait(&server->asked, &server->lock);
    struct job *job = server->closed ? NULL : jobs_take(&server->waiting);
    pthread_mutex_unlock(&server->lock);
    return job;
}

/* The loop is told once for all that it has not seen yet. It may free the job as soon as it has it. */
static void job_done(struct job *job)
{
    struct loop *loop = job->loop;
    pthread_mutex_lock(&loop->lock);
    bool first = !loop->done.first;
    jobs_add(&loop->done, job);
    pthread_mutex_unlock(&loop->lock);
    if (first)
        loop_tell(loop);
}

struct job *job_of(const struct request *request)
{
    return (struct job *)(void *)((char *)(uintptr_t)request - offsetof(struct job, request));
}

struct job *request_keep(const struct request *request)
{
    struct job *job = job_of(request);
    struct server *server = job->loop->server;
    if (atomic_fetch_add(&server->kept, 1) >= KEPT_MAX) {
        server_settle(server, &server->kept);
        return NULL;
    }
    *job->kept = true;
    return job;
}

struct reply *kept_reply(struct job *job) { return &job->reply; }

/* The server lives until none is kept: it is not touched after that is said. */
void kept_done(struct job *job)
{
    struct server *server = job->loop->server;
    job_done(job);
    server_settle(server, &server->kept);
}

void *work_run(void *context)
{
    struct worker *worker = context;
    struct server *server = worker->server;
    for (struct job *job; (job = queue_take(server));) {
        worker->kept = false;
        job->kept = &worker->kept;
        job->request.worker = worker->number;
        server->answer(server->context, &job->request, &job->reply);
        if (!worker->kept)
            job_done(job);
    }
    return NULL;
}
