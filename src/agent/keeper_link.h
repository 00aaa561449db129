/* SPDX-License-Identifier: Apache-2.0
 *
 * The service as a keeper sees it: its API, by a token, or by the session that the keeper has opened with its key.
 *
 *     OWN(keeper_link) link = {.url = "https://custody.example", .authority = "authority.pem"};
 *     TRY(keeper_link_open(&link, env, token_file));
 *     TRY(keeper_ask(&link, &(struct keeper_request){"GET", "/v1/log/about"}, &answer));
 *
 * Who the service is is checked against the authority, or against the machine's authorities where none is given. An answer
 * of 200 to 299 is ERR_OK; another is the code of its status, with the problem's detail as the note; UNREACHABLE where
 * nobody answers. An answer that comes in pieces takes as long as it comes; any other at most a minute.
 *
 * A link holds a connection; nothing of token and session remains after it is dropped.
 */
#pragma once
#include "sys/env.h"

struct keeper_link {
    const char *url, *authority; /* NULL: the machine's */
    buf_t token, session, trusted;
    void *curl;
};
typedef struct keeper_link keeper_link_own;
void keeper_link_drop(struct keeper_link *link);
CHECKED err_t keeper_link_open(struct keeper_link *link, struct env *env, const char *token_file);

struct keeper_request {
    const char *method, *path;
    str_t body; /* JSON */
    bool in_session;
    const char *accept;                     /* NULL: JSON */
    bool (*piece)(void *with, str_t bytes); /* of an answer of 200 or 206; false: no more */
    void *with;
    uint64_t from;    /* its first bytes are there already */
    const char *of;   /* ETag of what they are of */
    long *out_status; /* where it matters whether it is the part */
};
CHECKED err_t keeper_ask(struct keeper_link *link, const struct keeper_request *request, buf_t *out_answer);

struct keeper_document {
    const char *url;
    bool near; /* of this machine, http:// is good enough */
};
/* A document of somebody else's, by the machine's authorities, or the one that is given: at most `out_body` has room for. */
CHECKED err_t keeper_fetch(struct keeper_link *link, const struct keeper_document *document, buf_t *out_body);
