/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/given.h"
#include "base/limits.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { ROOM = 8192, HEARD_MAX = 4 * 1024 * 1024, HUGE_BODY = 12 * 1024 * 1024 };

static void answer_echo(const struct request *request, struct reply *reply)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    buf_putf(&reply->body, "%s %.*s ? %.*s | %zu bytes | by ", methods[request->method],
             STR_ARG(request->path), STR_ARG(request->query), request->body.len);
    buf_put(&reply->body, request->peer_uri);
    buf_put(&reply->body, STR(" at "));
    buf_put(&reply->body, request->peer_address);
    buf_putf(&reply->body, " type %.*s key %.*s", STR_ARG(request->content_type),
             STR_ARG(request->idempotency_key));
}

/* Pieces, as many as there are, or until nobody listens; then `ended` counts. */
static void answer_stream(struct stage *stage, const struct request *request)
{
    char piece[10 * 1024];
    struct stream *stream = NULL;
    bool on = true;
    memset(piece, 'x', sizeof piece);
    if (stream_open(request, &stream) != ERR_OK)
        return;
    for (size_t i = 0; on && (i < PIECES || str_eq(request->path, STR("/endless"))); i++)
        on = stream_put(stream, str_bytes(piece, sizeof piece));
    pthread_mutex_lock(&stage->lock);
    stage->ended += !on;
    pthread_cond_broadcast(&stage->moved);
    pthread_mutex_unlock(&stage->lock);
}

static void answer_by_path(const struct request *request, struct reply *reply)
{
    if (str_eq(request->path, STR("/none")))
        reply->status = 204;
    else if (str_eq(request->path, STR("/own")))
        buf_put(&reply->headers, STR("Cache-Control: max-age=60\nX-Own: yes\n"));
    else if (str_eq(request->path, STR("/split")))
        buf_put(&reply->headers, STR("X-Own: a\rSet-Cookie: b\n"));
    else if (str_eq(request->path, STR("/unfit")))
        buf_fail(&reply->body, ERR_TOO_LARGE);
    else if (str_eq(request->path, STR("/large")))
        memset(buf_room(&reply->body, 1024 * 1024), 'x', 1024 * 1024);
    else if (str_eq(request->path, STR("/huge")))
        memset(buf_room(&reply->body, HUGE_BODY), 'x', HUGE_BODY);
    else
        answer_echo(request, reply);
}

/* One at a time: the test settles it before the next. */
static void keep(struct stage *stage, const struct request *request)
{
    struct job *job = request_keep(request);
    pthread_mutex_lock(&stage->lock);
    stage->kept = job;
    pthread_cond_broadcast(&stage->moved);
    pthread_mutex_unlock(&stage->lock);
}

bool stage_keeps(struct stage *stage)
{
    bool kept = false;
    for (int i = 0; i < 500 && !kept; i++) {
        pthread_mutex_lock(&stage->lock);
        kept = stage->kept;
        pthread_mutex_unlock(&stage->lock);
        usleep(kept ? 0 : 10000);
    }
    return kept;
}

static void answer(void *context, const struct request *request, struct reply *reply)
{
    struct stage *stage = context;
    pthread_mutex_lock(&stage->lock);
    stage->entered++;
    pthread_cond_broadcast(&stage->moved);
    while (stage->held && str_eq(request->path, STR("/slow")))
        pthread_cond_wait(&stage->moved, &stage->lock);
    pthread_mutex_unlock(&stage->lock);
    reply->status = 200;
    reply->content_type = "text/plain";
    if (str_eq(request->path, STR("/kept")))
        keep(stage, request);
    else if (str_eq(request->path, STR("/pieces")) || str_eq(request->path, STR("/endless")))
        answer_stream(stage, request);
    else
        answer_by_path(request, reply);
}

/* On the loop: /now is answered there, /now-kept is kept there, all else is left to a worker. */
static bool answer_at_once(void *context, const struct request *request, struct reply *reply)
{
    bool kept = str_eq(request->path, STR("/now-kept"));
    if (!kept && !str_eq(request->path, STR("/now")))
        return false;
    reply->status = 200;
    reply->content_type = "text/plain";
    if (kept)
        keep(context, request);
    else
        buf_put(&reply->body, STR("at once"));
    return true;
}

void stage_settle(struct stage *stage)
{
    pthread_mutex_lock(&stage->lock);
    struct job *job = give(stage->kept);
    pthread_mutex_unlock(&stage->lock);
    if (!job)
        return;
    buf_put(&kept_reply(job)->body, STR("kept"));
    kept_done(job);
}

void stage_hold(struct stage *stage, bool held)
{
    pthread_mutex_lock(&stage->lock);
    stage->held = held;
    pthread_cond_broadcast(&stage->moved);
    pthread_mutex_unlock(&stage->lock);
}

