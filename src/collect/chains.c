/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/chains.h"

#include <pthread.h>

enum { NONE_NEXT = CHAINS, TRIED = 16, GRACE_MS = 2000, MANY_MORE = 4 };

/* Keys stand in locked memory, the rest beside it; chains of one hash are linked by their places. */
struct chains {
    struct env *env;
    atomic_uint_least64_t *turn;
    pthread_mutex_t lock;
    struct key *keys;
    struct chain *at; /* without a number: free */
    uint32_t *first, *next, *spare;
    moment_t *used;
    size_t spares, high; /* places that are free; and past the last one that ever was not */
    size_t hand;
};

void chain_drop(struct chain *chain) { explicit_bzero(chain, sizeof *chain); }

err_t chains_open(struct env *env, atomic_uint_least64_t *turn, struct chains **out_chains)
{
    OWN(chains) chains = calloc(1, sizeof *chains);
    if (!chains)
        return fail(ERR_BUSY, "no memory for chains");
    pthread_mutex_init(&chains->lock, NULL);
    chains->env = env;
    chains->turn = turn;
    chains->keys = locked_take(CHAINS * sizeof *chains->keys);
    chains->at = calloc(CHAINS, sizeof *chains->at);
    chains->first = calloc(CHAINS, sizeof *chains->first);
    chains->next = calloc(CHAINS, sizeof *chains->next);
    chains->spare = calloc(CHAINS, sizeof *chains->spare);
    chains->used = calloc(CHAINS, sizeof *chains->used);
    if (!chains->keys || !chains->at || !chains->first || !chains->next || !chains->spare || !chains->used)
        return fail(ERR_BUSY, "no locked memory for chains");
    for (uint32_t i = 0; i < CHAINS; i++)
        chains->first[i] = NONE_NEXT;
    *out_chains = give(chains);
    return ERR_OK;
}

void chains_drop(struct chains **place)
{
    struct chains *chains = give(*place);
    if (!chains)
        return;
    if (chains->keys)
        locked_drop(chains->keys);
    free(chains->at);
    free(chains->first);
    free(chains->next);
    free(chains->spare);
    free(chains->used);
    pthread_mutex_destroy(&chains->lock);
    free(chains);
}

/* Ids are random: any of their bytes will do. */
static uint32_t *head_of(struct chains *chains, const struct writing_place *place)
{
    uint32_t device, subject;
    memcpy(&device, place->device.bytes, sizeof device);
    memcpy(&subject, place->subject.bytes + 4, sizeof subject);
    return &chains->first[(device ^ subject ^ (uint32_t)place->day) % CHAINS];
}

static bool is_at(const struct chain *chain, const struct writing_place *place)
{
    return ident_eq(chain->place.subject, place->subject) && ident_eq(chain->place.device, place->device) &&
           ident_eq(chain->place.tenant, place->tenant) && chain->place.day == place->day;
}

/* The link that leads to it; to NONE_NEXT where it is not there. */
static uint32_t *link_to(struct chains *chains, const struct writing_place *place)
{
    uint32_t *link = head_of(chains, place);
    while (*link != NONE_NEXT && !is_at(&chains->at[*link], place))
        link = &chains->next[*link];
    return link;
}

static void end_locked(struct chains *chains, uint32_t *link)
{
    uint32_t at = *link;
    *link = chains->next[at];
    key_drop(&chains->keys[at]);
    chain_drop(&chains->at[at]);
    chains->spare[chains->spares++] = at;
}

/* It has gone on as long as it may: what is late for its day has another one made. */
static bool is_worn(const struct chains *chains, const struct chain *chain)
{
    return hour_of(chains->env->now(chains->env)) - chain->began >= CHAIN_STEPS;
}

static bool is_live(const struct chains *chains, const struct chain *chain)
{
    return !is_worn(chains, chain) && chain->turn == atomic_load(chains->turn) &&
           chains->env->boot(chains->env) < chain->until;
}

/* As it is now: what it seals with is the key of this hour, though the one of an earlier hour may still be kept. */
static void chain_give(struct chains *chains, uint32_t at, struct chain *out_chain)
{
    moment_t now = chains->env->now(chains->env);
    int64_t late = hour_of(now) - chains->at[at].began - chains->at[at].step;
    *out_chain = chains->at[at];
    out_chain->key = chains->keys[at];
    if (late > 0) {
        chain_forward(&out_chain->key, late);
        out_chain->step += late;
    }
    chains->used[at] = now;
}

