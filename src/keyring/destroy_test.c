/* SPDX-License-Identifier: Apache-2.0
 *
 * What is destroyed is gone: from the files at once, and after a roll from every copy.
 */
#include "keyring/cells_given.h"
#include "test/test.h"
#include <sys/stat.h>

TEST(what_is_destroyed_is_in_no_file_when_the_act_returns)
{
    enum { COUNT = 40 };
    OWN(keyring) keyring = NULL;
    static buf_t sealed[COUNT];
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_put(keyring, given_tenant_id, 0, COUNT));
    for (int i = 0; i < COUNT; i++) {
        sealed[i] = (buf_t)BUF(ROOM);
        CHECK_OK(given_cell_bytes(test_folder(), given_id(i), CELL_ENTRY, &sealed[i]));
        CHECK(given_bytes_in_folder(test_folder(), buf_str(&sealed[i])));
    }
    for (int i = 0; i < COUNT; i++) {
        int gone = i * 23 % COUNT;
        CHECK_OK(given_cell_destroy(keyring, gone));
        CHECK(!given_bytes_in_folder(test_folder(), buf_str(&sealed[gone])));
        CHECK_FAILS(ERR_MISSING, given_cell_get(keyring, gone));
    }
    for (int i = 0; i < COUNT; i++)
        buf_drop(&sealed[i]);
}

TEST(a_destroyed_cell_leaves_no_part_of_itself_behind)
{
    enum { COUNT = 120, PART = 24 };
    OWN(keyring) keyring = NULL;
    static char head[COUNT][PART], tail[COUNT][PART];
    CHECK_OK(given_opened(&keyring));
    for (int i = 0; i < COUNT; i++) {
        OWN(buf) sealed = BUF(ROOM);
        CHECK_OK(given_cell_put(keyring, i % 3 ? given_tenant_id : given_other, i));
        CHECK_OK(given_cell_bytes(test_folder(), given_id(i), CELL_ENTRY, &sealed));
        memcpy(head[i], sealed.at, PART);
        memcpy(tail[i], sealed.at + sealed.len - PART, PART);
        if (i >= 40 && i % 2) { /* and the tables are kept moving */
            CHECK_OK(given_cell_destroy(keyring, i - 40));
            CHECK(!given_bytes_in_folder(test_folder(), str_bytes(head[i - 40], PART)));
        }
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_OK(given_cell_destroy(keyring, i * 149 % COUNT));
    for (int i = 0; i < COUNT; i++)
        CHECK(!given_bytes_in_folder(test_folder(), str_bytes(head[i], PART)) &&
              !given_bytes_in_folder(test_folder(), str_bytes(tail[i], PART)));
}

/* A copy of the keyring from before cells 0 to 2 were destroyed, and so many rolls since. */
static err_t given_a_stale_copy(const char *copy, int rolls)
{
    OWN(keyring) keyring = NULL;
    TRY(given_opened(&keyring));
    TRY(given_cells_put(keyring, given_tenant_id, 0, 5));
    TRY(given_cells_put(keyring, given_other, 5, 8));
    if (mkdir(copy, 0700) != 0)
        return fail(ERR_BROKEN, "no folder for a copy");
    TRY(given_database_copied(test_folder(), copy));
    for (int i = 0; i < 3; i++)
        TRY(given_cell_destroy(keyring, i));
    for (int i = 0; i < rolls; i++)
        TRY(keyring_roll(keyring));
    return given_file_copied(test_folder(), copy, "kek");
}

static bool opens_nothing(const char *folder, int first, int past)
{
    OWN(keyring) keyring = NULL;
    if (keyring_open(env_real(), folder, &given_root, &keyring) != ERR_OK)
        return true;
    for (int number = first; number < past; number++)
        if (given_cell_get(keyring, number) == ERR_OK)
            return false;
    return true;
}

TEST(a_stale_copy_beside_todays_kek_opens_nothing)
{
    for (int rolls = 1; rolls <= 2; rolls++) {
        given_path_t copy = given_path(test_folder(), rolls == 1 ? "one" : "two");
        CHECK_OK(given_a_stale_copy(copy.text, rolls));
        CHECK(opens_nothing(copy.text, 0, 8));
        given_database_removed(test_folder());
        unlink(given_path(test_folder(), "kek").text);
    }
}

TEST(before_a_roll_a_copy_with_the_kek_still_opens)
{
    given_path_t copy = given_path(test_folder(), "copy");
    OWN(keyring) stale = NULL;
    CHECK_OK(given_a_stale_copy(copy.text, 0)); /* which is why a roll comes within the hour */
    CHECK_OK(keyring_open(env_real(), copy.text, &given_root, &stale));
    CHECK_OK(given_cells_get(stale, 0, 8));
}

static err_t todays_shard_keys_into(const char *copy)
{
    OWN(db) db = NULL;
    OWN(buf) attach = BUF(1024);
    TRY(db_open(given_path(copy, "keyring.db").text, &db));
    buf_putf(&attach, "attach '%s/keyring.db' as today", test_folder());
    TRY(buf_end(&attach));
    TRY(db_script(db, attach.at));
    return db_script(db, "delete from shards; insert into shards select * from today.shards;"
                         "delete from state; insert into state select * from today.state");
}

TEST(todays_shard_keys_open_nothing_destroyed_in_a_stale_copy)
{
    given_path_t copy = given_path(test_folder(), "copy");
    OWN(keyring) stale = NULL;
    CHECK_OK(given_a_stale_copy(copy.text, 1));
    CHECK_OK(todays_shard_keys_into(copy.text));
    CHECK(opens_nothing(copy.text, 0, 5));
    CHECK_OK(keyring_open(env_real(), copy.text, &given_root, &stale));
    /* Where nothing was destroyed the shard's key is still the same: the attempt is a real one. */
    CHECK_OK(given_cells_get(stale, 5, 8));
}

TESTS(what_is_destroyed_is_in_no_file_when_the_act_returns, a_destroyed_cell_leaves_no_part_of_itself_behind,
      a_stale_copy_beside_todays_kek_opens_nothing, before_a_roll_a_copy_with_the_kek_still_opens,
      todays_shard_keys_open_nothing_destroyed_in_a_stale_copy)
