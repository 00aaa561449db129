/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/ledger.h"

#include "base/limits.h"
#include "sys/env_virtual.h"
#include "test/test.h"

static const ident_t one = {{1}}, two = {{2}};

static ident_t given_id(int number)
{
    ident_t id = {{0xcc}};
    memcpy(id.bytes + 4, &number, sizeof number);
    return id;
}

static struct ledger_line given_line(int number)
{
    return (struct ledger_line){number % 5 ? LEDGER_SUBJECT : LEDGER_DEVICE, number % 3 ? one : two,
                                given_id(number), 1764547200000 + number * SECONDS(7)};
}

static err_t given_a_ledger(struct world *world, int count, struct ledger **out_ledger)
{
    world_open(world, 7);
    TRY(crypt_start());
    TRY(ledger_open(&world->env, "keyring", out_ledger));
    for (int i = 0; i < count; i++) {
        const struct ledger_line line = given_line(i);
        TRY(ledger_add(*out_ledger, &line));
    }
    return ERR_OK;
}

static buf_t *file_of(struct world *world) { return &world->files[0].bytes; }

TEST(what_was_written_is_known_again_in_its_order)
{
    enum { COUNT = 200 };
    OWN(world) world = {0};
    OWN(ledger) written = NULL;
    OWN(ledger) ledger = NULL;
    CHECK_OK(given_a_ledger(&world, COUNT, &written));
    CHECK_OK(ledger_open(&world.env, "keyring", &ledger));
    CHECK(ledger_count(ledger) == COUNT && str_eq(ledger_hash(ledger, COUNT), ledger_hash(written, COUNT)));
    for (int i = 0; i < COUNT; i++) {
        const struct ledger_line line = given_line(i);
        CHECK(ident_eq(ledger_at(ledger, (size_t)i)->id, line.id) &&
              ledger_at(ledger, (size_t)i)->kind == line.kind && ledger_at(ledger, (size_t)i)->at == line.at);
        CHECK(ledger_has(ledger, line.tenant, line.id) && ledger_has(written, line.tenant, line.id));
        CHECK(!ledger_has(ledger, i % 3 ? two : one, line.id));
    }
    CHECK(!ledger_has(ledger, one, given_id(COUNT)));
}

TEST(of_a_tenant_that_was_erased_every_subject_is_gone)
{
    OWN(world) world = {0};
    OWN(ledger) ledger = NULL;
    CHECK_OK(given_a_ledger(&world, 3, &ledger));
    CHECK_OK(ledger_add(ledger, &(struct ledger_line){LEDGER_TENANT, one, one, 0}));
    CHECK(ledger_has(ledger, one, given_id(77)) && !ledger_has(ledger, two, given_id(77)));
}

TEST(any_bit_that_flips_is_noticed_and_the_line_named)
{
    OWN(world) world = {0};
    OWN(ledger) written = NULL;
    CHECK_OK(given_a_ledger(&world, 4, &written));
    buf_t *file = file_of(&world);
    for (size_t bit = 0; bit < file->len * 8; bit++) {
        OWN(ledger) ledger = NULL;
        file->at[bit / 8] ^= (char)(1 << bit % 8);
        err_t opened = ledger_open(&world.env, "keyring", &ledger);
        /* The end of the last line alone can be lost as if it had been cut: the number of lines tells. */
        if (opened == ERR_OK)
            CHECK(bit / 8 == file->len - 1 && ledger_count(ledger) == 3);
        else
            CHECK(opened == ERR_BROKEN && strstr(err_note(), "keyring/ledger"));
        file->at[bit / 8] ^= (char)(1 << bit % 8);
    }
}

TEST(lines_cannot_be_dropped_repeated_or_change_places)
{
    OWN(world) world = {0};
    OWN(ledger) written = NULL;
    CHECK_OK(given_a_ledger(&world, 4, &written));
    const struct world_file before = world.files[0];
    str_t lines[5], rest = buf_str(&before.bytes);
    static const int orders[][5] = {{0, 2, 3, 4, -1}, {0, 1, 1, 2, 3}, {0, 2, 1, 3, 4}, {1, 2, 3, 4, -1}};
    for (int i = 0; i < 5; i++)
        lines[i] = str_until(&rest, '\n');
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        OWN(ledger) ledger = NULL;
        buf_t changed = BUF(MAX_LEDGER);
        for (int at = 0; at < 5 && orders[i][at] >= 0; at++)
            buf_putf(&changed, "%.*s\n", STR_ARG(lines[orders[i][at]]));
        world.files[0].bytes = changed;
        CHECK_FAILS(ERR_BROKEN, ledger_open(&world.env, "keyring", &ledger));
        buf_drop(&changed);
        world.files[0] = before;
    }
}

TEST(a_last_line_that_was_cut_is_taken_away_wherever_it_was_cut)
{
    OWN(world) world = {0};
    OWN(ledger) written = NULL;
    CHECK_OK(given_a_ledger(&world, 3, &written));
    size_t whole = file_of(&world)->len;
    CHECK_OK(ledger_add(written, &(struct ledger_line){LEDGER_DEVICE, one, two, 0}));
    for (size_t len = file_of(&world)->len - 1; len >= whole; len--) {
        OWN(ledger) ledger = NULL;
        OWN(ledger) again = NULL;
        const struct ledger_line line = given_line(9);
        file_of(&world)->len = len;
        CHECK_OK(ledger_open(&world.env, "keyring", &ledger));
        CHECK(ledger_count(ledger) == 3 && !ledger_has(ledger, one, two));
        CHECK_OK(ledger_add(ledger, &line));
        CHECK_OK(ledger_open(&world.env, "keyring", &again));
        CHECK(ledger_count(again) == 4 && ledger_has(again, line.tenant, line.id));
    }
}

TEST(a_line_that_could_not_be_written_is_not_there_and_the_next_one_can_be)
{
    OWN(world) world = {0};
    OWN(ledger) ledger = NULL;
    OWN(ledger) again = NULL;
    CHECK_OK(given_a_ledger(&world, 3, &ledger));
    world.fail_at = 1;
    CHECK_FAILS(ERR_BROKEN, ledger_add(ledger, &(struct ledger_line){LEDGER_DEVICE, one, two, 0}));
    CHECK(ledger_count(ledger) == 3 && !ledger_has(ledger, one, two));
    world.failing = false;
    CHECK_OK(ledger_add(ledger, &(struct ledger_line){LEDGER_DEVICE, one, one, 0}));
    CHECK_OK(ledger_open(&world.env, "keyring", &again));
    CHECK(ledger_count(again) == 4);
}

TESTS(what_was_written_is_known_again_in_its_order, of_a_tenant_that_was_erased_every_subject_is_gone,
      any_bit_that_flips_is_noticed_and_the_line_named, lines_cannot_be_dropped_repeated_or_change_places,
      a_last_line_that_was_cut_is_taken_away_wherever_it_was_cut,
      a_line_that_could_not_be_written_is_not_there_and_the_next_one_can_be)
