/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/cells_given.h"
#include "test/test.h"
#include <sys/stat.h>
#include <sys/wait.h>

enum { SLOT = KEY_SIZE + AEAD_EXTRA };

TEST(what_is_put_in_a_cell_comes_back_after_a_restart)
{
    OWN(keyring) keyring = NULL;
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_put(keyring, given_tenant_id, 0, 5));
    CHECK_OK(given_cells_get(keyring, 0, 5));
    keyring_drop(&keyring);
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_get(keyring, 0, 5));
    CHECK_FAILS(ERR_MISSING, given_cell_get(keyring, 5));
    CHECK_FAILS(ERR_CONFLICT, given_cell_put(keyring, given_tenant_id, 0));
    CHECK(!given_bytes_in_folder(test_folder(), STR("aaaaaaaaaaaaaaaa")));
}

TEST(an_act_that_fails_leaves_nothing)
{
    OWN(keyring) keyring = NULL;
    CHECK_OK(given_opened(&keyring));
    struct given_cell cells = {given_tenant_id, given_id(0), CELL_ENTRY, STR("plain"), NULL, ERR_DENIED};
    CHECK_FAILS(ERR_DENIED, keyring_write(keyring, given_put_act, &cells));
    CHECK(!strcmp(err_note(), "failed as asked"));
    CHECK_FAILS(ERR_MISSING, given_cell_get(keyring, 0));
    CHECK_OK(given_cell_put(keyring, given_tenant_id, 0));
    CHECK_OK(given_cell_get(keyring, 0));
}

TEST(a_cell_moved_to_another_place_stays_locked)
{
    OWN(keyring) keyring = NULL;
    OWN(db) db = NULL;
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_put(keyring, given_tenant_id, 0, 2));
    ident_t first = given_id(0), second = given_id(1);
    CHECK_OK(db_open(given_path(test_folder(), "keyring.db").text, &db));
    CHECK_OK(db_do(db, "update cells set sealed = (select sealed from cells where id = $1) where id = $2",
                   ID(first), ID(second)));
    CHECK_OK(given_cell_get(keyring, 0));
    CHECK_FAILS(ERR_LOCKED, given_cell_get(keyring, 1));
    CHECK_OK(db_do(db, "update cells set cell = 2 where id = $1", ID(first)));
    OWN(buf) out = BUF(ROOM);
    struct given_cell moved = {.id = first, .cell = CELL_MEMBER_KEY, .out = &out};
    CHECK_FAILS(ERR_LOCKED, keyring_read(keyring, given_get_act, &moved));
}

TEST(a_wrong_root_key_opens_nothing_and_overwrites_nothing)
{
    OWN(keyring) keyring = NULL;
    OWN(buf) before = BUF(ROOM);
    OWN(buf) after = BUF(ROOM);
    struct key wrong = given_root;
    wrong.bytes[31] ^= 1;
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_put(keyring, given_tenant_id, 0, 3));
    keyring_drop(&keyring);
    CHECK_OK(given_file(test_folder(), "kek", &before));
    CHECK_FAILS(ERR_LOCKED, keyring_open(env_real(), test_folder(), &wrong, &keyring));
    CHECK(!keyring);
    CHECK_OK(given_file(test_folder(), "kek", &after));
    CHECK(before.len == 2 * SLOT && str_eq(buf_str(&before), buf_str(&after)));
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_get(keyring, 0, 3));
}

/* After an even and an odd number of rolls, so that each of the two slots was in force. */
static err_t lost_and_put_back(int rolls, const char *aside)
{
    OWN(keyring) keyring = NULL;
    OWN(keyring) empty = NULL;
    TRY(given_opened(&keyring));
    TRY(given_cells_put(keyring, given_tenant_id, 10 * rolls, 10 * rolls + 3));
    for (int i = 0; i < rolls; i++)
        TRY(keyring_roll(keyring));
    keyring_drop(&keyring);
    TRY(given_database_copied(test_folder(), aside));
    given_database_removed(test_folder());
    if (given_opened(&empty) != ERR_OK && strcmp(err_note(), "the root key does not open the keyring's key"))
        return fail(ERR_BROKEN, "another refusal: %s", err_note());
    keyring_drop(&empty);
    given_database_removed(test_folder());
    TRY(given_database_copied(aside, test_folder()));
    TRY(given_opened(&keyring));
    return given_cells_get(keyring, 10 * rolls, 10 * rolls + 3);
}

TEST(a_kek_beside_an_empty_database_is_never_made_anew)
{
    given_path_t aside = given_path(test_folder(), "aside");
    CHECK(mkdir(aside.text, 0700) == 0);
    CHECK_OK(lost_and_put_back(0, aside.text));
    CHECK_OK(lost_and_put_back(1, aside.text));
    CHECK_OK(lost_and_put_back(2, aside.text));
}

