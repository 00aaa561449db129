/* SPDX-License-Identifier: Apache-2.0
 *
 * Endpoints name their accounts themselves, by any id and as many as they like: what that cannot do.
 */
#include "base/limits.h"
#include "keyring/given.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    return given_device(&scene->given, &scene->tenant, &scene->device);
}

static err_t device_destroyed(struct scene *scene)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.id = given_bin(ident_bytes(&scene->device));
    return given_asked(&scene->given, ASK_device_destroy, &in, NULL);
}

/* What the keyring keeps under these ids is not an account's, whoever names it, and goes with no device. */
TEST(a_device_names_no_account_by_the_id_of_anything_else_there_is)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    ident_t device;
    const Keys__Token *token = NULL;
    Keys__Publics *publics = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &token));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(given_device(&scene.given, &other, &device));
    ident_t taken[] = {{{0}}, scene.tenant.id, other.id, {{0}}}; /* the service's own has the id of zeros */
    CHECK_OK(ident_from(bin(token->id), &taken[3]));
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        const ident_t ids[] = {other.id, device, taken[i]};
        CHECK(given_refused(given_subject(&scene.given, ASK_subjects_make, ids, NULL), ERR_DENIED,
                            "something else"));
        CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_vouched, ids, NULL));
        CHECK_FAILS(ERR_DENIED, given_subject(&scene.given, ASK_subjects_publics, ids, &publics));
    }
}

/* As many as that go with it in one act; a device with more could not be removed at all. */
TEST(a_device_has_no_more_accounts_than_can_go_with_it)
{
    OWN(scene) scene = {0};
    char sql[512];
    int64_t left = -1;
    CHECK_OK(scene_open(&scene));
    const ident_t ids[] = {scene.tenant.id, scene.device, ident_new(scene.given.env)};
    CHECK_OK(given_subject(&scene.given, ASK_subjects_make, ids, NULL));
    snprintf(
        sql, sizeof sql,
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < %d)"
        " insert into entries (id, tenant, device, kind, public, made, epoch) select randomblob(16), tenant,"
        " device, kind, public, made, epoch from entries, n where kind = 'person' and device is not null",
        MAX_DEVICE_ACCOUNTS - 1);
    CHECK_OK(given_changed(&scene.given, sql));
    const ident_t more[] = {scene.tenant.id, scene.device, ident_new(scene.given.env)};
    CHECK(given_refused(given_subject(&scene.given, ASK_subjects_make, more, NULL), ERR_TOO_LARGE,
                        "accounts of one device"));
    CHECK_FAILS(ERR_TOO_LARGE, given_subject(&scene.given, ASK_subjects_vouched, more, NULL));
    CHECK_OK(given_subject(&scene.given, ASK_subjects_make, ids, NULL)); /* who is there goes on */
    CHECK_OK(device_destroyed(&scene));
    CHECK_OK(db_number(keyring_db(scene.given.keyring), &left,
                       "select count(*) from entries where device is not null and dead is null"));
    CHECK(!left);
}

struct cells {
    ident_t id;
    int64_t count;
};

static err_t cells_act(struct keyring *keyring, void *with)
{
    struct cells *cells = with;
    return db_number(keyring_db(keyring), &cells->count, "select count(*) from cells where id = $1",
                     ID(cells->id));
}

static int64_t cells_of(struct scene *scene, ident_t id)
{
    struct cells cells = {.id = id};
    return keyring_read(scene->given.keyring, cells_act, &cells) == ERR_OK ? cells.count : -1;
}

/* As if an account had come to such an id all the same. */
static err_t renamed_act(struct keyring *keyring, void *with)
{
    const ident_t *ids = with;
    return db_do(keyring_db(keyring), "update entries set id = $2 where id = $1", ID(ids[0]), ID(ids[1]));
}

TEST(with_an_account_goes_its_key_and_nothing_else_of_its_id)
{
    OWN(scene) scene = {0};
    static const ident_t service;
    CHECK_OK(scene_open(&scene));
    const ident_t of[] = {service, scene.tenant.id};
    int64_t before[2];
    for (int i = 0; i < 2; i++) {
        ident_t renamed[] = {ident_new(scene.given.env), of[i]};
        CHECK_OK(given_subject(&scene.given, ASK_subjects_make,
                               (ident_t[]){scene.tenant.id, scene.device, renamed[0]}, NULL));
        CHECK_OK(keyring_write(scene.given.keyring, renamed_act, renamed));
        before[i] = cells_of(&scene, of[i]);
        CHECK(before[i] > 1);
    }
    CHECK_OK(device_destroyed(&scene));
    for (int i = 0; i < 2; i++)
        CHECK(cells_of(&scene, of[i]) == before[i]);
}

TESTS(a_device_names_no_account_by_the_id_of_anything_else_there_is,
      a_device_has_no_more_accounts_than_can_go_with_it,
      with_an_account_goes_its_key_and_nothing_else_of_its_id)
