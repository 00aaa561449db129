/* SPDX-License-Identifier: Apache-2.0
 *
 * A server with every kind of door, and clients for it, for the tests of wire.
 *
 *     OWN(stage) stage = {0};
 *     CHECK_OK(given_stage(&stage, &(struct stage_ask){.workers = 2}));
 *     OWN(client) client = {0};
 *     CHECK(client_open(&stage, CLEAR, &client) && client_say(&client, GET("/echo")));
 *     CHECK(client_hear(&client) && client_heard(&client, "200 OK"));
 *
 * Clients block, for at most HEAR_SECONDS. What was heard last stands in client.heard.
 */
#pragma once
#include <openssl/ssl.h>

#include "crypt/cert.h"
#include "crypt/tls.h"
#include "test/test.h"
#include "wire/server.h"

#include <pthread.h>

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define LAST(path) "GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

enum { HEAR_SECONDS = 10, SMALL_BODY = 4096, PIECES = 100 }; /* of /pieces, 10 KiB each */
enum { CLEAR, CONSOLE, AGENTS, OPERATOR, DOORS };

struct authority {
    buf_t key, pem;
};

struct stage {
    struct server *server;
    SSL_CTX *console, *agents, *plain_client; /* plain_client shows no certificate */
    struct authority authority, foreign;
    char path[128];
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool held;        /* /slow does not answer */
    size_t entered;   /* how often answer() was called */
    size_t ended;     /* how many of /endless nobody listened to any more */
    struct job *kept; /* of /kept, until it is settled */
};
typedef struct stage stage_own;

struct stage_ask {
    size_t loops, workers, patience;
};

CHECKED err_t given_stage(struct stage *stage, const struct stage_ask *ask);
void stage_drop(struct stage *stage);
void stage_hold(struct stage *stage, bool held);
size_t stage_count(struct stage *stage);               /* of requests that came to a worker */
bool stage_keeps(struct stage *stage);                 /* waits until /kept is kept */
void stage_settle(struct stage *stage);                /* and answers it, with "kept" */
bool stage_ended(struct stage *stage, size_t count);   /* waits until so many of /endless have ended */
bool stage_entered(struct stage *stage, size_t count); /* waits until so many requests are with workers */

struct client {
    int fd;
    SSL *tls;
    buf_t heard;
};
typedef struct client client_own;

/* A context whose certificate is named `uri` and issued by `by`. */
CHECKED err_t client_context(struct authority *by, const char *uri, SSL_CTX **out_context);
bool client_open(struct stage *stage, size_t door, struct client *out_client);
bool client_open_with(struct stage *stage, size_t door, SSL_CTX *context, struct client *out_client);
void client_drop(struct client *client);
void client_vanish(struct client *client); /* with a reset, as a machine that lost its memory */
bool client_say_bytes(struct client *client, str_t bytes);
static inline bool client_say(struct client *client, const char *text)
{
    return client_say_bytes(client, str(text));
}
bool client_hear(struct client *client);     /* one reply, by its Content-Length */
bool client_hear_end(struct client *client); /* until the other side closes */
/* One request and its reply, on a connection of its own. */
bool client_ask(struct stage *stage, size_t door, const char *text, struct client *out_client);
bool client_heard(const struct client *client, const char *text);
size_t client_count(const struct client *client, const char *text);
