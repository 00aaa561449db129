/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "wire/_private.h"

#include <errno.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <fcntl.h>
#include <signal.h>

enum { LOOPS = 1, WORKERS = 4, PATIENCE = 60, AGAIN_MS = 100 };

const struct door *port_door(const struct port *port) { return &port->loop->server->doors[port->door]; }

void server_begin(struct server *server) { atomic_fetch_add(&server->under_way, 1); }

/* The last one is taken away under the lock: whoever waits for that frees the server next. */
void server_settle(struct server *server, atomic_size_t *count)
{
    for (size_t now = atomic_load(count); now > 1;)
        if (atomic_compare_exchange_weak(count, &now, now - 1))
            return;
    pthread_mutex_lock(&server->lock);
    if (atomic_fetch_sub(count, 1) == 1)
        pthread_cond_broadcast(&server->settled);
    pthread_mutex_unlock(&server->lock);
}

void loop_tell(struct loop *loop) { event_active(loop->told, EV_TIMEOUT, 0); }

void server_refused(struct server *server, size_t door, struct refused refused)
{
    refused.door = server->doors[door].name;
    if (server->refused)
        server->refused(server->context, &refused);
}

static void loop_deafen(struct loop *loop)
{
    for (size_t i = 0; i < loop->server->door_count; i++) {
        struct port *port = &loop->ports[i];
        if (port->again)
            event_free(give(port->again));
        if (port->listening)
            evhttp_del_accept_socket(port->http, give(port->listening));
    }
}

static void told(evutil_socket_t fd, short what, void *context)
{
    struct loop *loop = context;
    struct server *server = loop->server;
    (void)fd, (void)what;
    work_send_done(loop);
    pthread_mutex_lock(&server->lock);
    bool over = server->over;
    pthread_mutex_unlock(&server->lock);
    if (atomic_load(&server->stopping))
        loop_deafen(loop);
    if (over)
        event_base_loopexit(loop->base, NULL);
}

/* Out of descriptors, most likely: the socket stays readable, and trying at once would only burn the processor. */
static void accept_failed(struct evconnlistener *listener, void *context)
{
    static const struct timeval wait = {.tv_usec = AGAIN_MS * 1000};
    struct port *port = context;
    if (port->again && event_add(port->again, &wait) == 0)
        evconnlistener_disable(listener);
}

static void accept_again(evutil_socket_t fd, short what, void *context)
{
    struct port *port = context;
    (void)fd, (void)what;
    evconnlistener_enable(evhttp_bound_socket_get_listener(port->listening));
}

static err_t port_http(struct port *port)
{
    const struct door *door = port_door(port);
    port->http = evhttp_new(port->loop->base);
    port->again = event_new(port->loop->base, -1, 0, accept_again, port);
    if (!port->http || !port->again)
        return fail(ERR_BUSY, "no memory for the door %s", door->name);
    evhttp_set_bevcb(port->http, gate_open, port);
    evhttp_set_gencb(port->http, work_take, port);
    evhttp_set_timeout_tv(port->http, &port->loop->server->patience);
    evhttp_set_default_content_type(port->http, NULL);
    evhttp_set_max_headers_size(port->http, MAX_HEADERS);
    size_t most = door->max_body; /* the gate knows which request may have how much */
    for (size_t i = 0; i < MAX_WIDE; i++)
        most = door->wide[i].max_body > most ? door->wide[i].max_body : most;
    evhttp_set_max_body_size(port->http, (ev_ssize_t)most);
    evhttp_set_allowed_methods(port->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
                                               EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE);
    return ERR_OK;
}

/* Sockets that share a port share it with any program of the same user that asks for that: whether another one is there
 * already shows only to a socket that does not share. */
static err_t port_is_free(const struct door *door)
{
    OWN(fd) probe = 0;
    return listen_tcp(door, door->port, false, &probe);
}

