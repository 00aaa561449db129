/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/marks.h"

#include "base/limits.h"
#include "sys/env_virtual.h"
#include "test/test.h"

static struct mark given_mark(int number)
{
    struct mark mark = {.seq = number * 1000003LL, .log = number, .epoch = number % 3};
    mark.tenant.bytes[0] = (uint8_t)(number * 37);
    memcpy(mark.tenant.bytes + 4, &number, sizeof number);
    return mark;
}

static err_t given_marks(struct world *world, int count, struct marks **out_marks)
{
    world_open(world, 7);
    TRY(crypt_start());
    TRY(marks_open(&world->env, "keyring", out_marks));
    for (int i = 0; i < count; i++) {
        const struct mark mark = given_mark(i);
        TRY(marks_put(*out_marks, &mark));
    }
    return marks_write(*out_marks);
}

static buf_t *file_of(struct world *world) { return &world->files[0].bytes; }

TEST(marks_that_were_written_are_read_again)
{
    enum { COUNT = 300 };
    OWN(world) world = {0};
    OWN(marks) written = NULL;
    OWN(marks) marks = NULL;
    CHECK_OK(given_marks(&world, COUNT, &written));
    CHECK_OK(marks_open(&world.env, "keyring", &marks));
    CHECK(marks_found(marks) && marks_count(marks) == COUNT);
    for (int i = 0; i < COUNT; i++) {
        const struct mark mark = given_mark(i), *read = marks_of(marks, mark.tenant);
        CHECK(read && read->seq == mark.seq && read->log == mark.log && read->epoch == mark.epoch);
    }
    CHECK(!marks_of(marks, given_mark(COUNT).tenant));
    marks_remove(marks, given_mark(5).tenant);
    CHECK(!marks_of(marks, given_mark(5).tenant) && marks_count(marks) == COUNT - 1);
}

TEST(without_a_file_there_are_none_and_that_is_known)
{
    OWN(world) world = {0};
    OWN(marks) marks = NULL;
    world_open(&world, 7);
    CHECK_OK(crypt_start());
    CHECK_OK(marks_open(&world.env, "keyring", &marks));
    CHECK(!marks_found(marks) && !marks_count(marks));
}

TEST(any_bit_that_flips_and_any_cut_is_noticed_and_the_line_named)
{
    OWN(world) world = {0};
    OWN(marks) written = NULL;
    char line[32];
    CHECK_OK(given_marks(&world, 4, &written));
    buf_t *file = file_of(&world);
    size_t lines = 1, whole = file->len;
    for (size_t bit = 0; bit < whole * 8; bit++) {
        OWN(marks) marks = NULL;
        file->at[bit / 8] ^= (char)(1 << bit % 8);
        CHECK_FAILS(ERR_BROKEN, marks_open(&world.env, "keyring", &marks));
        snprintf(line, sizeof line, "line %zu of", lines);
        if (!strstr(err_note(), line) || !strstr(err_note(), "keyring/marks"))
            CHECK(!"the line is named");
        file->at[bit / 8] ^= (char)(1 << bit % 8);
        lines += bit % 8 == 7 && file->at[bit / 8] == '\n';
    }
    for (size_t len = 0; len < whole; len++) {
        OWN(marks) marks = NULL;
        file->len = len;
        CHECK_FAILS(ERR_BROKEN, marks_open(&world.env, "keyring", &marks));
    }
}

TEST(marks_that_cannot_be_written_leave_those_there_were)
{
    OWN(world) world = {0};
    OWN(marks) marks = NULL;
    OWN(marks) again = NULL;
    const struct mark more = given_mark(9);
    CHECK_OK(given_marks(&world, 3, &marks));
    CHECK_OK(marks_put(marks, &more));
    world.fail_at = 1;
    CHECK(marks_write(marks) != ERR_OK);
    world.failing = false;
    CHECK_OK(marks_open(&world.env, "keyring", &again));
    CHECK(marks_count(again) == 3);
    CHECK_OK(marks_write(marks));
    marks_drop(&again);
    CHECK_OK(marks_open(&world.env, "keyring", &again));
    CHECK(marks_count(again) == 4);
}

TESTS(marks_that_were_written_are_read_again, without_a_file_there_are_none_and_that_is_known,
      any_bit_that_flips_and_any_cut_is_noticed_and_the_line_named,
      marks_that_cannot_be_written_leave_those_there_were)
