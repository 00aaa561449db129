/* SPDX-License-Identifier: Apache-2.0
 *
 * Works: what takes long, asked for by people or by the clock, and done by the jobs process. A work is made inside the act
 * that asks for it, so that neither is there without the other.
 *
 *     TRY(work_make(ask, &(struct work){.kind = "snapshot", .tenant = who.tenant, .by = who_mention(&who)}, &id));
 *
 *     waiting ─▶ running ─▶ done | failed
 *        ▲──────────┘ where the jobs process ended meanwhile: how a kind is done has to bear to be begun again
 *
 * A tenant has one running at a time, in the order in which they were made. Nothing personal stands in one: `words` is for
 * the kind to read, `note` says in words of our own what came of it. The finished are kept for 30 days.
 */
#pragma once
#include "keyring/answer.h"
#include "log/entry.h"

struct work {
    const char *kind;
    ident_t tenant; /* zero: the service's own */
    ident_t target; /* what it is about, by its kind */
    const char *words;
    struct mention by; /* no prefix: the clock */
};
CHECKED err_t work_make(struct ask *ask, const struct work *work, ident_t *out_id);

/* BUSY where so many of a tenant's wait that those of others would wait for long behind them. */
enum { WORKS_WAIT = 20 };
CHECKED err_t works_have_room(struct ask *ask, ident_t tenant);

/* Whether one of this kind is not finished yet. */
CHECKED err_t work_waits(struct ask *ask, ident_t tenant, const char *kind, bool *out_so);

/* What has not begun is taken back: when a tenant ends, from when on none of its works is given out. */
CHECKED err_t works_withdraw(struct ask *ask, ident_t tenant);

/* BUSY while one of the tenant's runs: nothing of it is gone for good before that has ended. */
CHECKED err_t works_ended(struct ask *ask, ident_t tenant);
