/* SPDX-License-Identifier: Apache-2.0
 *
 * A blob is there whole or not at all, and what nobody names is swept.
 */
#include "store/blobs.h"

#include "crypt/hash.h"
#include "sys/env_virtual.h"
#include "test/test.h"
#include <fcntl.h>
#include <sys/stat.h>

enum { ROOM = 4096 };

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};

struct given {
    struct world world;
    struct store *store;
};
typedef struct given given_own;

static void given_drop(struct given *given)
{
    store_drop(&given->store);
    world_drop(&given->world);
}

static err_t given_a_store(struct given *given)
{
    world_open(&given->world, 7);
    given->world.env.remove_file = env_real()->remove_file;
    TRY(store_open(&given->world.env, test_folder(), &given->store));
    return store_tenant_put(given->store, &tenant);
}

static err_t put_act(struct tx *tx, void *with) { return blob_put(tx, with); }
static err_t remove_act(struct tx *tx, void *with) { return blob_row_remove(tx, *(const ident_t *)with); }

static err_t written(struct given *given, str_t bytes, struct blob_about *about)
{
    OWN(blob) blob = NULL;
    TRY(blob_begin(given->store, tenant.id, &about->id, &blob));
    TRY(blob_add(blob, bytes));
    TRY(blob_add(blob, STR(" and more")));
    return blob_end(blob, about);
}

static bool is_there(struct given *given, ident_t id)
{
    OWN(fd) fd = 0;
    return blob_open(given->store, tenant.id, id, &fd) == ERR_OK;
}

struct listing {
    arena_t arena;
    struct blobs blobs;
};
typedef struct listing listing_own;
static void listing_drop(struct listing *listing) { arena_drop(&listing->arena); }

static err_t list_act(struct tx *tx, void *with)
{
    struct listing *listing = with;
    return blobs_list(tx, &listing->arena, &listing->blobs);
}

TEST(a_blob_is_a_file_and_a_row_that_says_what_is_in_it)
{
    OWN(given) given = {0};
    OWN(listing) listing = {.arena = ARENA(1 << 20)};
    OWN(fd) fd = 0;
    struct blob_about about = {.subject = {{3}}, .device = {{4}}, .kind = STR("video"), .made = 5};
    uint8_t of_bytes[DIGEST_SIZE], of_file[DIGEST_SIZE];
    int64_t size = 0;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(written(&given, STR("sealed bytes"), &about));
    CHECK_OK(store_write(given.store, tenant.id, put_act, &about));
    CHECK_OK(store_read(given.store, tenant.id, list_act, &listing));
    CHECK(listing.blobs.count == 1 && ident_eq(listing.blobs.at[0].id, about.id));
    digest(STR("sealed bytes and more"), of_bytes);
    CHECK(!memcmp(listing.blobs.at[0].digest, of_bytes, DIGEST_SIZE) && listing.blobs.at[0].size == 21);
    CHECK_OK(blob_open(given.store, tenant.id, about.id, &fd));
    CHECK_OK(hash_file(fd, of_file, &size));
    CHECK(!memcmp(of_file, of_bytes, DIGEST_SIZE) && size == 21);
}

TEST(a_blob_that_was_not_ended_leaves_nothing)
{
    OWN(given) given = {0};
    ident_t id = {{0}};
    OWN(buf) path = BUF(ROOM);
    CHECK_OK(given_a_store(&given));
    OWN(blob) blob = NULL;
    CHECK_OK(blob_begin(given.store, tenant.id, &id, &blob));
    CHECK_OK(blob_add(blob, STR("half")));
    blob_drop(&blob);
    CHECK(!is_there(&given, id));
    CHECK_OK(blob_path(given.store, tenant.id, id, &path));
    buf_put(&path, STR(".part"));
    CHECK(access(path.at, F_OK) != 0);
}

TEST(a_blob_has_the_id_that_its_writer_gave_it_and_is_never_written_over)
{
    OWN(given) given = {0};
    OWN(fd) fd = 0;
    struct blob_about first = {.id = {{7}}, .kind = STR("video")}, second = first;
    uint8_t of_bytes[DIGEST_SIZE], of_file[DIGEST_SIZE];
    int64_t size = 0;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(written(&given, STR("first"), &first));
    CHECK(first.id.bytes[0] == 7 && is_there(&given, first.id));
    CHECK_FAILS(ERR_CONFLICT, written(&given, STR("second"), &second));
    CHECK_OK(blob_open(given.store, tenant.id, first.id, &fd));
    CHECK_OK(hash_file(fd, of_file, &size));
    digest(STR("first and more"), of_bytes);
    CHECK(!memcmp(of_file, of_bytes, DIGEST_SIZE));
}

TEST(what_no_row_names_is_swept_once_it_is_a_day_old)
{
    OWN(given) given = {0};
    struct blob_about kept = {.kind = STR("video")}, left = {.kind = STR("video")};
    size_t removed = 0;
    moment_t now = env_real()->now(env_real());
    CHECK_OK(given_a_store(&given));
    CHECK_OK(written(&given, STR("kept"), &kept));
    CHECK_OK(written(&given, STR("left"), &left));
    CHECK_OK(store_write(given.store, tenant.id, put_act, &kept));
    CHECK_OK(blobs_sweep(given.store, tenant.id, now, &removed));
    CHECK(removed == 0 && is_there(&given, left.id));
    CHECK_OK(blobs_sweep(given.store, tenant.id, now + HOURS(25), &removed));
    CHECK(removed == 1 && is_there(&given, kept.id) && !is_there(&given, left.id));
    CHECK_OK(store_write(given.store, tenant.id, remove_act, &kept.id));
    CHECK_OK(blob_file_remove(given.store, tenant.id, kept.id));
    CHECK(!is_there(&given, kept.id));
}

TEST(all_blobs_of_a_tenant_go_and_going_again_is_no_error)
{
    OWN(given) given = {0};
    struct blob_about about = {.kind = STR("video")};
    CHECK_OK(given_a_store(&given));
    CHECK_OK(written(&given, STR("bytes"), &about));
    CHECK_OK(blobs_remove_all(given.store, tenant.id));
    CHECK(!is_there(&given, about.id));
    CHECK_OK(blobs_remove_all(given.store, tenant.id));
}

TESTS(a_blob_is_a_file_and_a_row_that_says_what_is_in_it, a_blob_that_was_not_ended_leaves_nothing,
      a_blob_has_the_id_that_its_writer_gave_it_and_is_never_written_over,
      what_no_row_names_is_swept_once_it_is_a_day_old, all_blobs_of_a_tenant_go_and_going_again_is_no_error)
