/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a service of their own on 127.0.0.1, with TLS, that enrols and renews one machine.
 */
#pragma once
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/ssl.h>

#include "agent/enrol.h"
#include "agent/given.h"

#include <pthread.h>

enum { ROOM = 64 * 1024 };

/* An authority and what it issued. */
struct authority {
    buf_t private_pem, cert_pem;
};
typedef struct authority authority_own;
void authority_drop(struct authority *authority);
err_t given_authority(struct authority *authority);

/* A server that answers one request a connection, on a thread of its own. */
struct stand {
    struct authority services, tenants; /* who signs the server, who signs endpoints */
    ident_t tenant, device;
    SSL_CTX *tls;
    int listening;
    uint16_t port;
    pthread_t thread;
    bool runs;
    int status;                  /* of the next answers; 0: as it should be */
    const char *detail, *header; /* of its refusals; whole lines ended by CR LF */
    size_t asked;                /* requests that were read */
    buf_t public_der;            /* of the last request for a certificate */
    buf_t name;                  /* that the last enrolment told */
    ident_t told;                /* the tenant in the answer */
    bool holds;                  /* what it enrols waits for approval */
    bool swaps_key;              /* the certificate is for another key */
    moment_t ahead, life; /* certificates begin at this distance from now, and live so long; 0: 7 days */
};
typedef struct stand stand_own;
void stand_drop(struct stand *stand);

struct stand_ask {
    const char *host; /* that the server's certificate names; NULL: 127.0.0.1 */
    bool hides_root;  /* sends its own certificate only */
    bool past;        /* its date is over */
    bool mutual;      /* wants the endpoint's certificate */
};
err_t given_stand(struct stand *stand, const struct stand_ask *ask);
err_t given_server_identity(struct stand *stand, const struct stand_ask *ask, buf_t *key, buf_t *chain);
err_t given_enrolment(const struct stand *stand, struct enrolment *out_enrolment);
const char *address_of(const struct stand *stand);
