/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS contexts, by OpenSSL 3: TLS 1.2 and later, no compression, no renegotiation, one ticket.
 *
 *     tls_server(&(struct tls_ask){cert_pem, private_pem}, &context);                       a console: asks for none
 *     tls_server(&(struct tls_ask){cert_pem, private_pem, true, authorities_pem}, &context);        the agents' door
 *
 * With client_certificates a connection without a certificate from one of client_authorities (concatenated PEM, may
 * be empty to begin with) ends in the handshake: no request of it is read. tls_trust() adds one while the server
 * runs. cert_pem is the server's certificate, followed by those between it and its authority, if there are any.
 * A context is an SSL_CTX, shared by threads, freed by tls_drop().
 */
#pragma once
#include "base/moment.h"
#include <openssl/types.h>

struct tls_ask {
    str_t cert_pem, private_pem;
    bool client_certificates;
    str_t client_authorities; /* PEM */
};

typedef SSL_CTX *tls_own;
CHECKED err_t tls_server(const struct tls_ask *ask, SSL_CTX **out_context);
CHECKED err_t tls_trust(SSL_CTX *context, str_t authority_pem);
void tls_drop(SSL_CTX **context);

/* The one URI name of the verified certificate at the other end; MISSING where there is none. One that expired less
 * than TLS_GRACE_DAYS ago is let in, and `out_until` tells: it may be good for its own renewal, and for nothing else. A
 * connection may outlive its certificate: the moment is to be looked at with each request. */
enum { TLS_GRACE_DAYS = 90 };
CHECKED err_t tls_peer_uri(const SSL *connection, buf_t *out_uri, moment_t *out_until);
