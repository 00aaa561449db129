/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder of a tenant's snapshots: which manifests there are, and one of them read and believed.
 */
#pragma once
#include "snapshot/manifest.h"
#include "snapshot/snapshot.h"
#include "tlog/note.h"

enum { FOLDER_PATH = 1024, MANIFEST_MEMORY = 4 * MAX_MANIFEST };

CHECKED err_t folder_of(const struct snapshots *snapshots, ident_t tenant, buf_t *out_path);
CHECKED err_t folder_ensure(const struct snapshots *snapshots, ident_t tenant, buf_t *out_path);
CHECKED err_t folder_sync(const char *path);
CHECKED err_t manifest_path(const char *folder, ident_t id, buf_t *out_path);
CHECKED err_t copy_path(const char *folder, ident_t id, buf_t *out_path);

/* Each name in the folder; one that is not there has none. */
typedef err_t (*name_take_t)(void *with, const char *name);
CHECKED err_t folder_walk(const char *path, name_take_t take, void *with);

/* The key that verifies this tenant's manifests. */
CHECKED err_t signer_of(const struct snapshots *snapshots, ident_t tenant, struct note_key *out_key);

/* BROKEN, and which one, where it is not signed by that key or says of itself that it is another. */
struct manifest_ask {
    const struct snapshots *snapshots;
    const char *folder;
    const struct note_key *signer;
    ident_t tenant;
};
CHECKED err_t manifest_load(const struct manifest_ask *ask, ident_t id, arena_t *arena,
                            struct manifest *out_manifest);

/* All that can be believed, newest first; `*out_wrong` counts the others. */
struct manifests {
    struct manifest *at;
    size_t count, wrong;
    str_t trouble; /* a line for each that is wrong */
};
CHECKED err_t manifests_load(const struct manifest_ask *ask, arena_t *arena, struct manifests *out_manifests);

void snapshot_from(const struct manifest *manifest, arena_t *arena, struct snapshot *out);
