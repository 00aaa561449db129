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
    RIGHT_READ,    /* open the tenant's records; a token of a role without it holds no key at all */
    RIGHT_AUDIT,   /* read the evidence log, and have the promises proven */
    RIGHT_DEVICES, /* add and remove devices */
    RIGHT_TOKENS,  /* make and end tokens */
    RIGHT_OWN,     /* finish the tenant's set-up */
    RIGHT_COUNT
} right_t;

struct role {
    const char *name;
    bool may[RIGHT_COUNT];
};

const struct role *role_find(str_t name); /* NULL where there is none */
static inline bool role_may(const struct role *role, right_t right) { return role && role->may[right]; }
