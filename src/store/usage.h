/* SPDX-License-Identifier: Apache-2.0
 *
 * What a tenant's file has held, day by day: one row a day and kind, so that a rate can be told and a plot drawn. It stands
 * in the tenant's file, for it is its content in counts: the acts that take something away add to it in their own
 * transaction, and it goes with the file. A restore leaves it as it is: it says what has been.
 *
 *     TRY(usage_sample(tx, &(struct usage){.day = today, .kind = STR("videos"), .rows = 3, .bytes = 4096}));
 *     TRY(usage_went(tx, &(struct usage){.day = today, .kind = STR("videos"), .went = 1, .went_age = 900}));
 *     TRY(usage_list(tx, from, arena, &list));
 *
 * A sample replaces the day's earlier one; what went is added to it. Days count from 1970, UTC.
 */
#pragma once
#include "store/store.h"

struct usage {
    int64_t day;
    str_t kind;
    int64_t rows, bytes;
    int64_t went, went_age, went_capacity; /* how many; bytes by age, and for capacity */
};
struct usages {
    struct usage *at;
    size_t count;
};

CHECKED err_t usage_sample(struct tx *tx, const struct usage *usage);
CHECKED err_t usage_went(struct tx *tx, const struct usage *usage);
CHECKED err_t usage_list(struct tx *tx, int64_t from, arena_t *arena,
                         struct usages *out_list);         /* by kind, then day */
CHECKED err_t usage_forget(struct tx *tx, int64_t before); /* the days before this one */
