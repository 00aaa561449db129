/* SPDX-License-Identifier: Apache-2.0
 *
 * One request to the service, and its answer (docs/API.md).
 *
 *     OWN(reply) reply = {0};
 *     TRY(service_call(cli, &sign_in, &(struct call){"GET", "/v1/session"}, &reply));
 *
 * TLS 1.2 or newer; who the service is is checked against the machine's authorities, or against the one of the sign-in
 * and no other. No redirect is followed. An answer of 200 to 299 is ERR_OK; any other is the code of its problem body.
 * UNREACHABLE where nobody answers within a minute; BROKEN where TLS does not hold, with advice.
 */
#pragma once
#include "cli/sign_in.h"

struct call {
    const char *method, *path; /* GET, POST, PUT, PATCH or DELETE */
    str_t body;                /* JSON; empty: none */
    const char *accept;        /* NULL: JSON */
    bool (*piece)(void *with,
                  str_t bytes); /* takes the body as it comes, for as long as it comes; false: no more */
    void *with;
    uint64_t from;        /* of a download that was cut: its first bytes are there already */
    const char *if_match; /* the ETag of what was read before; NULL: none */
    bool with_chain;      /* keep the certificates that the service showed */
};

struct reply {
    long status;
    buf_t body;
    buf_t cookie; /* of a session it begins: cse_… */
    buf_t total;  /* of a list: its header Total-Count */
    buf_t next;   /* of CSV that goes on: its header Next-Cursor */
    buf_t date;   /* its header Date */
    buf_t chain;  /* PEM, one after the other */
};
typedef struct reply reply_own;
void reply_drop(struct reply *reply);

CHECKED err_t service_call(struct cli *cli, const struct sign_in *sign_in, const struct call *call,
                           struct reply *out_reply);

/* The same with the saved sign-in. */
CHECKED err_t service_ask(struct cli *cli, const struct call *call, struct reply *out_reply);
