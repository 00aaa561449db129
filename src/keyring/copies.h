/* SPDX-License-Identifier: Apache-2.0
 *
 * The keyring's copy: a folder of the same form as its own (keyring.db, kek, ledger), best on another device, from which a
 * machine that was lost is brought back together with the root key, which is in no copy (docs/restores.md). The high-water
 * marks are not in it: a keyring that comes from a copy has to be accepted at the machine (keyring/behind.h).
 *
 *     TRY(copies_into(keyring, folder));          once, before the first turn; without it there is no copy
 *     TRY(copies_turn(keyring));                  each second: makes one where one is due
 *
 * Each is a full rewrite, without anything that was deleted, in the place of the one before: there is one. It is due at the
 * start, after a roll of the KEK, after the sweep of an erased client, after a snapshot (so that whatever its rows are sealed to
 * is in the copy; then at most each COPY_REST), and COPY_EVERY after the last one. The ledger is copied whenever it grew.
 *
 * The copy's own KEK stands in its folder as the keyring's does in its: overwritten in place. A copy that was read elsewhere
 * before a roll opens nothing beside the KEK of today. Where a copy cannot be made after a roll (no room, say), the old
 * KEK is overwritten all the same: there is none until the next turn makes one.
 *
 * A crash leaves the copy before, with its KEK, or the new one, and a file that the next one replaces.
 *
 *     TRY(copies_fresh(keyring));                 one that has all there is now: for a drill
 *     OWN(copy) copy = {0};
 *     TRY(copy_open(keyring, &copy));             as it stands on its disk, by the root key and its own KEK
 *     TRY(cell_get(copy.keyring, id, cell, &plain));
 */
#pragma once
#include "keyring/answer.h"

#define COPY_EVERY HOURS(20)
enum { COPY_REST = 60 * 1000 };

CHECKED err_t copies_into(struct keyring *keyring, const char *folder);
CHECKED err_t copies_turn(struct keyring *keyring);
CHECKED err_t copies_fresh(struct keyring *keyring);
void copies_lag(struct keyring *keyring); /* a snapshot was signed */

/* BUSY while the copy still has what the last sweep took out of the keyring. */
CHECKED err_t copies_abreast(struct keyring *keyring);

struct copy {
    struct keyring *keyring; /* its cells and its database can be read, and nothing else */
    moment_t made;
};
typedef struct copy copy_own;
CHECKED err_t copy_open(struct keyring *keyring, struct copy *out_copy);
void copy_drop(struct copy *copy);
