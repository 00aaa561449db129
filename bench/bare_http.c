/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-bare PORT FOLDER COUNT LOOPS: the HTTP library alone, as the peer of intake: evhttp and OpenSSL with the
 * service's own TLS settings, client certificates demanded, LOOPS threads that share the port. Whole bodies are read,
 * then answered with 204; nothing is looked at and nothing kept. It makes an authority of its own and COUNT identities
 * of it for the load generator in FOLDER, prints "ready", and ends at the end of its standard input.
 */
#include "bench/client.h"

#include "crypt/cert.h"
#include "crypt/seal.h"
#include "sys/env.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/thread.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

enum { MOST_LOOPS = 16, BACKLOG = 512, MOST_BODY = 1024 * 1024 };

struct maker {
    struct env *env;
    buf_t key, authority_key, authority_pem;
    ident_t tenant;
    moment_t from, until;
};

static err_t issue(struct maker *maker, struct cert_ask *ask, buf_t *out_key, buf_t *out_cert)
{
    OWN(buf) public = BUF(PEM_ROOM);
    const struct cert_authority authority = {buf_str(&maker->authority_key), buf_str(&maker->authority_pem)};
    TRY(cert_key_make(out_key));
    TRY(cert_key_public(buf_str(out_key), &public));
    ask->public_der = buf_str(&public);
    ask->from = maker->from;
    ask->until = maker->until;
    return cert_issue(maker->env, &authority, ask, out_cert);
}

static err_t identities_make(struct maker *maker, const char *folder, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        OWN(buf) uri = BUF(256);
        OWN(buf) key = BUF(PEM_ROOM);
        OWN(buf) cert = BUF(PEM_ROOM);
        ident_t device = ident_new(maker->env);
        cert_uri(maker->tenant, device, &uri);
        TRY(buf_end(&uri));
        TRY(issue(maker, &(struct cert_ask){.common_name = "endpoint", .uri = uri.at}, &key, &cert));
        TRY(identity_write(folder, i, &(struct identity){device, buf_str(&key), buf_str(&cert)}));
    }
    return ERR_OK;
}

static err_t context_make(struct maker *maker, SSL_CTX **out_context)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", NULL};
    OWN(buf) key = BUF(PEM_ROOM);
    OWN(buf) chain = BUF(PEM_ROOM);
    TRY(issue(maker, &(struct cert_ask){.common_name = "localhost", .hosts = hosts}, &key, &chain));
    buf_put(&chain, buf_str(&maker->authority_pem));
    TRY(buf_end(&chain));
    return tls_server(&(struct tls_ask){buf_str(&chain), buf_str(&key), true, buf_str(&maker->authority_pem)},
                      out_context);
}

static struct bufferevent *connection_open(struct event_base *base, void *context)
{
    return bufferevent_openssl_socket_new(base, -1, SSL_new(context), BUFFEREVENT_SSL_ACCEPTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

static void answer(struct evhttp_request *request, void *unused)
{
    (void)unused;
    evhttp_send_reply(request, 204, "No Content", NULL);
}

static err_t listen_shared(uint16_t port, int *out_fd)
{
    OWN(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, BACKLOG) != 0)
        return fail(ERR_BUSY, "cannot listen on port %u", port);
    *out_fd = give(fd);
    return ERR_OK;
}

static void *loop_run(void *base)
{
    event_base_dispatch(base);
    return NULL;
}

static err_t loop_start(uint16_t port, SSL_CTX *context)
{
    OWN(fd) fd = 0;
    pthread_t thread;
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    TRY(listen_shared(port, &fd));
    evhttp_set_bevcb(http, connection_open, context);
    evhttp_set_gencb(http, answer, NULL);
    evhttp_set_max_body_size(http, MOST_BODY);
    if (evhttp_accept_socket(http, give(fd)) != 0 || pthread_create(&thread, NULL, loop_run, base) != 0)
        return fail(ERR_BUSY, "no loop");
    return ERR_OK;
}

struct orders {
    uint16_t port;
    const char *folder;
    size_t count, loops;
};

/* What is made here lives as long as the process. */
static err_t run(const struct orders *orders)
{
    struct env *env = env_real();
    moment_t now = env->now(env);
    static SSL_CTX *context;
    OWN(buf) authority_key = BUF(PEM_ROOM);
    OWN(buf) authority_pem = BUF(PEM_ROOM);
    TRY(crypt_start());
    TRY(cert_key_make(&authority_key));
    TRY(cert_authority_make(env, buf_str(&authority_key), "bench", now + DAYS(2), &authority_pem));
    struct maker maker = {env,          {0}, authority_key, authority_pem, ident_new(env), now - HOURS(1),
                          now + DAYS(1)};
    TRY(identities_make(&maker, orders->folder, orders->count));
    TRY(context_make(&maker, &context));
    signal(SIGPIPE, SIG_IGN);
    evthread_use_pthreads();
    for (size_t i = 0; i < orders->loops; i++)
        TRY(loop_start(orders->port, context));
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return ERR_OK;
}

int main(int argc, char **argv)
{
    uint64_t port = 0, count = 0, loops = 0;
    bool fits = argc == 5 && str_number(str(argv[1]), UINT16_MAX, &port) == ERR_OK &&
                str_number(str(argv[3]), 512, &count) == ERR_OK &&
                str_number(str(argv[4]), MOST_LOOPS, &loops) == ERR_OK;
    if (!fits) {
        fprintf(stderr, "bench-bare PORT FOLDER COUNT LOOPS\n");
        return 2;
    }
    err_t result = run(&(struct orders){(uint16_t)port, argv[2], count, loops});
    if (result != ERR_OK)
        fprintf(stderr, "bench-bare: %s\n", err_note());
    fflush(stdout);
    _exit(err_info(result)->exit); /* loops and connections end with it */
}
