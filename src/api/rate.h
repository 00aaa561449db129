/* SPDX-License-Identifier: Apache-2.0
 *
 * How much of something each tenant may ask for: a bucket that fills by so many a second. In memory, of the tenants that asked
 * last; one that was pushed out begins with a full bucket.
 *
 *     if (!rate_take(&service->scim, tenant, now, 1, &wait))        nothing was taken: try again in `wait` ms
 *     rate_owe(&service->scim, tenant, 40);                         what it turned out to cost: it may be owed
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include <pthread.h>

enum { RATE_SLOTS = 256, RATE_A_SECOND = 50, RATE_MOST = 500 };

/* All zeros is one that nobody has asked of. */
struct rate {
    pthread_mutex_t lock;
    struct rate_slot {
        ident_t of;
        int64_t used; /* thousandths of what may be taken */
        moment_t at;
    } slots[RATE_SLOTS];
};
bool rate_take(struct rate *rate, ident_t of, moment_t now, int64_t *out_wait);
void rate_owe(struct rate *rate, ident_t of, int64_t cost);
