/* SPDX-License-Identifier: Apache-2.0
 *
 * The erasure ledger and the keyring: what one says is done in the other, whatever happens between the two.
 */
#include "keyring/cells_given.h"
#include "keyring/commit.h"
#include "test/test.h"
#include <errno.h>
#include <sys/stat.h>

/* A keyring with a device of a client's, closed, and a copy of its database from then. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device;
    given_path_t copy;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t given_a_scene(struct scene *scene)
{
    scene->copy = given_path(test_folder(), "copy");
    given_database_removed(test_folder());
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    if (mkdir(scene->copy.text, 0700) != 0 && errno != EEXIST)
        return fail(ERR_BROKEN, "no folder for a copy");
    keyring_drop(&scene->given.keyring);
    return given_database_copied(test_folder(), scene->copy.text);
}

static err_t given_reopened(struct scene *scene)
{
    keyring_drop(&scene->given.keyring);
    return keyring_open(scene->given.env, test_folder(), &scene->given.root, &scene->given.keyring);
}

static err_t given_destroyed(struct scene *scene)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.id = given_bin(ident_bytes(&scene->device));
    return given_asked(&scene->given, ASK_device_destroy, &in, NULL);
}

static err_t count_dead(struct db *db, void *with)
{
    return db_number(db, (int64_t *)with,
                     "select count(*) from entries join devices on devices.id = entries.id"
                     " where dead is not null and devices.state = 'removed'"
                     " and not exists (select 1 from cells where cells.id = entries.id)");
}

static bool is_dead(struct scene *scene)
{
    int64_t dead = 0;
    return keyring_look(scene->given.keyring, count_dead, &dead) == ERR_OK && dead == 1;
}

TEST(a_destruction_stands_in_the_ledger_and_beside_a_keyring_put_back_is_done_again)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_reopened(&scene));
    CHECK(!is_dead(&scene) && !ledger_count(keyring_ledger(scene.given.keyring)));
    CHECK_OK(given_destroyed(&scene));
    CHECK(is_dead(&scene) && ledger_has(keyring_ledger(scene.given.keyring), scene.tenant.id, scene.device));
    keyring_drop(&scene.given.keyring);
    given_database_removed(test_folder());
    CHECK_OK(given_database_copied(scene.copy.text, test_folder()));
    CHECK_OK(given_reopened(&scene));
    CHECK(is_dead(&scene));
}

TEST(a_crash_between_the_line_and_the_commit_is_finished_at_the_next_start)
{
    OWN(scene) scene = {0};
    OWN(ledger) ledger = NULL;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(ledger_open(scene.given.env, test_folder(), &ledger));
    CHECK_OK(ledger_add(ledger,
                        &(struct ledger_line){LEDGER_DEVICE, scene.tenant.id, scene.device, 1764547200000}));
    CHECK_OK(given_reopened(&scene));
    CHECK(is_dead(&scene));
}

TEST(an_erased_tenant_has_no_cell_left_when_its_keyring_is_put_back)
{
    OWN(scene) scene = {0};
    OWN(ledger) ledger = NULL;
    int64_t cells = 1;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(ledger_open(scene.given.env, test_folder(), &ledger));
    CHECK_OK(ledger_add(ledger, &(struct ledger_line){LEDGER_TENANT, scene.tenant.id, scene.tenant.id, 0}));
    CHECK_OK(given_reopened(&scene));
    CHECK_OK(db_number(
        keyring_db(scene.given.keyring), &cells,
        "select count(*) from cells join shards on shards.id = cells.shard where shards.tenant = $1",
        ID(scene.tenant.id)));
    CHECK(cells == 0);
    CHECK_OK(keyring_roll(scene.given.keyring));
}

TEST(what_was_destroyed_before_there_was_a_ledger_is_written_into_it)
{
    OWN(scene) scene = {0};
    const struct ledger *ledger = NULL;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_reopened(&scene));
    CHECK_OK(given_destroyed(&scene));
    CHECK_OK(db_script(keyring_db(scene.given.keyring), "drop table destructions"));
    CHECK_OK(scene.given.env->remove_file(scene.given.env, given_path(test_folder(), "ledger").text));
    CHECK_OK(given_reopened(&scene));
    ledger = keyring_ledger(scene.given.keyring);
    CHECK(ledger_count(ledger) == 1 && ledger_has(ledger, scene.tenant.id, scene.device));
}

TEST(a_destruction_that_cannot_be_written_down_does_not_happen)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_reopened(&scene));
    scene.given.world.failing = true;
    CHECK_FAILS(ERR_BROKEN, given_destroyed(&scene));
    scene.given.world.failing = false;
    CHECK(!is_dead(&scene) && !ledger_count(keyring_ledger(scene.given.keyring)));
    CHECK_OK(given_destroyed(&scene));
    CHECK(is_dead(&scene) && ledger_count(keyring_ledger(scene.given.keyring)) == 1);
}

TEST(a_ledger_that_is_shorter_than_its_keyring_or_another_ones_opens_nothing)
{
    OWN(scene) scene = {0};
    OWN(ledger) other = NULL;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_reopened(&scene));
    CHECK_OK(given_destroyed(&scene));
    CHECK_OK(scene.given.env->remove_file(scene.given.env, given_path(test_folder(), "ledger").text));
    CHECK(given_refused(given_reopened(&scene), ERR_BROKEN, "put the file back"));
    CHECK_OK(ledger_open(scene.given.env, test_folder(), &other));
    CHECK_OK(ledger_add(other, &(struct ledger_line){LEDGER_SUBJECT, scene.tenant.id, scene.tenant.id, 0}));
    CHECK(given_refused(given_reopened(&scene), ERR_BROKEN, "not the one of this keyring"));
}

TESTS(a_destruction_stands_in_the_ledger_and_beside_a_keyring_put_back_is_done_again,
      a_crash_between_the_line_and_the_commit_is_finished_at_the_next_start,
      an_erased_tenant_has_no_cell_left_when_its_keyring_is_put_back,
      what_was_destroyed_before_there_was_a_ledger_is_written_into_it,
      a_destruction_that_cannot_be_written_down_does_not_happen,
      a_ledger_that_is_shorter_than_its_keyring_or_another_ones_opens_nothing)
