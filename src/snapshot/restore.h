/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant brought back to a snapshot: in place, to a new tenant, or one device of it. Promise backup.restore.
 *
 *     TRY(restore_run(&snapshots, &(struct restore_ask){.tenant = tenant, .snapshot = id}, progress, arena, &done));
 *
 * In place: the tenant is frozen, a safety snapshot is taken, only what differs is written, in one transaction; the erasure
 * ledger is replayed before it opens again; then it is thawed. What each place says of restores holds: content is put
 * back, monotone keeps the larger, never stays as it is. The log's files are not touched, and no key: a restore returns
 * data, never access. Rows whose subject is dead are left out.
 *
 * A crash before the commit leaves the tenant as it was, frozen; restore_resume() at the next start thaws it, or finishes
 * what the commit left to do. Other tenants are not touched: their files are not opened.
 */
#pragma once
#include "snapshot/read.h"

struct restore_ask {
    ident_t tenant, snapshot;
    const ident_t *device; /* only this one, with all that is about it; NULL: everything */
    const ident_t *into;   /* an empty tenant of the same realm; NULL: in place */
    err_t (*forgotten)(void *with, ident_t tenant, ident_t subject, bool *out_dead);
    void *with;
};

struct restored {
    ident_t safety; /* the snapshot taken before; zero: none */
    int64_t rows_same, rows_put, rows_removed, rows_left_out, blobs_back;
    moment_t ms;
};
typedef void (*restore_progress_t)(void *with, int64_t done, int64_t total);

CHECKED err_t restore_run(struct snapshots *snapshots, const struct restore_ask *ask,
                          restore_progress_t progress, void *with, arena_t *arena, struct restored *out_done);
CHECKED err_t restore_resume(struct snapshots *snapshots, ident_t tenant);

/* What a restore would do, without doing it. */
CHECKED err_t restore_look(struct snapshots *snapshots, const struct restore_ask *ask, arena_t *arena,
                           struct restored *out_would);
