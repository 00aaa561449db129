/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot of each past release restores: docs/formats/vectors/snapshot/RELEASE/ holds one of it, with its keys in clear
 * and its rows as they were. CUSTODY_MAKE_VECTORS=FOLDER has one of this release made there.
 */
#include "snapshot/given.h"
#include "snapshot/read.h"
#include "snapshot/restore.h"
#include "store/db.h"
#include "test/test.h"
#include <dirent.h>
#include <sys/stat.h>

enum { ROOM = 1 << 24, PATH_ROOM = 2048 };

static err_t file_read(const char *folder, const char *name, buf_t *out_text)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    TRY(env_real()->read_file(env_real(), path, out_text));
    while (out_text->len && out_text->at[out_text->len - 1] == '\n')
        out_text->at[--out_text->len] = '\0';
    return ERR_OK;
}

/* What a vector's folder says instead of the keys process. */
static err_t outer(void *with, ident_t tenant, struct key *out_key)
{
    OWN(buf) text = BUF(ROOM);
    (void)tenant;
    TRY(file_read(with, "outer-key", &text));
    return base16_read(buf_str(&text), KEY_SIZE, out_key->bytes);
}

static err_t signer(void *with, ident_t tenant, buf_t *out_key)
{
    (void)tenant;
    return file_read(with, "signer", out_key);
}

/* A line for each row: the number of its table, and its bytes. */
static err_t rows_put(struct snapshot_reader *reader, buf_t *out)
{
    for_each_place(place)
    {
        OWN(place_reader) rows = NULL;
        TRY(place_read(reader, place, &rows));
        while (place_next(rows)) {
            buf_putf(out, "%d ", place->number);
            buf_put_hex(out, rows->row);
            buf_put(out, STR("\n"));
        }
        TRY(place_end(rows));
    }
    return buf_end(out);
}

static const ident_t tenant = {{1}};

static err_t snapshot_find(const char *folder, ident_t *out_id)
{
    OWN(buf) text = BUF(ROOM);
    TRY(file_read(folder, "snapshot", &text));
    return ident_read("snp", buf_str(&text), out_id);
}

/* An empty store made of it, in which each row is read again and compared. */
static err_t vector_rebuild(struct snapshots *snapshots, const struct snapshot *about, arena_t *arena)
{
    OWN(store) store = NULL;
    struct restored done;
    char folder[PATH_ROOM];
    const struct tenant row = {
        .id = tenant, .realm = about->realm, .name = STR("example"), .state = STR("open"), .made = 1};
    snprintf(folder, sizeof folder, "%s/%s", test_folder(), ident_text("snp", about->id).text);
    if (mkdir(folder, 0700) != 0)
        return fail(ERR_BROKEN, "cannot make %s", folder);
    TRY(store_open(env_real(), folder, &store));
    TRY(store_tenant_put(store, &row));
    TRY(restore_rebuild(snapshots, &(struct restore_ask){.tenant = tenant, .snapshot = about->id}, store,
                        arena, &done));
    return done.rows_put + done.rows_left_out > 0 ? ERR_OK
                                                  : fail(ERR_BROKEN, "%s: no row came of it", folder);
}

static err_t vector_check(const char *folder)
{
    OWN(snapshot_reader) reader = NULL;
    OWN(buf) wanted = BUF(ROOM);
    OWN(buf) found = BUF(ROOM);
    ident_t id;
    struct snapshots snapshots = {
        .env = env_real(),
        .folder = folder,
        .keys = {.outer = outer, .signer = signer, .with = (void *)(uintptr_t)folder}};
    OWN(arena) arena = ARENA(ROOM);
    struct verified verified;
    TRY(snapshot_find(folder, &id));
    TRY(snapshot_verify(&snapshots, tenant, &id, VERIFY_FULL, &arena, &verified));
    if (verified.wrong)
        return fail(ERR_BROKEN, "%.*s", STR_ARG(verified.trouble));
    TRY(snapshot_open(&snapshots, tenant, id, &reader));
    TRY(rows_put(reader, &found));
    TRY(file_read(folder, "rows", &wanted));
    found.len--; /* its last line end */
    if (!str_eq(buf_str(&wanted), buf_str(&found)))
        return fail(ERR_BROKEN, "%s: other rows", folder);
    return vector_rebuild(&snapshots, snapshot_about(reader), &arena);
}

TEST(a_snapshot_of_each_past_release_restores)
{
    const char *source = getenv("CUSTODY_SOURCE");
    char path[PATH_ROOM];
    size_t checked = 0;
    if (!source)
        SKIP("CUSTODY_SOURCE is not set");
    snprintf(path, sizeof path, "%s/docs/formats/vectors/snapshot", source);
    DIR *folder = opendir(path);
    CHECK(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (*entry->d_name == '.')
            continue;
        char release[PATH_ROOM + 512];
        snprintf(release, sizeof release, "%s/%s", path, entry->d_name);
        CHECK_OK(vector_check(release));
        checked++;
    }
    closedir(folder);
    CHECK(checked);
}

static err_t text_put(const char *folder, const char *name, const buf_t *text)
{
    char path[PATH_ROOM];
    TRY(buf_end(text));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return env_real()->write_file(env_real(), path, buf_str(text), 0644);
}

static err_t vector_make(struct given *given, const char *folder)
{
    OWN(snapshot_reader) reader = NULL;
    OWN(buf) key = BUF(ROOM);
    OWN(buf) verifier = BUF(ROOM);
    OWN(buf) rows = BUF(ROOM);
    OWN(buf) named = BUF(ROOM);
    struct snapshot taken;
    ident_t blob;
    TRY(given_days_work(given, 60));
    TRY(given_blob(given, 500, &blob));
    TRY(given_taken(given, "daily", &taken));
    TRY(given_days_work(given, 12));
    TRY(given_taken(given, "daily", &taken));
    TRY(snapshot_open(&given->snapshots, given->tenant.id, taken.id, &reader));
    TRY(rows_put(reader, &rows));
    buf_put_hex(&key, key_bytes(&given->outer));
    buf_put(&key, STR("\n"));
    note_key_put(&verifier, &given->signer.key);
    buf_put(&verifier, STR("\n"));
    buf_putf(&named, "%s\n", ident_text("snp", taken.id).text);
    TRY(text_put(folder, "outer-key", &key));
    TRY(text_put(folder, "signer", &verifier));
    TRY(text_put(folder, "rows", &rows));
    return text_put(folder, "snapshot", &named);
}

TEST(one_of_this_release_is_made_where_it_is_asked_for)
{
    const char *to = getenv("CUSTODY_MAKE_VECTORS");
    OWN(given) given = {0};
    if (!to)
        SKIP("CUSTODY_MAKE_VECTORS is not set");
    CHECK_OK(given_snapshots(&given, test_folder()));
    snprintf(given.folder, sizeof given.folder, "%s", to);
    given.snapshots.copies = true;
    CHECK_OK(vector_make(&given, to));
    CHECK_OK(vector_check(to));
}

TESTS(a_snapshot_of_each_past_release_restores, one_of_this_release_is_made_where_it_is_asked_for)
