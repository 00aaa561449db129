/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes when there is no room, as a pure function: capacity, what is kept of each kind, the client's minimum and
 * maximum ages, and today → what is to be evicted next, which warning is due, and what will go when. Promise
 * retain.capacity.
 *
 *     struct retain_order order;
 *     while (retain_next(&facts, &order))
 *         … evict the oldest of order.kind, look at the facts again
 *
 * Only videos and launches go: videos first, then launches, the oldest first. Whatever is older than the client's maximum
 * goes even where there is room; whatever is not older than its minimum stays even where there is none, and so does what
 * is held (`oldest` does not count it). The day under way never goes. Where more is kept than the capacity and nothing
 * may go, that is said (LEVEL_STUCK) and nothing else happens: intake is never refused for it.
 *
 * Days count from 1970, UTC. Something of day d is `today - d` days old. Bytes are those of the live store.
 */
#pragma once
#include "base/moment.h"
#include "store/evict.h"
#include "store/places.h"
#include "store/usage.h"

enum { RETAIN_KINDS = 2, FORESEEN = 36500 /* days */ };

extern const enum weight retain_kinds[RETAIN_KINDS]; /* in the order in which they go */

/* As a client says it for one kind (keyring/retention.h checks it); 0 days: nothing is said. */
struct retain_ages {
    int64_t least, most;
};

struct retain_facts {
    int64_t capacity, today;                          /* no capacity (0): no limit is set */
    int64_t used[WEIGHT_COUNT], growth[WEIGHT_COUNT]; /* bytes; bytes that come in a day */
    int64_t oldest[WEIGHT_COUNT]; /* the day of the oldest that is not held; NO_DAY: none */
    struct retain_ages ages[WEIGHT_COUNT];
};
int64_t retain_used(const struct retain_facts *facts);

enum retain_why { WHY_AGE, WHY_CAPACITY };

/* The oldest of a kind, as far as they are of days before `before`, until so many bytes are free. */
struct retain_order {
    enum weight kind;
    enum retain_why why;
    int64_t before, bytes;
};
bool retain_next(const struct retain_facts *facts, struct retain_order *out_order); /* false: nothing goes */

/* Which warning stands. One that stands falls only when 5 % of the capacity are free below its mark, so that it is told
 * once a crossing. */
enum retain_level { LEVEL_NONE, LEVEL_80, LEVEL_90, LEVEL_STUCK, LEVEL_COUNT };
enum retain_level retain_level(const struct retain_facts *facts, enum retain_level stands);

/* The next thing that goes if every day brings as much as today: of `kind`, what is older than `older` days, on `day`.
 * `full` is the day on which the capacity is passed; `stuck` where nothing may go on that day, and only later does. */
struct retain_forecast {
    bool any, stuck;
    enum weight kind;
    enum retain_why why;
    int64_t day, older, full; /* full: NO_DAY where it is not within FORESEEN days */
};
struct retain_forecast retain_forecast(const struct retain_facts *facts);

/* The bytes that come in a day, of samples of one kind in the order of their days: what is kept more, and what went for
 * capacity. What goes by age is taken off: it goes every day. At least two samples; else 0. */
int64_t retain_growth(const struct usage *samples, size_t count);
