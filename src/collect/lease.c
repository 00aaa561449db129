/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/lease.h"

#include <pthread.h>

enum { WAYS = 4 };

struct leases {
    struct env *env;
    pthread_mutex_t lock;
    atomic_uint_least64_t turn, discards;
    struct lease *at;
};

void lease_drop(struct lease *lease) { explicit_bzero(lease, sizeof *lease); }

err_t leases_open(struct env *env, struct leases **out_leases)
{
    OWN(leases) leases = calloc(1, sizeof *leases);
    if (!leases)
        return fail(ERR_BUSY, "no memory for leases");
    leases->env = env;
    pthread_mutex_init(&leases->lock, NULL);
    leases->at = locked_take(LEASES * sizeof *leases->at);
    if (!leases->at)
        return fail(ERR_BUSY, "no locked memory for leases");
    *out_leases = give(leases);
    return ERR_OK;
}

void leases_drop(struct leases **leases)
{
    if (!*leases)
        return;
    locked_drop((*leases)->at);
    pthread_mutex_destroy(&(*leases)->lock);
    free(*leases);
    *leases = NULL;
}

static bool is_of(const struct lease *lease, const struct lease_place *place)
{
    return ident_eq(lease->place.subject, place->subject) && ident_eq(lease->place.device, place->device) &&
           ident_eq(lease->place.tenant, place->tenant);
}

static bool is_live(struct leases *leases, const struct lease *lease)
{
    return lease->turn == atomic_load(&leases->turn) && leases->env->boot(leases->env) < lease->until;
}

/* The WAYS places that a lease may stand in. Ids are random: any of their bytes will do. */
static struct lease *places_of(struct leases *leases, const struct lease_place *place)
{
    uint32_t device, subject;
    memcpy(&device, place->device.bytes, sizeof device);
    memcpy(&subject, place->subject.bytes + 4, sizeof subject);
    return &leases->at[(device ^ subject) % (LEASES / WAYS) * WAYS];
}

static struct lease *lease_at(struct leases *leases, const struct lease_place *place)
{
    struct lease *first = places_of(leases, place);
    for (struct lease *lease = first; lease < first + WAYS; lease++)
        if (is_of(lease, place))
            return lease;
    return NULL;
}

bool leases_find(struct leases *leases, const struct lease_place *place, struct lease *out_lease)
{
    if (!leases)
        return false;
    pthread_mutex_lock(&leases->lock);
    struct lease *lease = lease_at(leases, place);
    bool live = lease && is_live(leases, lease);
    if (live)
        *out_lease = *lease;
    else if (lease)
        lease_drop(lease);
    pthread_mutex_unlock(&leases->lock);
    return live;
}

/* Its own place, or that of the lease that ends first. */
static struct lease *place_for(struct leases *leases, const struct lease_place *place)
{
    struct lease *own = lease_at(leases, place), *first = places_of(leases, place), *oldest = first;
    for (struct lease *lease = first; lease < first + WAYS; lease++)
        if (lease->until < oldest->until)
            oldest = lease;
    return own ? own : oldest;
}

void leases_keep(struct leases *leases, const struct lease *lease)
{
    if (!leases)
        return;
    pthread_mutex_lock(&leases->lock);
    struct lease *place = place_for(leases, &lease->place);
    *place = *lease;
    place->until = leases->env->boot(leases->env) + LEASE_MS;
    pthread_mutex_unlock(&leases->lock);
}

void leases_connected(struct leases *leases, const struct lease_place *place,
                      const uint8_t address[DIGEST_SIZE])
{
    if (!leases)
        return;
    pthread_mutex_lock(&leases->lock);
    struct lease *lease = lease_at(leases, place);
    if (lease)
        memcpy(lease->connected, address, DIGEST_SIZE);
    pthread_mutex_unlock(&leases->lock);
}

static size_t wipe_locked(struct leases *leases)
{
    size_t count = 0;
    for (struct lease *lease = leases->at; lease < leases->at + LEASES; lease++)
        if (lease->until && !is_live(leases, lease)) {
            lease_drop(lease);
            count++;
        }
    return count;
}

size_t leases_wipe(struct leases *leases)
{
    size_t count = 0;
    if (!leases)
        return 0;
    pthread_mutex_lock(&leases->lock);
    count = wipe_locked(leases);
    pthread_mutex_unlock(&leases->lock);
    return count;
}

size_t leases_count(struct leases *leases, ident_t tenant)
{
    size_t count = 0;
    if (!leases)
        return 0;
    pthread_mutex_lock(&leases->lock);
    wipe_locked(leases);
    for (const struct lease *lease = leases->at; lease < leases->at + LEASES; lease++)
        count += ident_eq(lease->place.tenant, tenant);
    pthread_mutex_unlock(&leases->lock);
    return count;
}

atomic_uint_least64_t *leases_turn(struct leases *leases) { return leases ? &leases->turn : NULL; }

void leases_discarded(struct leases *leases, size_t count)
{
    if (leases)
        atomic_fetch_add(&leases->discards, count);
}

uint64_t leases_discards(const struct leases *leases)
{
    return leases ? atomic_load(&((struct leases *)(uintptr_t)leases)->discards) : 0;
}

void leases_end(struct leases *leases)
{
    if (leases)
        atomic_fetch_add(&leases->turn, 1);
}
