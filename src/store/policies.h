/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant's policies by their number, inside an act. None is ever changed or removed by itself; the greatest number is the
 * one that endpoints are given.
 *
 *     TRY(policies_put(tx, &policy));                      its id is made by the caller
 *     TRY(policies_last(tx, arena, &policy));              number 0: there is none
 *     TRY(policies_find(tx, number, arena, &policy));      MISSING
 *     TRY(policies_list(tx, &(struct policies_ask){.before = number, .limit = 100}, arena, &page));
 *
 * policies_last() and policies_list() leave the note out: it may be long.
 */
#pragma once
#include "concept/policy.h"
#include "store/store.h"

CHECKED err_t policies_put(struct tx *tx, const struct kept_policy *policy);
CHECKED err_t policies_last(struct tx *tx, arena_t *arena, struct kept_policy *out_policy);
CHECKED err_t policies_find(struct tx *tx, int64_t number, arena_t *arena, struct kept_policy *out_policy);

struct policies_ask {
    int64_t before; /* newest first: those with a smaller number; 0: all */
    size_t limit;
};
struct policies_page {
    struct kept_policy *policies;
    size_t count;
    bool more;
};
CHECKED err_t policies_list(struct tx *tx, const struct policies_ask *ask, arena_t *arena,
                            struct policies_page *out_page);
