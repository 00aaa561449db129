/* SPDX-License-Identifier: Apache-2.0
 *
 * The chains of keys (seal/chain.h) that this process writes launches under: one for each device, subject and day that
 * launches are about, from the first of them until the day is over. Promise access.client-only.
 *
 *     OWN(chain) chain = {0};
 *     if (!chains_find(chains, &(struct writing_place){tenant, device, subject, day}, &chain))
 *         …  ask the keys process; chain_make(), chains_keep(chains, &chain)
 *     …  seal under chain.key, which is that of this hour; store; chains_stored(chains, &chain)
 *
 * What stands in memory opens what was sealed in the hour that has not been left yet: it is left when its rows are
 * folded (collect/fold.h), seconds after its end, and its key with it. A chain counts for LEASE_MS after the keys process
 * was asked, and until anything is done that it could contradict (collect/lease.h, the turn); then whoever uses it asks
 * again, and only a subject that is still alive keeps it. Chains stand in locked memory, CHAINS of them; past that the
 * one that was used the longest time ago makes way, and what it wrote stays as it is.
 */
#pragma once
#include "collect/lease.h"
#include "seal/chain.h"
#include "store/launches.h"

enum { CHAINS = 32768, CHAIN_STEPS = 48 }; /* hours that a chain goes on at most */

struct writing_place {
    ident_t tenant, device, subject;
    int64_t day;
};

struct chain {
    struct writing_place place;
    ident_t realm;
    struct key key;
    uint8_t box[SEAL_BOX];
    int64_t number, began, step; /* the hour of its first key, and how many hours later `key` is */
    int64_t version;             /* of what may be collected, when the keys process was asked */
    uint64_t turn;
    moment_t until;    /* by the boot clock */
    uint32_t segments; /* sealed in this step, and not folded yet */
    uint32_t later;    /* and in a later one, while the key of this one is still kept: */
    int64_t later_step;
    bool stored; /* its row is committed */
};
typedef struct chain chain_own;
void chain_drop(struct chain *chain);

struct chains;
typedef struct chains *chains_own;
CHECKED err_t chains_open(struct env *env, atomic_uint_least64_t *turn, struct chains **out_chains);
void chains_drop(struct chains **chains);

/* With the key of the hour that it is now; false where there is none, or it has to be asked for again. NULL for `chains`
 * is a process that keeps none. */
bool chains_find(struct chains *chains, const struct writing_place *place, struct chain *out_chain);

/* The keys process was asked, and the subject is alive: chain->place, realm, turn and version say so. False where there
 * is no chain to renew; then one is made, and kept: the one that another thread has kept meanwhile takes its place. */
bool chains_renew(struct chains *chains, struct chain *chain);
CHECKED err_t chain_make(struct env *env, const struct key *public, struct chain *chain);
void chains_keep(struct chains *chains, struct chain *chain);

/* One segment more stands under it, and its row does; and: its subject or its row is gone. */
void chains_stored(struct chains *chains, const struct chain *chain);
void chains_end(struct chains *chains, const struct writing_place *place);

/* All of a subject's, whatever the device and day: how many keys were dropped. */
size_t chains_end_of(struct chains *chains, ident_t tenant, ident_t subject);
/* All of a tenant's, which is being erased; how many there were. */
size_t chains_end_all(struct chains *chains, ident_t tenant);

/* Those whose segments are to be folded, at most `room`: their hour is over, or there are `many`. What has nothing to fold
 * is left behind at once. And one that was folded: its key goes on to this hour, or ends with its day. */
size_t chains_due(struct chains *chains, uint32_t many, struct chain *out_due, size_t room);
void chains_folded(struct chains *chains, const struct chain *chain);

/* Of a tenant: keys that could open something now. */
size_t chains_count(struct chains *chains, ident_t tenant);

static inline int64_t hour_of(moment_t at) { return at / HOURS(1); }
static inline int64_t day_of(int64_t hour) { return hour / HOURS_A_DAY; }
