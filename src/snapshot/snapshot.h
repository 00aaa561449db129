/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots of one tenant: taken, verified, pruned, ended. Promises backup.daily, backup.keep, licence.snapshots.
 *
 *     TRY(snapshot_take(&snapshots, tenant, "daily", arena, &taken));
 *     TRY(snapshot_verify(&snapshots, tenant, &id, VERIFY_NEW, arena, &found));
 *     TRY(snapshots_prune(&snapshots, tenant, &keep, arena, &gone));
 *
 * FOLDER/TENANT/ holds segments (seg_ID), copied blobs (blob_ID) and manifests (snp_ID.manifest); the service's own state
 * stands in FOLDER/service/ in the same form. The formats are those of docs/formats/snapshot.md. A segment and a blob are
 * immutable; a manifest is complete, signed, and written last: a snapshot exists once its manifest does. A crash before that
 * leaves files that no manifest names: the next prune unlinks them once they are an hour old.
 *
 * Rows are copied as they stand, sealed: no data key is needed, none is in it, nor people, roles, grants or sessions,
 * which are the keyring's. Around the rows lies the tenant's outer key, which the keys process gives out (its uses are
 * counted) and which dies with the tenant.
 *
 * Cost: proportional to what changed since the last one. Memory: one frame and one row, under 32 MiB for a tenant of any
 * size. Blobs are copied where `folder` is on another device than the store; where it is the same they are linked.
 */
#pragma once
#include "crypt/seal.h"
#include "store/places.h"

/* What only the keys process can do. `with` is the caller's. */
struct snapshot_keys {
    err_t (*outer)(void *with, ident_t tenant, struct key *out_key);
    err_t (*sign)(void *with, ident_t tenant, str_t text, buf_t *out_note); /* and the entry in the log */
    err_t (*signer)(void *with, ident_t tenant, buf_t *out_key); /* the verifier key of such notes */
    err_t (*subjects)(void *with, ident_t tenant, const idents_t *ids,
                      idents_t *out_strange); /* those with neither an entry nor a tombstone */
    void *with;
};

struct snapshots {
    struct env *env;
    struct store *store;
    const char *folder;
    struct snapshot_keys keys;
    bool copies;                 /* blobs are copied where they could be linked, too: for whoever measures */
    str_t settings;              /* what the service was started with, for a snapshot of its own state */
    bool (*stopped)(void *with); /* asked between steps; NULL: nobody stops it */
    void *with;
};
CHECKED err_t snapshots_stopped(const struct snapshots *snapshots); /* BUSY once it is */

struct snapshot {
    ident_t id, tenant, realm;
    moment_t made;
    str_t why;                           /* daily, asked, safety, frozen */
    int64_t cut, rows, bytes, new_bytes; /* all it refers to; and what it added */
    size_t segments, blobs;
    bool same_device;
};
struct snapshot_list {
    struct snapshot *at;
    size_t count;
};

CHECKED err_t snapshot_take(struct snapshots *snapshots, ident_t tenant, const char *why, arena_t *arena,
                            struct snapshot *out_taken);
CHECKED err_t snapshots_list(struct snapshots *snapshots, ident_t tenant, arena_t *arena,
                             struct snapshot_list *out_list); /* newest first; of manifests that verify */

/* Everything authenticated; where not, what is wrong is named, file by file. */
enum verify_depth { VERIFY_NEW, VERIFY_FULL };

/* Where all were verified, each of which there is a manifest, and how many of the files that it names do not hold. */
struct verified_one {
    ident_t id;
    size_t wrong;
};
struct verified {
    int64_t bytes, rows;
    size_t segments, blobs, wrong;
    str_t trouble; /* a line each: file, and what is wrong with it */
    const struct verified_one *ones;
    size_t one_count;
};
CHECKED err_t snapshot_verify(struct snapshots *snapshots, ident_t tenant, const ident_t *id,
                              enum verify_depth depth, arena_t *arena, struct verified *out_verified);

/* Keeps the newest `count` of the daily ones, those named in `held`, and a safety copy for a day. While the clock is held
 * nothing goes by its age. */
struct snapshot_keep {
    size_t count;
    const idents_t *held;
    bool clock_held;
};
CHECKED err_t snapshots_prune(struct snapshots *snapshots, ident_t tenant, const struct snapshot_keep *keep,
                              arena_t *arena, idents_t *out_gone);

/* All of a tenant's, for an erasure. What is left when it is interrupted goes when it is asked again. */
CHECKED err_t snapshots_remove(struct snapshots *snapshots, ident_t tenant, size_t *out_files,
                               int64_t *out_bytes);
