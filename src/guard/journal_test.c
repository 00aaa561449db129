/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/codec.h"
#include "guard/journal.h"
#include "test/test.h"

static const ident_t alice = {{1}}, bob = {{2}};
static const struct key key = {{7}};

/* What was handed over: launches, counted with those merged into them, by batch. */
struct got {
    uint64_t last;
    size_t batches, lines, launches, of_alice;
    err_t answer;
    bool only_grave; /* there is room for nothing else */
    struct launch first;
};

static err_t take(void *with, const struct journal_batch *batch)
{
    struct got *got = with;
    if (got->only_grave && !batch->grave)
        return fail(ERR_BUSY, "no room for those");
    OWN(arena) arena = ARENA(64 << 20);
    for (size_t i = 0; i < batch->count && got->answer == ERR_OK; i++) {
        str_t packed;
        void *records;
        size_t count;
        TRY(codec_grow(batch->parts[i].list, &arena, &packed));
        TRY(codec_unpack(&launch_concept, packed, &arena, &records, &count));
        const struct launch *launches = records;
        for (size_t j = 0; j < count; j++)
            got->launches += (size_t)(launches[j].count ? launches[j].count : 1);
        got->lines += count;
        got->of_alice += ident_eq(batch->parts[i].subject, alice) ? count : 0;
        got->first.at = launches[0].at;
        got->first.count = launches[0].count;
    }
    got->last = batch->number;
    got->batches++;
    return got->answer;
}

static err_t open_at(const char *name, struct journal **out_journal)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    return journal_open(&(struct journal_ask){env_real(), path, &key, 5}, out_journal);
}

static void add(struct journal *journal, ident_t subject, moment_t at, const char *path)
{
    journal_add(journal, subject, &(struct launch){.at = at, .decision = 3, .path = str(path)});
}

TEST(equal_launches_of_a_minute_are_one_and_others_are_not)
{
    OWN(journal) journal = NULL;
    struct got got = {0};
    CHECK_OK(open_at("merge", &journal));
    add(journal, bob, MINUTES(9), "/a");
    for (int i = 0; i < 3; i++)
        add(journal, alice, MINUTES(10) + i, "/a");
    add(journal, alice, MINUTES(10), "/b");
    add(journal, alice, MINUTES(11), "/a");
    add(journal, alice, MINUTES(2), "/a"); /* a clock that was put back */
    CHECK_OK(journal_hand_over(journal, &(struct journal_out){take, &got}));
    CHECK(got.batches == 1 && got.last == 5 && got.launches == 7 && got.lines == 5 && got.of_alice == 4);
    CHECK_OK(journal_hand_over(journal, &(struct journal_out){take, &got}));
    CHECK(got.batches == 1 && journal_lost(journal) == 0);
}

TEST(what_was_written_is_handed_over_by_whoever_comes_next)
{
    struct journal *dead = NULL;
    struct got got = {.answer = ERR_BROKEN};
    CHECK_OK(open_at("next", &dead));
    add(dead, alice, MINUTES(1), "/a");
    CHECK_FAILS(ERR_BROKEN, journal_hand_over(dead, &(struct journal_out){take, &got}));
    CHECK(got.last == 5);
    add(dead, alice, MINUTES(1), "/b");
    journal_drop(&dead);
    OWN(journal) journal = NULL;
    got = (struct got){0};
    CHECK_OK(open_at("next", &journal));
    CHECK_OK(journal_hand_over(journal, &(struct journal_out){take, &got}));
    CHECK(got.batches == 2 && got.launches == 2 && got.last == 6);
}

TEST(only_one_guard_has_the_journal)
{
    OWN(journal) journal = NULL;
    struct journal *other = NULL;
    CHECK_OK(open_at("one", &journal));
    CHECK_FAILS(ERR_BUSY, open_at("one", &other));
}

TEST(launches_that_there_is_no_room_for_are_counted)
{
    OWN(journal) journal = NULL;
    struct got got = {.answer = ERR_BUSY};
    CHECK_OK(open_at("room", &journal));
    add(journal, alice, MINUTES(1), "/a");
    add(journal, alice, MINUTES(1), "/a");
    CHECK_OK(journal_hand_over(journal, &(struct journal_out){take, &got}));
    CHECK(journal_lost(journal) == 2 && !journal_is_filling(journal));
    char path[64];
    size_t added = 0;
    for (; journal_lost(journal) == 2; added++) {
        snprintf(path, sizeof path, "/a/path/that/is/not/the/same/as/all/others/%zu", added);
        add(journal, alice, MINUTES(1), path);
    }
    CHECK(journal_is_filling(journal) && added > 10000);
    got = (struct got){0};
    CHECK_OK(journal_hand_over(journal, &(struct journal_out){take, &got}));
    CHECK(got.lines == added - 1 && got.batches == (added - 1 + 3999) / 4000);
}

TEST(what_was_refused_or_elevated_is_kept_before_all_else_and_the_rest_is_counted)
{
    OWN(journal) journal = NULL;
    struct got got = {.only_grave = true};
    CHECK_OK(open_at("grave", &journal));
    for (int i = 0; i < 8; i++)
        journal_add(journal, i % 2 ? alice : bob,
                    &(struct launch){.at = MINUTES(i), .decision = i % 4, .path = STR("/a")});
    CHECK_OK(journal_hand_over(journal, &(struct journal_out){take, &got}));
    CHECK(got.batches == 1 && got.last == 5 && got.launches == 4 && got.of_alice == 2);
    CHECK(journal_lost(journal) == 4);
    got = (struct got){0};
    add(journal, alice, MINUTES(1), "/a");
    CHECK_OK(journal_hand_over(journal, &(struct journal_out){take, &got}));
    CHECK(got.last == 6 && got.launches == 1 && journal_lost(journal) == 4);
    char path[64];
    size_t added = 0, refused = 0;
    for (; journal_lost(journal) == 4; added++) {
        snprintf(path, sizeof path, "/a/path/that/is/not/the/same/as/all/others/%zu", added);
        add(journal, alice, MINUTES(1), path);
    }
    for (; journal_lost(journal) == 5; refused++)
        journal_add(journal, bob, &(struct launch){.at = MINUTES(1), .decision = 1, .path = str(path)});
    got = (struct got){0};
    CHECK_OK(journal_hand_over(journal, &(struct journal_out){take, &got}));
    CHECK(refused > 500 && got.launches == added - 1 + refused - 1);
}

TEST(nothing_of_a_launch_stands_in_the_journal_for_others_to_read)
{
    OWN(journal) journal = NULL;
    OWN(buf) bytes = BUF(16 << 20);
    char path[512];
    CHECK_OK(open_at("sealed", &journal));
    add(journal, alice, MINUTES(1), "/home/somebody/secret-project");
    snprintf(path, sizeof path, "%s/sealed", test_folder());
    CHECK_OK(env_real()->read_file(env_real(), path, &bytes));
    CHECK(!memmem(bytes.at, bytes.len, "secret-project", 14));
}

TESTS(equal_launches_of_a_minute_are_one_and_others_are_not,
      what_was_written_is_handed_over_by_whoever_comes_next, only_one_guard_has_the_journal,
      launches_that_there_is_no_room_for_are_counted,
      what_was_refused_or_elevated_is_kept_before_all_else_and_the_rest_is_counted,
      nothing_of_a_launch_stands_in_the_journal_for_others_to_read)