TEST(a_kek_file_of_another_size_is_broken_and_left_alone)
{
    OWN(keyring) keyring = NULL;
    OWN(buf) after = BUF(ROOM);
    given_path_t path = given_path(test_folder(), "kek");
    CHECK_OK(crypt_start());
    CHECK_OK(env_real()->write_file(env_real(), path.text, STR("not a kek"), 0600));
    CHECK_FAILS(ERR_BROKEN, given_opened(&keyring));
    CHECK_OK(given_file(test_folder(), "kek", &after));
    CHECK(str_eq(buf_str(&after), STR("not a kek")));
}

/* How many of the file's two slots the root key opens. */
static int open_slots(void)
{
    OWN(buf) file = BUF(ROOM);
    int count = 0;
    if (given_file(test_folder(), "kek", &file) != ERR_OK || file.len != 2 * SLOT)
        return -1;
    for (int slot = 0; slot < 2; slot++) {
        OWN(buf) plain = BUF(ROOM);
        count += aead_open(&given_root, STR("custody kek"), str_bytes(file.at + slot * SLOT, SLOT), &plain) ==
                 ERR_OK;
    }
    return count;
}

TEST(a_roll_keeps_every_cell_and_leaves_one_kek)
{
    OWN(keyring) keyring = NULL;
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_put(keyring, given_tenant_id, 0, 10));
    CHECK_OK(given_cells_put(keyring, given_other, 10, 15));
    for (int roll = 0; roll < 3; roll++) {
        OWN(buf) before = BUF(ROOM);
        OWN(buf) after = BUF(ROOM);
        CHECK_OK(given_file(test_folder(), "kek", &before));
        CHECK_OK(given_cell_destroy(keyring, roll));
        CHECK_OK(keyring_roll(keyring));
        CHECK_OK(given_cells_get(keyring, roll + 1, 15));
        CHECK(open_slots() == 1);
        CHECK_OK(given_file(test_folder(), "kek", &after));
        for (size_t slot = 0; slot < 2; slot++)
            CHECK(memcmp(before.at + slot * SLOT, after.at + slot * SLOT, SLOT));
    }
    keyring_drop(&keyring);
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_get(keyring, 3, 15));
    CHECK_FAILS(ERR_MISSING, given_cell_get(keyring, 0));
}

TEST(a_roll_is_due_an_hour_after_the_last_and_only_when_something_was_destroyed)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_keyring(&given));
    const buf_t *kek = &given.world.files[0].bytes;
    char before[2 * SLOT];
    CHECK(kek->len == sizeof before && given_cell_put(given.keyring, given_tenant_id, 0) == ERR_OK);
    memcpy(before, kek->at, sizeof before);
    CHECK_OK(keyring_roll_when_due(given.keyring));
    CHECK(!memcmp(before, kek->at, sizeof before));
    CHECK_OK(given_cell_destroy(given.keyring, 0));
    CHECK_OK(keyring_roll_when_due(given.keyring)); /* the first after a start is due at once */
    CHECK(memcmp(before, kek->at, sizeof before));
    memcpy(before, kek->at, sizeof before);
    CHECK_OK(given_cell_put(given.keyring, given_tenant_id, 1));
    CHECK_OK(given_cell_destroy(given.keyring, 1));
    given.world.boot_clock += ROLL_MS - 1;
    CHECK_OK(keyring_roll_when_due(given.keyring));
    CHECK(!memcmp(before, kek->at, sizeof before));
    given.world.boot_clock += 1;
    CHECK_OK(keyring_roll_when_due(given.keyring));
    CHECK(memcmp(before, kek->at, sizeof before));
}

TEST(a_roll_that_the_disk_refuses_leaves_a_keyring_that_opens)
{
    for (int act = 1; act <= 2; act++) {
        OWN(given) given = {0};
        char folder[2] = {(char)('0' + act), '\0'};
        given_path_t path = given_path(test_folder(), folder);
        CHECK(mkdir(path.text, 0700) == 0);
        CHECK_OK(given_a_keyring_in(&given, path.text));
        CHECK_OK(given_cells_put(given.keyring, given_tenant_id, 0, 5));
        given.world.fail_at = act;
        CHECK_FAILS(ERR_BROKEN, keyring_roll(given.keyring));
        given.world.failing = false;
        CHECK_OK(given_cells_get(given.keyring, 0, 5));
        keyring_drop(&given.keyring);
        CHECK_OK(keyring_open(given.env, path.text, &given.root, &given.keyring));
        CHECK_OK(given_cells_get(given.keyring, 0, 5));
        CHECK_OK(keyring_roll(given.keyring));
        CHECK_OK(given_cells_get(given.keyring, 0, 5));
    }
}

/* The world of a process that dies at its n-th act from now: before it, half way through it, or after it. */
static int acts_left;
static enum { BEFORE, HALF_WAY, AFTER } dies;

static bool dies_now(void) { return acts_left && --acts_left == 0; }

static void dying_random(struct env *env, void *at, size_t len)
{
    (void)env;
    if (dies_now())
        _exit(9);
    env_real()->random(env_real(), at, len);
}

static err_t dying_overwrite(struct env *env, const char *path, off_t offset, str_t bytes)
{
    (void)env;
    bool now = dies_now();
    if (now && dies == BEFORE)
        _exit(9);
    if (now && dies == HALF_WAY)
        bytes.len /= 2;
    TRY(env_real()->overwrite(env_real(), path, offset, bytes));
    if (now)
        _exit(9);
    return ERR_OK;
}

