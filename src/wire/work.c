/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "wire/_private.h"

#include <event2/buffer.h>

static const struct refusal full = {503, ERR_BUSY, "too many requests are waiting"};
static const struct refusal stops = {503, ERR_BUSY, "the server is stopping"};
static const struct refusal no_memory = {503, ERR_BUSY, "no memory for the request"};
static const struct refusal no_gate = {500, ERR_BROKEN, "a connection that was not let in"};

enum { MAX_COPIED = 4 * MAX_HEADERS + MAX_PEER_URI };

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
    const struct refusal *refusal = server->stopping                     ? &stops
                                    : server->waiting.count >= QUEUE_MAX ? &full
                                                                         : NULL;
    if (!refusal) {
        jobs_add(&server->waiting, job);
        pthread_cond_signal(&server->asked);
    }
    pthread_mutex_unlock(&server->lock);
    return refusal;
}

/* A whole request, on its loop. Until the reply is sent nothing of the connection is read. */
void work_take(struct evhttp_request *http, void *context)
{
    struct port *port = context;
    const struct door *door = port_door(port);
    struct conn *conn = gate_conn(port, evhttp_request_get_connection(http));
    if (!conn) {
        reply_refuse(http, door, &no_gate);
        return;
    }
    gate_begin(conn, http);
    struct job *job = job_make(http, port, conn);
    const struct refusal *refusal = job ? queue_add(port->loop->server, job) : &no_memory;
    if (!refusal) {
        gate_busy(conn, job);
        return;
    }
    if (job)
        job_drop(job);
    reply_refuse(http, door, refusal);
}

static void job_send(struct job *job, bool stopping)
{
    const struct door *door = &job->loop->server->doors[job->request.door];
    if (job->conn) {
        gate_busy(job->conn, NULL);
        reply_send(job->http, door, &job->reply, stopping);
    } else {
        server_settle(job->loop->server);
    }
    job_drop(job);
}

void work_send_done(struct loop *loop)
{
    struct server *server = loop->server;
    for (;;) {
        pthread_mutex_lock(&server->lock);
        struct job *job = jobs_take(&loop->done);
        bool stopping = server->stopping;
        pthread_mutex_unlock(&server->lock);
        if (!job)
            return;
        job_send(job, stopping);
    }
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
static void job_done(struct job *job, bool kept)
{
    struct loop *loop = job->loop;
    struct server *server = loop->server;
    pthread_mutex_lock(&server->lock);
    bool first = !loop->done.first;
    jobs_add(&loop->done, job);
    if (first)
        loop_tell(loop);
    server->kept -= kept;
    if (kept && !server->kept)
        pthread_cond_broadcast(&server->settled);
    pthread_mutex_unlock(&server->lock);
}

static struct job *job_of(const struct request *request)
{
    return (struct job *)(void *)((char *)(uintptr_t)request - offsetof(struct job, request));
}

struct job *request_keep(const struct request *request)
{
    struct job *job = job_of(request);
    struct server *server = job->loop->server;
    pthread_mutex_lock(&server->lock);
    bool room = server->kept < KEPT_MAX;
    server->kept += room;
    pthread_mutex_unlock(&server->lock);
    server->workers[request->worker].kept = room;
    return room ? job : NULL;
}

struct reply *kept_reply(struct job *job) { return &job->reply; }
void kept_done(struct job *job) { job_done(job, true); }

void *work_run(void *context)
{
    struct worker *worker = context;
    struct server *server = worker->server;
    for (struct job *job; (job = queue_take(server));) {
        job->request.worker = worker->number;
        worker->kept = false;
        server->answer(server->context, &job->request, &job->reply);
        if (!worker->kept)
            job_done(job, false);
    }
    return NULL;
}
