/* SPDX-License-Identifier: Apache-2.0 */
#include "api/rate.h"

enum { THOUSAND = 1000 };

static struct rate_slot *slot_find(struct rate *rate, ident_t of)
{
    struct rate_slot *oldest = rate->slots;
    for (struct rate_slot *slot = rate->slots; slot < rate->slots + RATE_SLOTS; slot++) {
        if (ident_eq(slot->of, of))
            return slot;
        if (slot->at < oldest->at)
            oldest = slot;
    }
    *oldest = (struct rate_slot){.of = of};
    return oldest;
}

/* A millisecond gives back as many thousandths as a second does whole ones. */
static void slot_fill(struct rate_slot *slot, moment_t now)
{
    moment_t passed = slot->at && now > slot->at ? now - slot->at : 0;
    int64_t back = passed < THOUSAND * THOUSAND ? passed * RATE_A_SECOND : INT64_MAX / 2;
    slot->used = slot->used > back ? slot->used - back : 0;
    slot->at = now;
}

bool rate_take(struct rate *rate, ident_t of, moment_t now, int64_t *out_wait)
{
    pthread_mutex_lock(&rate->lock);
    struct rate_slot *slot = slot_find(rate, of);
    slot_fill(slot, now);
    int64_t over = slot->used + THOUSAND - (int64_t)RATE_MOST * THOUSAND;
    if (over <= 0)
        slot->used += THOUSAND;
    pthread_mutex_unlock(&rate->lock);
    *out_wait = over > 0 ? over / RATE_A_SECOND + 1 : 0;
    return over <= 0;
}

void rate_owe(struct rate *rate, ident_t of, int64_t cost)
{
    pthread_mutex_lock(&rate->lock);
    slot_find(rate, of)->used += cost * THOUSAND;
    pthread_mutex_unlock(&rate->lock);
}
