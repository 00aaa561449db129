/* SPDX-License-Identifier: Apache-2.0
 *
 * Telling the evidence log of acts on the store.
 *
 *     TRY(tell(tx, &(struct telling){ACT_COLLECTION_CHANGED, who, now, version}));      within the act
 *     TRY(tell_carry(&desk, tenant));                                                   after it, and at each start; at most
 *                                                                                       TELL_CARRY of them at once
 *
 * A crash between the two leaves the entry in the store's outbox; the next start carries it. Carried twice it counts once.
 *
 * The web process carries what it did itself, up to the first entry that it did not; the jobs process carries all there is,
 * each as its carrier takes it to the keys process.
 */
#pragma once
#include "collect/desk.h"
#include "log/act.h"

/* Who acts, as the keys process named them; the zero member: the service by itself. */
struct actor {
    ident_t member, session;
    bool is_user;
};

struct telling {
    enum act act;
    struct actor by;
    moment_t at;
    int64_t count;
    const char *kind; /* of what went, and of which day; NULL: nothing did */
    int64_t day;
    ident_t device; /* that acts, where nobody does */
};

enum { TELL_CARRY = 64 };

CHECKED err_t tell(struct tx *tx, const struct telling *telling);
CHECKED err_t tell_carry(struct desk *desk, ident_t tenant);

struct carrier {
    struct store *store;
    size_t most;               /* 0: all there are */
    bool (*is_own)(str_t act); /* NULL: all are */
    err_t (*carry)(void *with, Keys__JournalAdd *entry, arena_t *arena);
    void *with;
};
CHECKED err_t tell_carry_by(const struct carrier *carrier, ident_t tenant, arena_t *arena);
