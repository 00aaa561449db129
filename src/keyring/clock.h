/* SPDX-License-Identifier: Apache-2.0
 *
 * Confirmed time: what the clock says is believed where it follows from what was believed before. An irreversible act that
 * the clock makes due is held while it does not.
 *
 *     TRY(clock_confirmed(ask));             DENIED: a jump is held, until two of staff have looked at it
 *
 * While the machine runs, the boot clock counts on from the last confirmed moment: the wall clock may be CLOCK_JUMP away
 * from that sum, all its steps taken together. After a start of the machine, whose boot clock begins anew, it may be as
 * far from the last moment that was seen or signed in a checkpoint, whichever is later: a service that stood still for
 * longer than that is held too, for nothing tells how long it really was.
 *
 * A jump is found each minute (clock_watch), written down with what it was, told of in the service's log, and stays until
 * an order clock.confirm, made by one of staff and confirmed by another, names the day that it is; from then on that
 * moment is the confirmed one. Between two looks clock_confirmed() looks itself, and refuses what it would hold.
 */
#pragma once
#include "keyring/answer.h"

enum { CLOCK_JUMP_MS = 60 * 60 * 1000 };

struct clock_state {
    ident_t held;    /* the jump that is held; zero: none */
    moment_t since;  /* when it was found, by the clock that jumped */
    moment_t expect; /* what the clock should have shown then */
};
CHECKED err_t clock_state(struct ask *ask, struct clock_state *out_state);
CHECKED err_t clock_confirmed(struct ask *ask);
CHECKED err_t clock_watch(struct ask *ask);

/* The same as an answer: what goes for good by its age alone stays while this is so. */
CHECKED err_t clock_is_held(struct ask *ask, bool *out_held);

/* The clock is right as it is now. */
CHECKED err_t clock_accept(struct ask *ask);
