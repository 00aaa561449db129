/* SPDX-License-Identifier: Apache-2.0
 *
 * What the web process knows for a minute about the subjects that it has just written for: that their device may report,
 * what the client lets be collected of it, and a data key with its box for the subject. A report of a device that
 * reported a moment ago then needs neither the keys process nor a sealed box, which is most of what sealing costs.
 *
 *     OWN(lease) lease = {0};
 *     if (!leases_find(leases, &(struct lease_place){tenant, device, subject}, &lease))
 *         …  ask the keys process; then leases_keep(leases, &lease)
 *
 * A lease ends after LEASE_MS, and at once, together with all others, when anything is done that one of them could
 * contradict: a device destroyed, revoked or approved, a deployment key ended, a switch changed. For that each holds the
 * turn that was in force before the keys process was asked, and counts only while it still is.
 *
 * While a lease lasts its data key could open what was sealed with it: a minute later the writer itself cannot. Of an endpoint
 * that seals what it sends, a lease has none. The leases stand in locked memory, LEASES of them; where there are more, those that end first make way.
 */
#pragma once
#include "concept/collection.h"
#include "seal/seal.h"
#include <stdatomic.h>

enum { LEASES = 4096, LEASE_MS = 60 * 1000 };

struct lease_place {
    ident_t tenant, device, subject;
};

struct lease {
    struct lease_place place;
    uint64_t turn;
    moment_t until; /* by the boot clock */
    ident_t realm;
    struct seal_key key;
    bool keyed; /* without it there is no data key: the endpoint seals what is about this subject by itself */
    /* Of a device alone: */
    struct collection collection;
    uint8_t connected[DIGEST_SIZE]; /* of the address it came from that is stored; zero: none */
};
typedef struct lease lease_own;
void lease_drop(struct lease *lease);

struct leases;
typedef struct leases *leases_own;
CHECKED err_t leases_open(struct env *env, struct leases **out_leases);
void leases_drop(struct leases **leases);

/* NULL for `leases` is a process that keeps none. */
bool leases_find(struct leases *leases, const struct lease_place *place, struct lease *out_lease);
void leases_keep(struct leases *leases, const struct lease *lease);
void leases_connected(struct leases *leases, const struct lease_place *place,
                      const uint8_t address[DIGEST_SIZE]);

/* Those that have ended, of whatever tenant, leave memory; how many did. The web process does so each second. */
size_t leases_wipe(struct leases *leases);

/* How many of a tenant's are in force: data keys that could open something now. Those that have ended are wiped first, so
 * that what is not counted is not there either. */
size_t leases_count(struct leases *leases, ident_t tenant);

/* Items that came for a subject whose key is destroyed, and were answered and discarded, since this process began. */
void leases_discarded(struct leases *leases, size_t count);
uint64_t leases_discards(const struct leases *leases);

/* The turn: read before the keys process is asked; adding to it ends all leases. */
atomic_uint_least64_t *leases_turn(struct leases *leases);
void leases_end(struct leases *leases);