size_t stage_count(struct stage *stage)
{
    pthread_mutex_lock(&stage->lock);
    size_t count = stage->entered;
    pthread_mutex_unlock(&stage->lock);
    return count;
}

static bool stage_waits(struct stage *stage, const size_t *reached, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HEAR_SECONDS;
    int waited = 0;
    pthread_mutex_lock(&stage->lock);
    while (*reached < count && waited == 0)
        waited = pthread_cond_timedwait(&stage->moved, &stage->lock, &until);
    bool there = *reached >= count;
    pthread_mutex_unlock(&stage->lock);
    return there;
}

bool stage_entered(struct stage *stage, size_t count) { return stage_waits(stage, &stage->entered, count); }
bool stage_ended(struct stage *stage, size_t count) { return stage_waits(stage, &stage->ended, count); }

static err_t given_authority(struct authority *out)
{
    struct env *env = env_real();
    *out = (struct authority){BUF(ROOM), BUF(ROOM)};
    TRY(cert_key_make(&out->key));
    return cert_authority_make(env, buf_str(&out->key), "authority of a test", env->now(env) + DAYS(30),
                               &out->pem);
}

static err_t given_cert(struct authority *by, struct cert_ask *ask, buf_t *out_key, buf_t *out_pem)
{
    struct env *env = env_real();
    OWN(buf) public_der = BUF(ROOM);
    struct cert_authority authority = {buf_str(&by->key), buf_str(&by->pem)};
    TRY(cert_key_make(out_key));
    TRY(cert_key_public(buf_str(out_key), &public_der));
    ask->public_der = buf_str(&public_der);
    ask->common_name = "test";
    ask->from = env->now(env) - MINUTES(5);
    ask->until = env->now(env) + DAYS(1);
    return cert_issue(env, &authority, ask, out_pem);
}

err_t client_context(struct authority *by, const char *uri, SSL_CTX **out_context)
{
    OWN(buf) key = BUF(ROOM);
    OWN(buf) pem = BUF(ROOM);
    TRY(given_cert(by, &(struct cert_ask){.uri = uri}, &key, &pem));
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    BIO *key_text = BIO_new_mem_buf(key.at, (int)key.len), *cert_text = BIO_new_mem_buf(pem.at, (int)pem.len);
    EVP_PKEY *own = PEM_read_bio_PrivateKey(key_text, NULL, NULL, NULL);
    X509 *cert = PEM_read_bio_X509(cert_text, NULL, NULL, NULL);
    bool used = SSL_CTX_use_certificate(context, cert) == 1 && SSL_CTX_use_PrivateKey(context, own) == 1;
    X509_free(cert);
    EVP_PKEY_free(own);
    BIO_free(key_text);
    BIO_free(cert_text);
    *out_context = context;
    return used ? ERR_OK : fail(ERR_BROKEN, "no client context");
}

static err_t given_contexts(struct stage *stage)
{
    static const char *const hosts[] = {"127.0.0.1", NULL};
    OWN(buf) key = BUF(ROOM);
    OWN(buf) pem = BUF(ROOM);
    TRY(given_authority(&stage->authority));
    TRY(given_authority(&stage->foreign));
    TRY(given_cert(&stage->authority, &(struct cert_ask){.hosts = hosts}, &key, &pem));
    TRY(tls_server(&(struct tls_ask){buf_str(&pem), buf_str(&key)}, &stage->console));
    TRY(tls_server(&(struct tls_ask){buf_str(&pem), buf_str(&key), true, buf_str(&stage->authority.pem)},
                   &stage->agents));
    stage->plain_client = SSL_CTX_new(TLS_client_method());
    return ERR_OK;
}

err_t given_stage(struct stage *stage, const struct stage_ask *ask)
{
    sigset_t pipe; /* for the clients in this thread and its children; the server has to look after itself */
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    pthread_mutex_init(&stage->lock, NULL);
    pthread_cond_init(&stage->moved, NULL);
    snprintf(stage->path, sizeof stage->path, "%s/operator.sock", test_folder());
    TRY(given_contexts(stage));
    struct door doors[DOORS] = {
        [CLEAR] = {.name = "clear",
                   .address = "127.0.0.1",
                   .max_body = SMALL_BODY,
                   .wide = {{"/wide/", 2 * SMALL_BODY}}},
        [CONSOLE] = {.name = "console",
                     .address = "127.0.0.1",
                     .tls = stage->console,
                     .max_body = SMALL_BODY},
        [AGENTS] = {.name = "agents", .address = "127.0.0.1", .tls = stage->agents, .max_body = MAX_REPORT},
        [OPERATOR] = {.name = "operator", .unix_path = stage->path, .max_body = SMALL_BODY},
    };
    struct server_ask server = {doors,         DOORS,  ask->loops,     ask->workers,
                                ask->patience, answer, answer_at_once, .context = stage};
    return server_start(&server, &stage->server);
}

