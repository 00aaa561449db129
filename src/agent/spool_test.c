/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/given.h"
#include "agent/spool.h"
#include "base/limits.h"
#include "sys/env_virtual.h"

static const char folder[] = "/state";

static err_t given_spool(struct world *world, struct state *state, struct spool *spool)
{
    world_open(world, 9);
    state_begin(state, &world->env, ident_new(&world->env), ident_new(&world->env));
    TRY(world->env.write_file(&world->env, "/state/key.pem", STR("a private key"), 0600));
    return spool_open(&world->env, folder, state, spool);
}

static bool is_there(struct world *world, const char *path)
{
    for (size_t i = 0; i < WORLD_FILES; i++)
        if (!strcmp(world->files[i].path, path))
            return true;
    return false;
}

TEST(a_report_comes_back_as_it_was_put_and_its_file_says_nothing)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(spool) spool = {0};
    OWN(buf) file = BUF(1 << 20);
    OWN(buf) back = BUF(MAX_REPORT);
    CHECK_OK(given_spool(&world, &state, &spool));
    CHECK_OK(spool_put(&spool, 7, STR("anna uses bash")));
    CHECK_OK(world.env.read_file(&world.env, "/state/spool/00000007", &file));
    CHECK(file.len == 14 + AEAD_EXTRA && !memmem(file.at, file.len, "anna", 4));
    CHECK_OK(spool_get(&spool, 7, &back));
    CHECK(str_eq(buf_str(&back), STR("anna uses bash")));
    CHECK_OK(spool_remove(&spool, 7));
    CHECK_FAILS(ERR_LOCKED, spool_get(&spool, 7, &back));
}

TEST(a_report_opens_under_its_number_its_epoch_and_its_key_only)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(spool) spool = {0};
    OWN(buf) file = BUF(1 << 20);
    OWN(buf) back = BUF(MAX_REPORT);
    struct env *env = &world.env;
    CHECK_OK(given_spool(&world, &state, &spool));
    CHECK_OK(spool_put(&spool, 1, STR("report")));
    CHECK_OK(env->read_file(env, "/state/spool/00000001", &file));
    CHECK_OK(env->write_file(env, "/state/spool/00000002", buf_str(&file), 0600));
    CHECK_FAILS(ERR_LOCKED, spool_get(&spool, 2, &back));
    state.epoch = ident_new(env);
    CHECK_OK(spool_open(env, folder, &state, &spool));
    CHECK_FAILS(ERR_LOCKED, spool_get(&spool, 1, &back));
    state.epoch = spool.epoch;
    CHECK_OK(env->write_file(env, "/state/key.pem", STR("another key"), 0600));
    CHECK_OK(spool_open(env, folder, &state, &spool));
    CHECK_FAILS(ERR_LOCKED, spool_get(&spool, 1, &back));
    CHECK(!back.len);
}

TEST(with_any_byte_altered_or_cut_off_it_does_not_open)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(spool) spool = {0};
    OWN(buf) file = BUF(1 << 20);
    OWN(buf) back = BUF(MAX_REPORT);
    struct env *env = &world.env;
    CHECK_OK(given_spool(&world, &state, &spool));
    CHECK_OK(spool_put(&spool, 1, STR("report")));
    CHECK_OK(env->read_file(env, "/state/spool/00000001", &file));
    for (size_t i = 0; i < file.len; i++) {
        file.at[i] ^= 0x20;
        CHECK_OK(env->write_file(env, "/state/spool/00000001", buf_str(&file), 0600));
        CHECK_FAILS(ERR_LOCKED, spool_get(&spool, 1, &back));
        file.at[i] ^= 0x20;
        CHECK_OK(env->write_file(env, "/state/spool/00000001", str_bytes(file.at, i), 0600));
        CHECK_FAILS(ERR_LOCKED, spool_get(&spool, 1, &back));
    }
}

TEST(past_the_limit_nothing_is_put)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(spool) spool = {0};
    CHECK_OK(given_spool(&world, &state, &spool));
    CHECK(spool.limit == SPOOL_MAX && SPOOL_MAX == 64 * 1024 * 1024);
    spool.limit = 100;
    CHECK_OK(spool_put(&spool, 1, STR("report")));
    CHECK_OK(spool_put(&spool, 2, STR("report")));
    CHECK_FAILS(ERR_TOO_LARGE, spool_put(&spool, 3, STR("report")));
    CHECK(!is_there(&world, "/state/spool/00000003"));
}

TEST(cleaning_leaves_what_counts_and_ends_where_it_was_killed_before)
{
    for (int fail_at = 0; fail_at < 14; fail_at++) {
        OWN(world) world = {0};
        OWN(state) state = {0};
        OWN(spool) spool = {0};
        CHECK_OK(given_spool(&world, &state, &spool));
        for (uint64_t number = 1; number <= 9; number++)
            CHECK_OK(spool_put(&spool, number, STR("report")));
        state.answered = 3;
        state.sequence = 6;
        world.fail_at = fail_at;
        CHECK((spool_clean(&spool, &state) == ERR_OK) == (fail_at == 0));
        world.fail_at = 0;
        world.failing = false;
        CHECK_OK(spool_clean(&spool, &state));
        for (int number = 1; number <= 9; number++) {
            char path[64];
            snprintf(path, sizeof path, "/state/spool/%08d", number);
            CHECK(is_there(&world, path) == (number > 3 && number <= 6));
        }
    }
}

TEST(a_machine_without_a_key_is_not_enrolled)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(spool) spool = {0};
    world_open(&world, 1);
    CHECK_FAILS(ERR_MISSING, spool_open(&world.env, folder, &state, &spool));
    CHECK(strstr(err_note(), "enrol"));
}

TEST(on_a_real_disk_its_folder_is_made_and_is_its_owners_alone)
{
    OWN(state) state = {0};
    OWN(spool) spool = {0};
    OWN(buf) back = BUF(MAX_REPORT);
    struct stat about;
    CHECK_OK(given_file(test_folder(), "key.pem", STR("a private key")));
    CHECK_OK(spool_open(env_real(), test_folder(), &state, &spool));
    CHECK_OK(spool_put(&spool, 12345678901, STR("report")));
    CHECK(stat(place(test_folder(), "spool").text, &about) == 0 && (about.st_mode & 077) == 0);
    CHECK(stat(place(test_folder(), "spool/12345678901").text, &about) == 0 && (about.st_mode & 077) == 0);
    CHECK_OK(spool_get(&spool, 12345678901, &back));
    spool_wipe(test_folder());
    CHECK(access(place(test_folder(), "spool/12345678901").text, F_OK) != 0);
    spool_wipe("/nowhere");
}

TESTS(a_report_comes_back_as_it_was_put_and_its_file_says_nothing,
      a_report_opens_under_its_number_its_epoch_and_its_key_only,
      with_any_byte_altered_or_cut_off_it_does_not_open, past_the_limit_nothing_is_put,
      cleaning_leaves_what_counts_and_ends_where_it_was_killed_before,
      a_machine_without_a_key_is_not_enrolled, on_a_real_disk_its_folder_is_made_and_is_its_owners_alone)