/* The first loop binds; the others join it: on TCP by SO_REUSEPORT, on a Unix socket with a copy of the descriptor. */
static err_t port_bind(struct port *port, int *out_fd)
{
    struct server *server = port->loop->server;
    const struct door *door = port_door(port);
    const struct port *first = &server->loops[0].ports[port->door];
    if (!door->unix_path && port == first && door->port)
        TRY(port_is_free(door));
    if (!door->unix_path)
        return listen_tcp(door, server->found[port->door], server->loop_count > 1, out_fd);
    if (port == first)
        return listen_unix(door->unix_path, out_fd);
    int fd = fcntl(evhttp_bound_socket_get_fd(first->listening), F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return fail(ERR_BUSY, "no descriptor for the door %s", door->name);
    *out_fd = fd;
    return ERR_OK;
}

static err_t port_open(struct port *port)
{
    struct server *server = port->loop->server;
    OWN(fd) fd = 0;
    TRY(port_http(port));
    TRY(port_bind(port, &fd));
    if (!port_door(port)->unix_path && !server->found[port->door])
        TRY(listen_port(fd, &server->found[port->door]));
    port->listening = evhttp_accept_socket_with_handle(port->http, fd);
    if (!port->listening)
        return fail(ERR_BUSY, "no memory for the door %s", port_door(port)->name);
    (void)give(fd);
    struct evconnlistener *listener = evhttp_bound_socket_get_listener(port->listening);
    evconnlistener_set_error_cb(listener, accept_failed);
    return ERR_OK;
}

/* What is watched changes with every request, there and back: told to the kernel together, most of it needs no call. */
static struct event_base *base_make(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static err_t loop_open(struct loop *loop)
{
    loop->ports = calloc(loop->server->door_count, sizeof *loop->ports);
    loop->base = base_make();
    loop->told = loop->base ? event_new(loop->base, -1, EV_PERSIST, told, loop) : NULL;
    if (!loop->ports || !loop->told)
        return fail(ERR_BUSY, "no memory for an event loop");
    for (size_t i = 0; i < loop->server->door_count; i++) {
        loop->ports[i] = (struct port){.loop = loop, .door = i};
        TRY(port_open(&loop->ports[i]));
    }
    return ERR_OK;
}

/* What is due is run first: connections just accepted know their gate only then. */
static void loop_close(struct loop *loop)
{
    if (!loop->ports || !loop->base)
        return;
    loop_deafen(loop);
    event_base_loop(loop->base, EVLOOP_NONBLOCK);
    for (size_t i = 0; i < loop->server->door_count; i++)
        if (loop->ports[i].http)
            evhttp_free(give(loop->ports[i].http));
    event_base_loop(loop->base, EVLOOP_NONBLOCK);
}

/* After its thread has ended: until then others may tell it something. */
static void loop_drop(struct loop *loop)
{
    loop_close(loop);
    jobs_drop(&loop->done);
    pthread_mutex_destroy(&loop->lock);
    free(loop->ports);
    if (loop->told)
        event_free(loop->told);
    if (loop->base)
        event_base_free(loop->base);
}

static void *loop_run(void *context)
{
    struct loop *loop = context;
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    loop_close(loop); /* here, where a write to a connection that is gone raises no signal */
    return NULL;
}

/* The library prints; this one does not. What must be known comes back as an error or as a closed connection. */
static void no_log(int severity, const char *text)
{
    if (severity == EVENT_LOG_ERR)
        fprintf(stderr, "libevent: %s\n", text); /* it ends the process next */
}

static void library_start(void)
{
    evthread_use_pthreads();
    event_set_log_callback(no_log);
}

static void locks_open(struct server *server)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_condattr_t monotonic;
    pthread_once(&once, library_start);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->asked, NULL);
    pthread_cond_init(&server->settled, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static err_t thread_start(pthread_t *thread, void *(*run)(void *), void *context, bool *out_running)
{
    *out_running = pthread_create(thread, NULL, run, context) == 0;
    return *out_running ? ERR_OK : fail(ERR_BUSY, "no thread for the server");
}

static err_t threads_start(struct server *server)
{
    for (size_t i = 0; i < server->worker_count; i++) {
        struct worker *worker = &server->workers[i];
        *worker = (struct worker){.server = server, .number = i};
        TRY(thread_start(&worker->thread, work_run, worker, &worker->running));
    }
    for (size_t i = 0; i < server->loop_count; i++) {
        struct loop *loop = &server->loops[i];
        TRY(thread_start(&loop->thread, loop_run, loop, &loop->running));
    }
    return ERR_OK;
}

/* No signal runs in these threads, and a write to a connection that is gone is an error instead of SIGPIPE. */
static err_t threads_start_quiet(struct server *server)
{
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    err_t started = threads_start(server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static err_t server_open(struct server *server, const struct server_ask *ask)
{
    server->doors = calloc(ask->door_count, sizeof *server->doors);
    server->found = calloc(ask->door_count, sizeof *server->found);
    server->loops = calloc(server->loop_count, sizeof *server->loops);
    server->workers = calloc(server->worker_count, sizeof *server->workers);
    if (!server->doors || !server->found || !server->loops || !server->workers)
        return fail(ERR_BUSY, "no memory for a server");
    for (size_t i = 0; i < ask->door_count; i++) {
        server->doors[i] = ask->doors[i];
        server->found[i] = ask->doors[i].port;
    }
    for (size_t i = 0; i < server->loop_count; i++) {
        server->loops[i].server = server;
        pthread_mutex_init(&server->loops[i].lock, NULL);
    }
    for (size_t i = 0; i < server->loop_count; i++)
        TRY(loop_open(&server->loops[i]));
    return threads_start_quiet(server);
}

err_t server_start(const struct server_ask *ask, struct server **out_server)
{
    OWN(server) server = calloc(1, sizeof *server);
    if (!server)
        return fail(ERR_BUSY, "no memory for a server");
    *server = (struct server){
        .env = ask->env ? ask->env : env_real(),
        .door_count = ask->door_count,
        .loop_count = ask->loops ? ask->loops : LOOPS,
        .worker_count = ask->workers ? ask->workers : WORKERS,
        .patience.tv_sec = ask->patience ? (time_t)ask->patience : PATIENCE,
        .answer = ask->answer,
        .answer_at_once = ask->answer_at_once,
        .refused = ask->refused,
        .context = ask->context,
    };
    locks_open(server);
    TRY(server_open(server, ask));
    *out_server = give(server);
    return ERR_OK;
}

uint16_t server_port(const struct server *server, size_t door) { return server->found[door]; }

static void loops_tell(struct server *server)
{
    for (size_t i = 0; server->loops && i < server->loop_count; i++)
        if (server->loops[i].running)
            loop_tell(&server->loops[i]);
}

static void flag_set(struct server *server, bool *flag)
{
    pthread_mutex_lock(&server->lock);
    *flag = true;
    pthread_cond_broadcast(&server->asked);
    pthread_mutex_unlock(&server->lock);
    loops_tell(server);
}

/* Until every request under way is replied to, or too long. */
static void wait_settled(struct server *server)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_SECONDS;
    pthread_mutex_lock(&server->lock);
    while (server->under_way && pthread_cond_timedwait(&server->settled, &server->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&server->lock);
}

static void wait_kept(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    while (server->kept)
        pthread_cond_wait(&server->settled, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

/* In this order: workers still hand their answers to loops that run; loops end when no worker is left. */
static void threads_stop(struct server *server)
{
    atomic_store(&server->stopping, true);
    loops_tell(server);
    wait_settled(server);
    flag_set(server, &server->closed);
    for (size_t i = 0; server->workers && i < server->worker_count; i++)
        if (server->workers[i].running)
            pthread_join(server->workers[i].thread, NULL);
    wait_kept(server);
    flag_set(server, &server->over);
    for (size_t i = 0; server->loops && i < server->loop_count; i++)
        if (server->loops[i].running)
            pthread_join(server->loops[i].thread, NULL);
}

void server_drop(struct server **place)
{
    struct server *server = give(*place);
    if (!server)
        return;
    threads_stop(server);
    for (size_t i = 0; server->loops && i < server->loop_count; i++)
        loop_drop(&server->loops[i]);
    jobs_drop(&server->waiting);
    for (size_t i = 0; server->loops && server->loops[0].running && i < server->door_count; i++)
        if (server->doors[i].unix_path)
            unlink(server->doors[i].unix_path);
    pthread_cond_destroy(&server->asked);
    pthread_cond_destroy(&server->settled);
    pthread_mutex_destroy(&server->lock);
    free(server->doors);
    free(server->found);
    free(server->loops);
    free(server->workers);
    free(server);
}
