/* SPDX-License-Identifier: Apache-2.0
 *
 * What one foreign agent tells at once, on its way into the store: collect/foreign.c knows its accounts and sends its
 * inventory, collect/foreign_launches.c its launches.
 */
#pragma once
#include "collect/foreign.h"
#include "collect/foreign_policy.h"
#include "concept/custody.pb-c.h"

/* A name that something was told of, and the account that it is. `listed`: among all accounts of the machine; `spoken`: told
 * of beside that. */
struct known {
    str_t name;
    bool person, listed, spoken;
    ident_t id;
};

struct told {
    struct desk *desk;
    const struct foreign_agent *agent;
    const struct found *found;
    struct collection collection;
    struct foreign_policy policy; /* without rules: no launch is kept */
    struct known *known;          /* in the order of their names */
    size_t known_count;
    ident_t *gone;
    size_t gone_count;
    Custody__Item **items;
    size_t item_count, item_room;
};
typedef struct told told_own;
static inline void told_drop(struct told *told) { foreign_policy_drop(&told->policy); }

const struct known *known_of(const struct told *told, str_t name); /* NULL: it was not gathered */
CHECKED err_t launches_send(struct told *told);
