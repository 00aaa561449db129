/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots as works of the jobs process: taken, verified and pruned, with the keys process behind them.
 *
 * work_snapshot()  takes one, verifies what it wrote, removes those past the ones that are kept, and says so to the keys
 *                  process; its words are why: daily, asked. Of the zero tenant: the service's own state
 * work_verify()    verifies in full all that a tenant has
 * work_freeze()    says to the keys process which there are when a licence ends
 * logs_mirror()    an errand: the evidence logs that have grown, beside the snapshots. More often than the keyring is copied,
 *                  which has to find its logs at least as long as it knows them
 *
 *     struct snapshots snapshots;
 *     TRY(snapshots_of(&keeping, &snapshots));          for any other work on snapshots: struct keeping lives as long
 */
#pragma once
#include "custodyd/works.h"
#include "snapshot/snapshot.h"

CHECKED err_t work_snapshot(struct working *working);
CHECKED err_t work_verify(struct working *working);
CHECKED err_t work_freeze(struct working *working);
enum { MIRROR_MS = 10 * 1000 };
CHECKED err_t logs_mirror(struct jobs *jobs, arena_t *arena);

/* One of the service's own state, beside whatever else is done. */
CHECKED err_t service_snapshot(struct working *working);

/* The answers of the keys process about one tenant's snapshots, for as long as a work lasts. */
struct keeping {
    struct working *working;
    ident_t tenant;
    arena_t *arena;
    moment_t began;                 /* where all are verified */
    bool from_copy;                 /* of the keyring: nothing is asked of the keyring itself */
    const Keys__SnapshotKeys *keys; /* once it was asked */
};
void snapshots_of(struct keeping *keeping, struct snapshots *out_snapshots);
CHECKED err_t snapshots_keep(struct keeping *keeping, struct snapshots *snapshots); /* prunes, and tells */
