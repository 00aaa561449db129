/* SPDX-License-Identifier: Apache-2.0
 *
 * A search of launches on its way: days, their chains and digests (launches.c), and what stands in one hour (launch_hours.c).
 */
#pragma once
#include "collect/_launches.h"

/* An hour is looked at as a whole; where it has more than memory has room for, in parts of its time; and where one moment alone
 * has more, a row after the other. */
enum search_how { SEARCH_WHOLE, SEARCH_PART, SEARCH_MOMENT };

struct search {
    struct desk *desk;
    const struct reader *reader;
    const struct launch_ask *ask;
    const struct launch_sink *sink;
    struct launch_cursor next;
    struct launch_progress progress;
    bool ended;
    arena_t chunk, hour,
        row; /* memory of the chains, of one hour, and of one row where an hour has more than that */
    struct launch_chains chains;
    struct launch_hours segments; /* hours that have any */
    struct opened_chain *opened;  /* by number */
    struct launch_found *found;   /* of this hour */
    size_t count, room;
    enum search_how how;
    moment_t from, until; /* of the part of the hour that is looked at, both included */
    moment_t least, most; /* and of what fits in it */
    bool over;            /* which is more than there is room for */
};
typedef struct search search_own;

/* Gives what fits of an hour, newest first. */
CHECKED err_t hour_search(struct search *search, int64_t hour);
