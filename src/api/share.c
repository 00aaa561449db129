/* SPDX-License-Identifier: Apache-2.0 */
#include "api/share.h"

/* Where one of this tenant stands; `count` where it has none. */
static size_t at_of(const struct share *share, ident_t of)
{
    size_t at = 0;
    while (at < share->count && !ident_eq(share->of[at], of))
        at++;
    return at;
}

bool share_take(struct share *share, ident_t of, size_t most)
{
    most = most < SHARE_MOST ? most : SHARE_MOST;
    pthread_mutex_lock(&share->lock);
    bool has = at_of(share, of) < share->count;
    bool takes = share->count + has < most;
    if (takes)
        share->of[share->count++] = of;
    pthread_mutex_unlock(&share->lock);
    return takes;
}

void share_give(struct share *share, ident_t of)
{
    pthread_mutex_lock(&share->lock);
    share->of[at_of(share, of)] = share->of[share->count - 1];
    share->count--;
    pthread_mutex_unlock(&share->lock);
}
