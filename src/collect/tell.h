/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling the evidence log of acts on the store.
 *
 *     TRY(tell(tx, &(struct telling){ACT_COLLECTION_CHANGED, who, now, version}));      within the act
 *     TRY(tell_carry(&desk, tenant));                                                   after it, and at each start
 *
 * A crash between the two leaves the entry in the store's outbox; the next start carries it. Carried twice it counts once.
 */
#pragma once
#include "collect/desk.h"
#include "log/act.h"

/* Who acts, as the keys process named them. */
struct actor {
    ident_t member, session;
    bool is_user;
};

struct telling {
    enum act act;
    struct actor by;
    moment_t at;
    int64_t count;
};

CHECKED err_t tell(struct tx *tx, const struct telling *telling);
CHECKED err_t tell_carry(struct desk *desk, ident_t tenant);