bool chains_find(struct chains *chains, const struct writing_place *place, struct chain *out_chain)
{
    if (!chains)
        return false;
    pthread_mutex_lock(&chains->lock);
    uint32_t at = *link_to(chains, place);
    bool live = at != NONE_NEXT && is_live(chains, &chains->at[at]);
    if (live)
        chain_give(chains, at, out_chain);
    pthread_mutex_unlock(&chains->lock);
    return live;
}

static void renew_locked(struct chains *chains, uint32_t at, struct chain *chain)
{
    struct chain *kept = &chains->at[at];
    kept->turn = chain->turn;
    kept->version = chain->version;
    kept->until = chains->env->boot(chains->env) + LEASE_MS;
    chain_give(chains, at, chain);
}

bool chains_renew(struct chains *chains, struct chain *chain)
{
    pthread_mutex_lock(&chains->lock);
    uint32_t *link = link_to(chains, &chain->place);
    if (*link != NONE_NEXT && is_worn(chains, &chains->at[*link]))
        end_locked(chains, link);
    bool there = *link != NONE_NEXT && is_at(&chains->at[*link], &chain->place);
    if (there)
        renew_locked(chains, *link, chain);
    pthread_mutex_unlock(&chains->lock);
    return there;
}

err_t chain_make(struct env *env, const struct key *public, struct chain *chain)
{
    int64_t number = 0;
    env->random(env, &number, sizeof number);
    chain->number = number & INT64_MAX;
    chain->began = hour_of(env->now(env));
    return chain_begin(env, public, &chain->key, chain->box);
}

/* Of some of them the one that was used the longest time ago: what it wrote stays as it stands. */
static void make_way(struct chains *chains)
{
    size_t oldest = chains->hand % chains->high;
    for (size_t i = 0; i < TRIED; i++) {
        size_t at = chains->hand++ % chains->high;
        if (chains->used[at] < chains->used[oldest])
            oldest = at;
    }
    end_locked(chains, link_to(chains, &chains->at[oldest].place));
}

static uint32_t place_take(struct chains *chains)
{
    if (chains->high < CHAINS && !chains->spares)
        return (uint32_t)chains->high++;
    if (!chains->spares)
        make_way(chains);
    return chains->spare[--chains->spares];
}

static void keep_locked(struct chains *chains, struct chain *chain)
{
    uint32_t at = place_take(chains), *head = head_of(chains, &chain->place);
    chains->at[at] = *chain;
    chains->keys[at] = chain->key;
    key_drop(&chains->at[at].key);
    chains->next[at] = *head;
    *head = at;
    renew_locked(chains, at, chain);
}

void chains_keep(struct chains *chains, struct chain *chain)
{
    pthread_mutex_lock(&chains->lock);
    uint32_t at = *link_to(chains, &chain->place);
    if (at == NONE_NEXT)
        keep_locked(chains, chain);
    else
        renew_locked(chains, at, chain);
    pthread_mutex_unlock(&chains->lock);
}

/* The chain of this number, and no other that has come in its place. */
static struct chain *same_locked(struct chains *chains, const struct chain *chain)
{
    uint32_t at = *link_to(chains, &chain->place);
    return at != NONE_NEXT && chains->at[at].number == chain->number ? &chains->at[at] : NULL;
}

void chains_stored(struct chains *chains, const struct chain *chain)
{
    pthread_mutex_lock(&chains->lock);
    struct chain *kept = same_locked(chains, chain);
    if (kept) {
        kept->stored = true;
        kept->segments += kept->step == chain->step; /* those of an hour that it has left stay segments */
        if (!kept->later)
            kept->later_step = chain->step;
        kept->later += kept->step < chain->step;
    }
    pthread_mutex_unlock(&chains->lock);
}

void chains_end(struct chains *chains, const struct writing_place *place)
{
    pthread_mutex_lock(&chains->lock);
    uint32_t *link = link_to(chains, place);
    if (*link != NONE_NEXT)
        end_locked(chains, link);
    pthread_mutex_unlock(&chains->lock);
}

