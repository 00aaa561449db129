/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in force: the rules, and who is who on this machine. Replaced as a whole, while decisions are being made.
 *
 *     struct order *order = order_take(&orders);           counted; a decision holds it from beginning to end
 *     …
 *     order_leave(order);
 *     order_replace(&orders, fresh);                       those that hold the old one end with it
 *
 * A thread that never ends its decision keeps the order it holds, and nothing else.
 *
 * refuses  some rule, or the default, may refuse a launch: then interpreters and loaders are asked about each time, for
 *          what they are to run decides. Where it is false nothing is ever refused.
 * settled  nothing is refused, and neither a rule nor a record needs to know who launches, whence and with what: a plain program
 *          is answered before it is looked at any further
 * asks_state  some rule has a condition on the state of a file in its package
 */
#pragma once
#include "base/moment.h"
#include "guard/names.h"

#include <pthread.h>
#include <stdatomic.h>

struct order {
    struct rules *rules;
    struct names *names;
    struct rule_names bound;
    ident_t device;
    uint64_t number;     /* of the policy; 0: none has arrived, and all is observed */
    moment_t until;      /* of the policy: past it nothing is elevated */
    uint64_t generation; /* of this order: verdicts kept under another one do not count */
    bool refuses, settled, closed, asks_state, asks_bytes; /* the last: of what a file holds */
    atomic_int holders;
};
typedef struct order *order_own;
void order_drop(struct order **order);

struct orders {
    pthread_mutex_t lock;
    struct order *now;
    uint64_t generation;
};
void orders_drop(struct orders *orders);

/* Takes rules and names over, and binds them, where it succeeds. */
CHECKED err_t order_make(struct rules *rules, struct names *names, ident_t device, struct order **out_order);
void order_replace(struct orders *orders, struct order *fresh);
struct order *order_take(struct orders *orders);
void order_leave(struct order *order);

/* The rules where no policy has arrived: everything runs, and is recorded. */
CHECKED err_t rules_that_observe(struct rules **out_rules);
