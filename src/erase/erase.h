/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of an erasure that is not the keyring's: what the stores hold is counted for the commitment, the keys process is
 * told that it is time, and then each store is emptied, looked at again, and acknowledged. Promises erase.hours, erase.backups.
 *
 *     TRY(erase_run(&(struct eraser){…}, arena));           one turn: whatever is due, of all clients
 *
 * Every step may end anywhere and is gone on with in the next turn: what was removed is not there, what was not told is told
 * again. A store counts as empty only where a second look has found nothing. What one client's erasure fails at holds no
 * other's up; the error is the last one's.
 *
 * What legal holds name stays: rows and videos, and the folder and file that they stand in, until the last of them is released.
 * Snapshots go as a whole, with the segments that hold the same rows: the store has them.
 *
 * While something of this process still works on the client no store is emptied: `quiet` has it end, and says whether it has.
 * The process that answers the network lets go of a client by itself (keyring/ask.h, erasure_watch): files go after that.
 */
#pragma once
#include "erase/folder.h"
#include "keyring/ask.h"
#include "store/store.h"

struct eraser {
    struct store *store;
    const char *store_folder, *snapshots; /* where blobs/TENANT and TENANT stand */
    CHECKED err_t (*ask)(void *with, const struct question *question, arena_t *arena, void *out_answer);
    bool (*quiet)(void *with, ident_t tenant); /* nothing runs for it, and nothing will */
    void *with;
};

CHECKED err_t erase_run(struct eraser *eraser, arena_t *arena);