/* The exit status of a child that rolls and dies at its n-th act: 9 where it came so far. */
static int rolled_until(int act)
{
    pid_t child = fork();
    int status = 0;
    if (child == 0) {
        struct env dying = *env_real();
        struct keyring *keyring = NULL;
        dying.random = dying_random;
        dying.overwrite = dying_overwrite;
        if (keyring_open(&dying, test_folder(), &given_root, &keyring) != ERR_OK)
            _exit(1);
        acts_left = act;
        _exit(keyring_roll(keyring) != ERR_OK);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static err_t survived(int destroyed)
{
    OWN(keyring) keyring = NULL;
    TRY(given_opened(&keyring));
    TRY(given_cells_get(keyring, destroyed, 24));
    return open_slots() == 1 ? ERR_OK : fail(ERR_BROKEN, "%d keys stand in the file", open_slots());
}

TEST(a_crash_at_any_step_of_a_roll_leaves_one_kek_and_every_cell)
{
    OWN(keyring) keyring = NULL;
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_put(keyring, given_tenant_id, 0, 16));
    CHECK_OK(given_cells_put(keyring, given_other, 16, 24));
    CHECK_OK(given_cell_destroy(keyring, 0));
    CHECK_OK(given_cell_destroy(keyring, 1));
    keyring_drop(&keyring);
    int steps = 0;
    for (dies = BEFORE; dies <= AFTER; dies++)
        for (int act = 1, code = 9; code == 9; act++) {
            code = rolled_until(act);
            CHECK(code == 9 || code == 0);
            CHECK_OK(survived(2));
            steps += code == 9;
        }
    CHECK(steps > 15);
}

struct counts {
    int64_t shards, most, wrong;
};

static err_t counts_act(struct keyring *keyring, void *with)
{
    struct counts *counts = with;
    OWN(rows) rows = {0};
    TRY(db_read(keyring_db(keyring), &rows,
                "select count(*), max(cells), coalesce(sum(cells <> (select count(*) from cells where"
                " cells.shard = shards.id)), 0) from shards"));
    TRY(row_one(&rows));
    *counts = (struct counts){row_number(&rows, 0), row_number(&rows, 1), row_number(&rows, 2)};
    return ERR_OK;
}

TEST(a_shard_is_one_tenants_and_knows_how_many_cells_it_holds)
{
    OWN(keyring) keyring = NULL;
    struct counts counts;
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cells_put(keyring, given_tenant_id, 0, 6));
    CHECK_OK(given_cells_put(keyring, given_other, 6, 9));
    struct given_cell second = {
        given_tenant_id, given_id(0), CELL_RECORD, STR("a second cell of the id"), NULL, ERR_OK};
    CHECK_OK(keyring_write(keyring, given_put_act, &second));
    CHECK_OK(keyring_read(keyring, counts_act, &counts));
    CHECK(counts.shards == 2 && counts.most == 7 && counts.wrong == 0);
    CHECK_OK(given_cell_destroy(keyring, 0)); /* both of its cells */
    CHECK_OK(given_cell_destroy(keyring, 7));
    CHECK_OK(given_cell_destroy(keyring, 77));
    CHECK_OK(keyring_read(keyring, counts_act, &counts));
    CHECK(counts.most == 5 && counts.wrong == 0);
}

TEST(a_shard_never_holds_more_than_its_most)
{
    OWN(keyring) keyring = NULL;
    OWN(db) db = NULL;
    struct counts counts;
    CHECK_OK(given_opened(&keyring));
    CHECK_OK(given_cell_put(keyring, given_tenant_id, 0));
    CHECK_OK(db_open(given_path(test_folder(), "keyring.db").text, &db));
    CHECK_OK(db_do(db, "update shards set cells = $1", N(MAX_SHARD - 1)));
    CHECK_OK(given_cells_put(keyring, given_tenant_id, 1, 4));
    CHECK_OK(keyring_read(keyring, counts_act, &counts));
    CHECK(counts.shards == 2 && counts.most == MAX_SHARD);
    CHECK_OK(keyring_roll(keyring));
    CHECK_OK(given_cells_get(keyring, 0, 4));
}

TESTS(what_is_put_in_a_cell_comes_back_after_a_restart, an_act_that_fails_leaves_nothing,
      a_cell_moved_to_another_place_stays_locked, a_wrong_root_key_opens_nothing_and_overwrites_nothing,
      a_kek_beside_an_empty_database_is_never_made_anew, a_kek_file_of_another_size_is_broken_and_left_alone,
      a_roll_keeps_every_cell_and_leaves_one_kek,
      a_roll_is_due_an_hour_after_the_last_and_only_when_something_was_destroyed,
      a_roll_that_the_disk_refuses_leaves_a_keyring_that_opens,
      a_crash_at_any_step_of_a_roll_leaves_one_kek_and_every_cell,
      a_shard_is_one_tenants_and_knows_how_many_cells_it_holds, a_shard_never_holds_more_than_its_most)
