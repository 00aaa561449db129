/* SPDX-License-Identifier: Apache-2.0
 *
 * Workers that are busy for long, and for which tenant: searches, live views, archives that are made or fetched. So many may
 * be, and the last one is for a tenant that has none: no tenant keeps all others from theirs.
 *
 *     if (!share_take(&service->streams, tenant, most)) …      BUSY
 *     share_give(&service->streams, tenant);
 */
#pragma once
#include "base/id.h"
#include <pthread.h>

enum { SHARE_MOST = 64 };

/* All zeros is one that nobody has taken of. */
struct share {
    pthread_mutex_t lock;
    ident_t of[SHARE_MOST];
    size_t count;
};
bool share_take(struct share *share, ident_t of, size_t most);
void share_give(struct share *share, ident_t of);
