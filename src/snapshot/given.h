/* SPDX-License-Identifier: Apache-2.0
 *
 * State for the tests of snapshots: a store with one tenant, a folder for its snapshots, and keys that stand in for the keys
 * process. The disk is real; the clock stands still until it is moved.
 *
 *     OWN(given) given = {0};
 *     CHECK_OK(given_snapshots(&given, test_folder()));
 *     CHECK_OK(given_days_work(&given, 40));
 *     CHECK_OK(snapshot_take(&given.snapshots, given.tenant.id, "daily", &given.arena, &taken));
 */
#pragma once
#include "snapshot/restore.h"
#include "store/places_given.h"
#include "sys/env_virtual.h"
#include "tlog/note.h"

struct given {
    struct world world;
    struct env env; /* the real one, but for clock and dice */
    struct store *store;
    struct tenant tenant;
    char folder[512];
    struct snapshots snapshots;
    struct key outer;
    struct note_signer signer;
    ident_t strange; /* a subject that the keyring does not know */
    arena_t arena;
    size_t signed_count;
    err_t signing; /* what signing fails with */
};
typedef struct given given_own;
void given_drop(struct given *given);

CHECKED err_t given_snapshots(struct given *given, const char *folder);
void given_passed(struct given *given, moment_t time);

/* So many acts at random; a blob of so many bytes, with its row. */
CHECKED err_t given_days_work(struct given *given, size_t acts);
CHECKED err_t given_blob(struct given *given, size_t bytes, ident_t *out_id);

CHECKED err_t given_taken(struct given *given, const char *why, struct snapshot *out_taken);
CHECKED err_t given_restored(struct given *given, ident_t snapshot, struct restored *out_done);

/* The rows of a snapshot as given_state_act() has those of the store. */
CHECKED err_t given_state_of(struct given *given, ident_t snapshot, struct given_state *out_state);
CHECKED err_t given_state_now(struct given *given, struct given_state *out_state);

/* Whether a snapshot that is taken now holds what stands. */
bool given_next_holds(struct given *given);

/* Each file of the tenant's snapshots. */
typedef err_t (*given_file_t)(void *with, const char *path, const char *name);
CHECKED err_t given_files(struct given *given, given_file_t take, void *with);