void stage_drop(struct stage *stage)
{
    stage_hold(stage, false);
    server_drop(&stage->server);
    tls_drop(&stage->console);
    tls_drop(&stage->agents);
    tls_drop(&stage->plain_client);
    buf_drop(&stage->authority.key);
    buf_drop(&stage->authority.pem);
    buf_drop(&stage->foreign.key);
    buf_drop(&stage->foreign.pem);
    pthread_cond_destroy(&stage->moved);
    pthread_mutex_destroy(&stage->lock);
}

static int dial(struct stage *stage, size_t door)
{
    struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct timeval wait = {.tv_sec = HEAR_SECONDS};
    bool tcp_door = door != OPERATOR;
    tcp.sin_port = htons(server_port(stage->server, door));
    snprintf(local.sun_path, sizeof local.sun_path, "%.100s", stage->path);
    int fd = socket(tcp_door ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    const void *to = tcp_door ? (const void *)&tcp : (const void *)&local;
    if (connect(fd, to, tcp_door ? sizeof tcp : sizeof local) == 0)
        return fd;
    close(fd);
    return 0;
}

bool client_open_with(struct stage *stage, size_t door, SSL_CTX *context, struct client *out_client)
{
    *out_client = (struct client){.fd = dial(stage, door), .heard = BUF(HEARD_MAX)};
    if (!out_client->fd || !context)
        return out_client->fd != 0;
    out_client->tls = SSL_new(context);
    SSL_set_fd(out_client->tls, out_client->fd);
    return SSL_connect(out_client->tls) == 1;
}

bool client_open(struct stage *stage, size_t door, struct client *out_client)
{
    return client_open_with(stage, door, door == CONSOLE || door == AGENTS ? stage->plain_client : NULL,
                            out_client);
}

bool client_ask(struct stage *stage, size_t door, const char *text, struct client *out_client)
{
    return client_open(stage, door, out_client) && client_say(out_client, text) && client_hear(out_client);
}

void client_drop(struct client *client)
{
    SSL_free(client->tls);
    if (client->fd)
        close(client->fd);
    buf_drop(&client->heard);
    *client = (struct client){0};
}

void client_vanish(struct client *client)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    client_drop(client);
}

bool client_say_bytes(struct client *client, str_t bytes)
{
    while (bytes.len) {
        ssize_t put = client->tls ? SSL_write(client->tls, bytes.at, (int)bytes.len)
                                  : send(client->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        bytes = (str_t){bytes.at + put, bytes.len - (size_t)put};
    }
    return true;
}

/* Up to `room` more bytes; 0 at the end, -1 after too long a wait or an error. */
static ssize_t hear_some(struct client *client, size_t room)
{
    char part[4096];
    room = room < sizeof part ? room : sizeof part;
    ssize_t got = client->tls ? SSL_read(client->tls, part, (int)room) : recv(client->fd, part, room, 0);
    if (got > 0)
        buf_put(&client->heard, str_bytes(part, (size_t)got));
    else if (client->tls)
        got = SSL_get_error(client->tls, (int)got) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
    return got;
}

static size_t body_length(const buf_t *head)
{
    const char *found = strcasestr(head->at, "\r\nContent-Length: ");
    str_t rest = str(found ? found + 18 : "0\r");
    uint64_t length = 0;
    return str_number(str_until(&rest, '\r'), HEARD_MAX, &length) == ERR_OK ? (size_t)length : 0;
}

/* The head byte by byte, so that nothing of the next reply is taken. */
bool client_hear(struct client *client)
{
    buf_clear(&client->heard);
    do {
        if (hear_some(client, 1) <= 0)
            return false;
    } while (client->heard.len < 4 || memcmp(client->heard.at + client->heard.len - 4, "\r\n\r\n", 4) != 0);
    size_t whole = client->heard.len + body_length(&client->heard);
    while (client->heard.len < whole)
        if (hear_some(client, whole - client->heard.len) <= 0)
            return false;
    return true;
}

bool client_hear_end(struct client *client)
{
    ssize_t got;
    buf_clear(&client->heard);
    while ((got = hear_some(client, SIZE_MAX)) > 0)
        ;
    return got == 0;
}

bool client_heard(const struct client *client, const char *text)
{
    return client->heard.len && memmem(client->heard.at, client->heard.len, text, strlen(text));
}

size_t client_count(const struct client *client, const char *text)
{
    size_t count = 0;
    for (const char *at = client->heard.len ? client->heard.at : ""; (at = strstr(at, text)); at++)
        count++;
    return count;
}
