/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's turn: what the plan says goes, in acts of a bounded size; then the day's sample is taken, once a day all is
 * counted anew, and what was done is carried to the evidence log. Promise retain.capacity.
 *
 *     TRY(retain_turn(&retainer, tenant, &arena, &turn));
 *     if (turn.more) … soon again
 *
 * An act takes rows, keys and index of some launches or videos of one day away, adds them to what went on this day, and
 * writes the entry (`data.evicted`: how many, of what, of which day), all in one transaction of the tenant's file. Before
 * each it is asked anew what is held, and how long things stay. A video's file goes after the commit.
 *
 * A crash between two acts leaves whole things. Between a commit and its files it leaves files without rows, which the next
 * sweep takes; before its entry is carried the entry, in the outbox. A day of launches that has begun to go goes whole,
 * however many acts that takes; a crash in its middle leaves the rest of it, which is the oldest then.
 *
 * Memory: what is held, a year of samples, and the list of the videos. Other writers of the file wait for an act at most.
 */
#pragma once
#include "collect/tell.h"
#include "retain/facts.h"

enum { RETAIN_ACTS = 64 /* in one turn */ };

/* What is not here to be known. `with` is the caller's, of all three. */
struct retainer {
    struct env *env;
    struct store *store;
    const char *snapshots; /* the folder of folders of snapshots, by tenant; NULL: there are none */
    err_t (*terms)(void *with, ident_t tenant, arena_t *arena, struct retain_terms *out_terms);
    err_t (*carry)(void *with, Keys__JournalAdd *entry, arena_t *arena);
    void *with;
};

struct retained {
    enum retain_level level; /* of the warning that stands now */
    int64_t went;            /* now */
    int64_t day, went_then;  /* the last day that is over, and how many things went on it */
    int64_t change;          /* the last thing said that this turn knew of */
    bool more;               /* there is more to go than one turn does */
};
CHECKED err_t retain_turn(const struct retainer *retainer, ident_t tenant, arena_t *arena,
                          struct retained *out_turn);
