/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's policies on their way to its endpoints, and what each endpoint says of the one it follows.
 *
 *     TRY(policies_keep(&desk, tenant, &(struct policy_new){note, policy, by}));   signed already; by the keys process
 *     TRY(policies_heard(&desk, &intake, &said));         the endpoint was heard of, and may have said what it follows
 *     TRY(policies_rollout(&desk, tenant, &(struct rollout_ask){.limit = 100}, &rollout));
 *
 * What an endpoint says is numbers, a flag and a word out of a closed list: nothing else of it is taken. Results live in
 * the desk's arena.
 */
#pragma once
#include "collect/intake.h"
#include "concept/following.h"
#include "store/policies.h"

CHECKED err_t policies_keep(struct desk *desk, ident_t tenant, struct kept_policy *policy);
CHECKED err_t policies_page(struct desk *desk, ident_t tenant, const struct policies_ask *ask,
                            struct policies_page *out_page);
CHECKED err_t policies_one(struct desk *desk, ident_t tenant, int64_t number, struct kept_policy *out_policy);
CHECKED err_t policies_newest(struct desk *desk, ident_t tenant, struct kept_policy *out_policy);

/* `said` is NULL where the endpoint said nothing of a policy; its id and since are filled here. */
CHECKED err_t policies_heard(struct desk *desk, const struct intake *intake, struct following *said);

/* How far the newest policy has come: each endpoint is counted once, in the first state that fits. */
/* clang-format off */
#define ROLLOUT_STATES(R) \
    R(SILENT,  "silent",  "it has not said yet what it follows") \
    R(TROUBLE, "trouble", "something is in the way") \
    R(OFF,     "off",     "it follows a policy, and cannot enforce it") \
    R(BEHIND,  "behind",  "it follows an older one") \
    R(CURRENT, "current", "it follows the newest one")
/* clang-format on */
enum rollout_state {
#define R(constant, word, meaning) ROLLOUT_##constant,
    ROLLOUT_STATES(R)
#undef R
        ROLLOUT_COUNT
};
const char *rollout_word(enum rollout_state state);

struct rollout_ask {
    str_t state;          /* a word; empty: all */
    const ident_t *after; /* in the order of ids */
    size_t limit;
};
struct rollout_device {
    ident_t device;
    enum rollout_state state;
    struct following said; /* zero where it is silent */
    size_t left_out;       /* rules that its agent cannot hold, where collect/foreign_policy.h was asked */
};
struct rollout {
    struct rollout_device *devices;
    size_t count;
    bool more;
    int64_t number; /* of the newest policy; 0: there is none */
    size_t counts[ROLLOUT_COUNT];
};
CHECKED err_t policies_rollout(struct desk *desk, ident_t tenant, const struct rollout_ask *ask,
                               struct rollout *out_rollout);
