/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP API as one table: a row says through which door, who may ask, what is taken and what for. A request goes
 * one way for all of them: row, who asks, right, body, handler, reply. Handlers do none of these.
 *
 * {id} in a path binds one segment, and a second name in braces another. A path that no row has is MISSING; a path with another method too, so that a caller
 * learns nothing from the difference. Rights are looked at here for a clear answer, and decided by the keys process.
 */
#pragma once
#include "api/rate.h"
#include "api/share.h"
#include "collect/foreign.h"
#include "keyring/rights.h"
#include "notify/reach.h"
#include "wire/server.h"

enum { DOOR_CONSOLE, DOOR_AGENT, DOOR_OPERATOR, DOOR_COUNT };

/* What the web process serves with. */
struct service {
    struct env *env;
    struct store *store;
    struct channel *channels; /* one a worker */
    struct leases *leases;
    struct chains *chains;
    const char *logs;             /* the folder of the evidence logs */
    const char *exports;          /* and that of archives, until their exports end */
    const char *console;          /* its address, which browsers come back to */
    struct reach_rules providers; /* where a client's sign-in provider may be */
    bool relay;                   /* there is one, so that notices go out */
    struct reach_rules witnesses; /* where a client's witness may be */
    struct reach_rules webhooks;  /* and its webhooks */
    atomic_llong answered;        /* when keys and store did last, in milliseconds of env->boot */
    struct share streams;         /* workers that are busy with one, and how many may be */
    size_t most_streams;
    struct rate scim; /* what directories may ask for */
    struct refusals refusals;
    SSL_CTX *agents_tls; /* trusts each tenant's authority; a new tenant's is added */
};

/* One request being answered. */
struct call {
    struct service *service;
    const struct request *request;
    struct desk desk;
    str_t id, inner; /* what {id} bound, and the second name in braces */
    const struct route *route;
    const char *bearer;         /* cookie or token, "" for none */
    Keys__Who *who;             /* where the row has a right of a client's member */
    Keys__StaffMember *staff;   /* where it has that of the provider's people */
    ident_t tenant, realm;      /* of who asks, person or endpoint */
    ident_t device;             /* the endpoint that asks, through its door */
    struct foreign_agent agent; /* where the row has RIGHT_FOREIGN */
    str_t text;                 /* of a foreign agent: its body, out of its compression */
    bool answered;              /* before the handler was reached: its reply is written */
    const void *body;           /* the struct of the concept that the row takes */
    struct reply *reply;
    struct job *kept; /* the reply comes later: it is not the call's any more */
    bool elsewhere;   /* answered at once it cannot be: a worker has to, from the start */
};

struct route {
    int door;
    enum method method;
    const char *path;
    right_t right;
    const concept_t *takes;
    const char *purpose;
    err_t (*answer)(struct call *call);
    err_t (*reads)(struct call *call);   /* instead of `takes`: a body that is no concept */
    bool expired;                        /* a certificate that has expired not long ago is good enough */
    err_t (*at_once)(struct call *call); /* answers without waiting for anything, or says `elsewhere` */
};

extern const struct route routes[];
extern const size_t route_count;

/* The server's answer functions; context is the struct service. */
void api_answer(void *context, const struct request *request, struct reply *reply);
bool api_answer_at_once(void *context, const struct request *request, struct reply *reply);

/* For handlers. */

/* A worker is about to be busy for long: BUSY where as many are as may be, and as may be for this tenant. */
CHECKED err_t streams_take(const struct call *call);
void streams_give(const struct call *call);
CHECKED err_t call_keys(struct call *call, const struct question *question, void *out_answer);

/* The two questions that most of them ask: with who asks alone, or with {id} too, which begins with the prefix: MISSING
 * where it does not. call_done_named() is for what is answered by 204. */
CHECKED err_t call_keys_bearer(struct call *call, enum ask_number number, void *out_answer);
CHECKED err_t call_keys_named(struct call *call, enum ask_number number, const char *prefix,
                              void *out_answer);
CHECKED err_t call_done_named(struct call *call, enum ask_number number, const char *prefix);

/* Where a request comes from, hashed: of an IPv6 address the network. */
uint64_t call_source(const struct call *call);

/* The mark of a browser that has signed somebody in before, "" where there is none (arena); and a new one, where it is one. */
const char *call_known(struct call *call);
void call_give_known(struct call *call, const char *known);

/* The cookie of the row's door: members of clients and the provider's people have one each. */
void call_give_cookie(struct call *call, const char *cookie); /* NULL: takes it away */
/* A cookie of another name, for minutes; and what the browser brought of it, "" for nothing. */
void call_give_other(struct call *call, const char *name, const char *cookie, int seconds);
const char *call_other(struct call *call, const char *name);
CHECKED err_t call_number(struct call *call, const char *name, uint64_t fallback, uint64_t *out_number);
CHECKED err_t call_text(struct call *call, const char *name,
                        str_t *out_text); /* decoded; {"", 0} where it is not there */
/* Who says which version was seen is told when somebody else has changed it meanwhile; `any` without a header, or with
 * If-Match: *. A weak ETag is one too: what is counted is the number in it. */
CHECKED err_t call_if_match(struct call *call, int64_t any, int64_t *out_version);
CHECKED err_t call_long_text(struct call *call, const char *name, size_t most, str_t *out_text);
str_t call_query(struct call *call, const char *name); /* {NULL, 0} where it is not there */
void call_problem(struct reply *reply, err_t code, const char *detail);

#define CALL_BYTES(id) ((ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)(id).bytes})

/* Console files: the page for every path that is no file. */
void assets_answer(const struct request *request, struct reply *reply);
