/* SPDX-License-Identifier: Apache-2.0
 *
 * Rights, and the roles that have them. A role is a row; the keys process looks here at each request, and nowhere
 * else is a right decided.
 */
#pragma once
#include "base/bytes.h"

typedef enum {
    RIGHT_NONE,    /* nobody needs to be signed in */
    RIGHT_SELF,    /* any member of the tenant */
    RIGHT_READ,    /* open the tenant's records */
    RIGHT_AUDIT,   /* read the evidence log, and have the promises proven */
    RIGHT_DEVICES, /* add and remove devices */
    RIGHT_TOKENS,  /* make and end tokens */
    RIGHT_OWN,     /* finish the tenant's set-up */
    RIGHT_PEOPLE,  /* invite and remove members, and say who approves */
    RIGHT_APPROVE, /* answer requests */
    RIGHT_SIGN,    /* publish policies, and sign with the tenant's signing key where they hold it */
    RIGHT_KEEP,    /* take snapshots, restore them, say what is kept */
    RIGHT_PRIVACY, /* forget a person, and hand out what is kept about one */
    RIGHT_ELEVATE, /* see elevations, and answer them with the signing key where they hold it */
    RIGHT_STAFF,   /* the provider's people: nothing of any tenant's */
    RIGHT_FOREIGN, /* a foreign agent: what it tells of its own device; no member's */
    RIGHT_SCIM,    /* a client's directory: tells who is a member; a token's alone, by its scope */
    RIGHT_KEEPER,  /* a keeper in the client's network; the same */
    RIGHT_COUNT
} right_t;

struct role {
    const char *name;
    bool may[RIGHT_COUNT];
};

const struct role *role_find(str_t name); /* NULL where there is none */
/* What a person can be: neither the provider's people, nor a program. */
bool role_is_members(const struct role *role);

/* A member whose role needs none of the tenant's key gets none; who needs it and has not got it yet waits for it. */
bool role_needs_key(const struct role *role);
bool right_needs_key(right_t right);

/* A role whose removal takes a second person, and which no token has. */
bool role_is_trusted(const struct role *role);

/* Whoever signs anything may hold the signing key: what with, keys looks at each time. */
bool role_signs(const struct role *role);

/* The role of a token that has scopes (keyring/scopes.h) in its place: it may nothing itself. */
#define ROLE_PROGRAM "program"

static inline bool role_may(const struct role *role, right_t right) { return role && role->may[right]; }
