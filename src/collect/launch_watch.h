/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches as they come: what was stored since the last turn, for somebody of the client who is in session and watches.
 * Nothing is opened for it but while somebody does.
 *
 *     OWN(watch) watch = {0};
 *     TRY(watch_begin(&watch, &desk, &reader));
 *     while (somebody watches)                                    each second
 *         TRY(watch_turn(&watch, &ask, &sink));
 *
 * It sees segments: what a chain of very many was folded in the second that it arrived in is in the lists alone. A chain
 * is opened once for as long as one watches, and that is written down; whoever watches asks from time to time whether the
 * session still lasts. Of the ask everything counts but limit, from, until and cursor.
 */
#pragma once
#include "collect/launches.h"

enum { WATCHED_AT_ONCE = 1000 };

struct watch {
    struct desk *desk;
    const struct reader *reader;
    int64_t seq; /* the last one seen */
    arena_t arena;
    struct opened_chain **chains;
    size_t count, room;
};
typedef struct watch watch_own;
void watch_drop(struct watch *watch);

CHECKED err_t watch_begin(struct watch *watch, struct desk *desk, const struct reader *reader);
CHECKED err_t watch_turn(struct watch *watch, const struct launch_ask *ask, const struct launch_sink *sink);
