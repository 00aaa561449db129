/* SPDX-License-Identifier: Apache-2.0
 *
 * What the plan is made from, for one client: what the keys process says may be kept and for how long, and what the
 * tenant's file holds.
 *
 *     TRY(retain_terms_read(message, arena, &terms));
 *     TRY(store_read(store, tenant, retain_look_act, &look));     look.facts
 *
 * Nothing is opened: rows, bytes, days and ids stand in clear. Cost: a few look-ups, and past what is held before the oldest
 * that is not.
 */
#pragma once
#include "keyring/keys.pb-c.h"
#include "retain/plan.h"

/* What is not the store's to say. */
struct retain_terms {
    int64_t capacity;
    struct retain_ages ages[WEIGHT_COUNT];
    idents_t held;
    enum retain_level level; /* of the warning that stands */
    bool all_held, waits;    /* nothing may go: of this client; or now */
    int64_t change;          /* counts what was said: told again after a turn */
};
CHECKED err_t retain_terms_read(const Keys__Retention *in, arena_t *arena, struct retain_terms *out_terms);

/* `usage` of the last HISTORY_DAYS, by kind and day. */
enum { HISTORY_DAYS = 400, RATE_DAYS = 28 };
struct retain_look {
    const struct retain_terms *terms;
    int64_t today;
    arena_t *arena;
    struct retain_facts facts;
    struct weights weights;
    struct usages usage;
};
CHECKED err_t retain_look_act(struct tx *tx, void *with); /* an act_t, with a struct retain_look */

/* Samples beside those of the kinds that have weights (weight_name()). */
#define USAGE_SNAPSHOTS "snapshots" /* bytes of their files, and how many those are */
#define USAGE_GONE      "gone"      /* of these: of blobs that the store has no more */
#define USAGE_RECOUNT   "recount"   /* by how much a count anew differed from the accounts, on that day */
