/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/given.h"

#include "snapshot/_files.h"
#include "snapshot/read.h"
#include "store/blobs.h"
#include <sys/stat.h>

enum { PATH_ROOM = 2048, STATE_ROOM = 1 << 26 };

/* Of the world's own clock and dice; everything else is real. */
static struct given *given_of(struct env *env)
{
    return (struct given *)(void *)((char *)env - offsetof(struct given, env));
}
static moment_t given_now(struct env *env)
{
    struct env *world = &given_of(env)->world.env;
    return world->now(world);
}
static void given_random(struct env *env, void *at, size_t len)
{
    struct env *world = &given_of(env)->world.env;
    world->random(world, at, len);
}

static err_t outer(void *with, ident_t tenant, struct key *out_key)
{
    struct given *given = with;
    (void)tenant;
    *out_key = given->outer;
    return ERR_OK;
}

static err_t sign_note(void *with, ident_t tenant, str_t text, buf_t *out_note)
{
    struct given *given = with;
    (void)tenant;
    given->signed_count++;
    if (given->signing != ERR_OK)
        return fail(given->signing, "not signed, as asked");
    return note_put(&given->signer, text, out_note);
}

static err_t signer(void *with, ident_t tenant, buf_t *out_key)
{
    const struct given *given = with;
    (void)tenant;
    note_key_put(out_key, &given->signer.key);
    return buf_end(out_key);
}

static err_t subjects(void *with, ident_t tenant, const idents_t *ids, idents_t *out_strange)
{
    const struct given *given = with;
    (void)tenant;
    for (size_t i = 0; i < ids->count; i++)
        if (ident_eq(ids->at[i], given->strange))
            out_strange->at[out_strange->count++] = ids->at[i];
    return ERR_OK;
}

err_t given_snapshots(struct given *given, const char *folder)
{
    world_open(&given->world, 7);
    given->world.clock = env_real()->now(env_real()); /* files have the time of their disk */
    given->env = *env_real();
    given->env.now = given_now;
    given->env.random = given_random;
    given->arena = (arena_t)ARENA(1 << 28);
    given->tenant =
        (struct tenant){.id = {{1}}, .realm = {{2}}, .name = STR("example"), .state = STR("open"), .made = 1};
    snprintf(given->folder, sizeof given->folder, "%s/snapshots", folder);
    (void)!mkdir(given->folder, 0700);
    given->strange = (ident_t){{77}};
    given->snapshots = (struct snapshots){.env = &given->env,
                                          .folder = given->folder,
                                          .keys = {outer, sign_note, signer, subjects, given},
                                          .settings = STR("--port 8443\n")};
    memset(&given->outer, 5, sizeof given->outer);
    TRY(note_signer_new(&given->world.env, NOTE_ED25519, STR("example.com/snapshots"), &given->signer));
    TRY(store_open(&given->env, folder, &given->store));
    given->snapshots.store = given->store;
    return store_tenant_put(given->store, &given->tenant);
}

void given_drop(struct given *given)
{
    store_drop(&given->store);
    note_signer_drop(&given->signer);
    arena_drop(&given->arena);
    world_drop(&given->world);
}

void given_passed(struct given *given, moment_t time) { given->world.clock += time; }

err_t given_days_work(struct given *given, size_t acts)
{
    for (size_t i = 0; i < acts; i++)
        TRY(store_write(given->store, given->tenant.id, given_random_act, &given->env));
    return ERR_OK;
}

static err_t blob_act(struct tx *tx, void *with) { return blob_put(tx, with); }

err_t given_blob(struct given *given, size_t bytes, ident_t *out_id)
{
    char part[4096];
    OWN(blob) blob = NULL;
    struct blob_about about = {.subject = {{3}}, .device = {{4}}, .kind = STR("video"), .made = 5};
    TRY(blob_begin(given->store, given->tenant.id, &about.id, &blob));
    for (size_t done = 0; done < bytes; done += sizeof part) {
        given->env.random(&given->env, part, sizeof part);
        TRY(blob_add(blob, str_bytes(part, bytes - done < sizeof part ? bytes - done : sizeof part)));
    }
    TRY(blob_end(blob, &about));
    *out_id = about.id;
    return store_write(given->store, given->tenant.id, blob_act, &about);
}

err_t given_taken(struct given *given, const char *why, struct snapshot *out_taken)
{
    return snapshot_take(&given->snapshots, given->tenant.id, why, &given->arena, out_taken);
}

err_t given_restored(struct given *given, ident_t snapshot, struct restored *out_done)
{
    const struct restore_ask ask = {.tenant = given->tenant.id, .snapshot = snapshot};
    return restore_run(&given->snapshots, &ask, &given->arena, out_done);
}

static err_t place_gather(struct snapshot_reader *reader, const struct place *place, buf_t *out_rows)
{
    OWN(place_reader) rows = NULL;
    TRY(place_read(reader, place, &rows));
    while (place_next(rows))
        buf_put(out_rows, rows->row);
    TRY(place_end(rows));
    return buf_end(out_rows);
}

err_t given_state_of(struct given *given, ident_t snapshot, struct given_state *out_state)
{
    OWN(snapshot_reader) reader = NULL;
    TRY(snapshot_open(&given->snapshots, given->tenant.id, snapshot, &reader));
    for_each_place(place)
    {
        buf_t *rows = &out_state->at[out_state->count++];
        *rows = (buf_t)BUF(STATE_ROOM);
        TRY(place_gather(reader, place, rows));
    }
    return ERR_OK;
}

err_t given_state_now(struct given *given, struct given_state *out_state)
{
    return store_read(given->store, given->tenant.id, given_state_act, out_state);
}

bool given_next_holds(struct given *given)
{
    struct snapshot next;
    OWN(given_state) stands = {.count = 0};
    OWN(given_state) held = {.count = 0};
    return given_taken(given, "asked", &next) == ERR_OK && given_state_now(given, &stands) == ERR_OK &&
           given_state_of(given, next.id, &held) == ERR_OK && given_same(&stands, &held);
}

struct files {
    const char *folder;
    given_file_t take;
    void *with;
};

static err_t file_take(void *with, const char *name)
{
    const struct files *files = with;
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", files->folder, name);
    return files->take(files->with, path, name);
}

err_t given_files(struct given *given, given_file_t take, void *with)
{
    OWN(buf) folder = BUF(FOLDER_PATH);
    TRY(folder_of(&given->snapshots, given->tenant.id, &folder));
    return folder_walk(folder.at, file_take, &(struct files){folder.at, take, with});
}
