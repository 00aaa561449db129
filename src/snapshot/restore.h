/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant brought back to a snapshot: in place, one device of it, from nothing in another store, or into another tenant.
 * Promise backup.restore.
 *
 *     TRY(restore_run(&snapshots, &(struct restore_ask){.tenant = tenant, .snapshot = id}, arena, &done));
 *     TRY(restore_look(&snapshots, &ask, arena, &would));          what it would do, without doing it
 *     TRY(restore_rebuild(&snapshots, &ask, empty_store, arena, &done));
 *     TRY(restore_copy(&snapshots, &ask, &done));                  with ask.copy; restore_look() as well
 *
 * In place: the tenant is frozen, a safety snapshot is taken, and what differs between the two snapshots is written, in one
 * transaction whose commit thaws it: a crash leaves it as it was and frozen, or restored and thawed, nothing between; asked
 * for again, it takes up what was left frozen. What is taken back is kept for a day, as the safety snapshot: restoring that
 * is the undo. The next snapshot follows the one that was restored, and holds what has changed since; where that one is gone
 * by then it holds everything.
 *
 * What each place says of restores holds: content is put back, monotone keeps the larger, never stays as it is. Rows of
 * whoever is in the erasure ledger are left out, with the launches under their keys. In place the ledger is asked for when
 * nobody else can write any more: whose rows were taken away by then is in it, and who is forgotten after that has them
 * taken away once it is open again. The log's files are not touched, and no key: a restore returns data, never access.
 * Other tenants are not touched: their files are not opened.
 *
 * Into another tenant comes content alone, but for what endpoints follow: they are the original's. What that tenant has got
 * stays, its counter goes past each number that came, and nothing comes but all of it: it is frozen until the one commit.
 * Asked for again after a crash, all is found to be the same. Rows are not opened, and stand as they did.
 *
 * Blobs that its rows name and the store has not got are put back before the commit. The files of rows that go are left to
 * blobs_sweep().
 *
 * `snapshots->store` is a handle of its own while it runs: frozen is what is written through any other one.
 */
#pragma once
#include "snapshot/read.h"

struct restore_progress {
    void (*told)(void *with, int64_t done, int64_t total);
    void *with;
};

/* Into another tenant, of the same store. `named` is told whom each row that comes is sealed to, one perhaps many times, and NULL
 * where all begins anew; `whole` says at the end, before the commit, whether it may stand. Either may be NULL. */
struct restore_copy {
    ident_t into;
    err_t (*named)(void *with, const ident_t *subject);
    err_t (*whole)(void *with);
    void *with;
};

struct restore_ask {
    ident_t tenant, snapshot;
    const struct restore_copy *copy; /* NULL: in its own */
    const ident_t *device;           /* only this one, with all that is about it; NULL: everything */
    idents_t forgotten; /* subjects and devices of the tenant's that are in the erasure ledger, sorted */
    err_t (*erased)(void *with,
                    idents_t *out_forgotten); /* in place, once it is frozen, instead; may be NULL */
    void *with;
    struct restore_progress progress;
};

struct restored {
    ident_t safety; /* the snapshot taken before; zero: none */
    int64_t rows_same, rows_put, rows_removed, rows_left_out, blobs_back;
    int64_t bytes; /* of the rows that were put, and of the files that they name */
    moment_t ms;   /* in place: until everybody could write again; folding the log of writes comes after */
    moment_t built_ms; /* until it was built, where it is compared after that */
};

CHECKED err_t restore_run(struct snapshots *snapshots, const struct restore_ask *ask, arena_t *arena,
                          struct restored *out_done);

CHECKED err_t restore_look(struct snapshots *snapshots, const struct restore_ask *ask, arena_t *arena,
                           struct restored *out_would);

CHECKED err_t restore_copy(struct snapshots *snapshots, const struct restore_ask *ask,
                           struct restored *out_done);

/* Into a store that knows the tenant and has no file of it (CONFLICT), as store_fill() makes one: it is not there before it is
 * whole, and nothing was restored where this fails before that; then every row and every blob is read back and compared with
 * the snapshot: BROKEN, and which one, where it is not the same. */
CHECKED err_t restore_rebuild(struct snapshots *snapshots, const struct restore_ask *ask, struct store *into,
                              arena_t *arena, struct restored *out_done);

/* That comparison alone, of a store which nobody has written to since it was filled. */
CHECKED err_t restore_compare(struct snapshots *snapshots, const struct restore_ask *ask, struct store *into);