size_t chains_end_of(struct chains *chains, ident_t tenant, ident_t subject)
{
    size_t count = 0;
    if (!chains)
        return 0;
    pthread_mutex_lock(&chains->lock);
    for (uint32_t at = 0; at < chains->high; at++) {
        const struct chain *chain = &chains->at[at];
        if (!chain->number || !ident_eq(chain->place.tenant, tenant) ||
            !ident_eq(chain->place.subject, subject))
            continue;
        end_locked(chains, link_to(chains, &chain->place));
        count++;
    }
    pthread_mutex_unlock(&chains->lock);
    return count;
}

size_t chains_end_all(struct chains *chains, ident_t tenant)
{
    size_t count = 0;
    if (!chains)
        return 0;
    pthread_mutex_lock(&chains->lock);
    for (uint32_t at = 0; at < chains->high; at++)
        if (chains->at[at].number && ident_eq(chains->at[at].place.tenant, tenant)) {
            const struct writing_place place = chains->at[at].place;
            end_locked(chains, link_to(chains, &place));
            count++;
        }
    pthread_mutex_unlock(&chains->lock);
    return count;
}

/* The key goes on, to this hour or to the one that has segments before it; what stands under those that it leaves can be
 * opened here no more. */
static void go_on(struct chains *chains, uint32_t at, int64_t late)
{
    struct chain *chain = &chains->at[at];
    int64_t hours = chain->later ? chain->later_step - chain->step : late;
    chain_forward(&chains->keys[at], hours);
    chain->step += hours;
    chain->segments = chain->later;
    chain->later = 0;
}

/* A day that is over and was not written to for an hour. */
static bool is_over(const struct chains *chains, uint32_t at, moment_t now)
{
    return chains->at[at].place.day < day_of(hour_of(now)) && now - chains->used[at] > HOURS(1);
}

/* Who watches launches as they come sees segments, each second: they are left that long, unless they are very many. */
static bool rested(const struct chains *chains, uint32_t at, uint32_t many, moment_t now)
{
    return many == 1 || now - chains->used[at] > GRACE_MS || chains->at[at].segments / MANY_MORE >= many;
}

/* True where it is to be folded. What has nothing to fold goes on, or ends. */
static bool turn_locked(struct chains *chains, uint32_t at, uint32_t many)
{
    struct chain *chain = &chains->at[at];
    moment_t now = chains->env->now(chains->env);
    int64_t late = hour_of(now - GRACE_MS) - chain->began - chain->step;
    if (chain->segments)
        return late > 0 || (chain->segments >= many && rested(chains, at, many, now));
    if (is_over(chains, at, now) || is_worn(chains, chain))
        end_locked(chains, link_to(chains, &chain->place));
    else if (late > 0)
        go_on(chains, at, late);
    return chain->segments && late > 0 && hour_of(now - GRACE_MS) > chain->began + chain->step;
}

size_t chains_due(struct chains *chains, uint32_t many, struct chain *out_due, size_t room)
{
    size_t count = 0;
    pthread_mutex_lock(&chains->lock);
    for (uint32_t at = 0; at < chains->high && count < room; at++) {
        if (!chains->at[at].number || !turn_locked(chains, at, many))
            continue;
        out_due[count] = chains->at[at];
        out_due[count++].key = chains->keys[at];
    }
    pthread_mutex_unlock(&chains->lock);
    return count;
}

void chains_folded(struct chains *chains, const struct chain *chain)
{
    pthread_mutex_lock(&chains->lock);
    uint32_t at = *link_to(chains, &chain->place);
    struct chain *kept = same_locked(chains, chain);
    if (kept && kept->step == chain->step) {
        kept->segments -= chain->segments < kept->segments ? chain->segments : kept->segments;
        if (!kept->segments)
            turn_locked(chains, at, UINT32_MAX);
    }
    pthread_mutex_unlock(&chains->lock);
}

size_t chains_count(struct chains *chains, ident_t tenant)
{
    size_t count = 0;
    if (!chains)
        return 0;
    pthread_mutex_lock(&chains->lock);
    for (uint32_t at = 0; at < chains->high; at++)
        count += chains->at[at].number && ident_eq(chains->at[at].place.tenant, tenant);
    pthread_mutex_unlock(&chains->lock);
    return count;
}
