/* SPDX-License-Identifier: Apache-2.0
 *
 * The clients that measure: TLS over 127.0.0.1, one request at a time on a connection that stays.
 *
 *     OWN(tls) context = NULL;
 *     OWN(client) client = {0};
 *     TRY(client_context(identity_pem, &context));           empty: no certificate is shown
 *     TRY(client_open(context, port, &client));
 *     TRY(client_post(&client, &(struct post){"/agent/v1/report", TYPE_REPORT, body}, &answer));
 *
 * Connections block. The server's certificate is not checked: who measures has started the server. An answer other than
 * 2xx is an error of its own, with the answer's body as its note.
 *
 * An identity is one file, FOLDER/N.pem: the endpoint's id on a line, then its private key and its certificate.
 */
#pragma once
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/ssl.h>

#include "base/id.h"
#include "crypt/tls.h"

#define TYPE_JSON   "application/json"
#define TYPE_REPORT "application/x-protobuf"

enum { PEM_ROOM = 32 * 1024, ANSWER_ROOM = 64 * 1024 };

struct client {
    int fd;
    SSL *tls;
};
typedef struct client client_own;
void client_drop(struct client *client);

struct post {
    const char *path, *type;
    str_t body;
};

CHECKED err_t client_context(str_t identity_pem, SSL_CTX **out_context);
CHECKED err_t client_open(SSL_CTX *context, uint16_t port, struct client *out_client);
CHECKED err_t client_post(struct client *client, const struct post *post, buf_t *out_answer);

/* The request as it goes over the wire. */
void post_put(const struct post *post, buf_t *out_bytes);

struct identity {
    ident_t device;
    str_t key_pem, cert_pem;
};
CHECKED err_t identity_write(const char *folder, size_t number, const struct identity *identity);
CHECKED err_t identity_read(const char *folder, size_t number, ident_t *out_device, buf_t *out_pem);
