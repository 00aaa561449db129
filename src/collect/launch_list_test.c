/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/launch_digest.h"
#include "collect/launch_list.h"
#include "concept/codec.h"
#include "test/test.h"

enum { ROOM = 1 << 20 };

static const struct launch_row_is row = {.hour = 498846, .subject = {{7}}};

static struct launch launch_of(int number)
{
    static const char *const paths[] = {"/usr/bin/vim.basic", "/usr/bin/git", "/opt/tool/bin/it"};
    return (struct launch){.at = row.hour * HOURS(1) + number * 1000,
                           .decision = number % 4,
                           .count = number,
                           .policy = 3,
                           .rule = number,
                           .account = number % 2 ? row.subject : (ident_t){{9}},
                           .path = str(paths[number % 3]),
                           .sha256 = number % 3 ? (str_t){0} : STR("0123456789abcdef0123456789abcdef"),
                           .package = STR("git"),
                           .parent = STR("/usr/bin/bash"),
                           .args = STR("-a \xc3\xa9"),
                           .script = STR("/home/x"),
                           .reason = STR("needed"),
                           .emergency = number == 5};
}

TEST(a_folded_row_gives_back_each_launch_whole_in_order_and_once)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) frame = BUF(ROOM);
    struct launch_list list;
    struct launch made[24], launch;
    size_t count = 24, seen = 0;
    for (int i = 0; i < 24; i++)
        made[i] = launch_of(11 - i % 12);
    launch_sort(made, &count);
    CHECK(count == 12);
    CHECK_OK(launch_frame_put(made, count, &row, &arena, &frame));
    CHECK_OK(launch_frame_open(buf_str(&frame), &row, &arena, &list));
    for (; launch_next(&list, &launch); seen++) {
        struct launch was = launch_of((int)seen);
        CHECK(launch_order(&launch, &was) == 0);
    }
    CHECK(seen == 12 && !list.broken);
}

TEST(a_frame_as_an_upload_brought_it_is_read_as_it_is)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(ROOM);
    OWN(buf) frame = BUF(ROOM);
    struct launch_list list;
    struct launch made = launch_of(5), launch;
    CHECK_OK(codec_pack(&launch_concept, &made, 1, &arena, &packed));
    CHECK_OK(codec_shrink(buf_str(&packed), &frame));
    CHECK_OK(launch_frame_open(buf_str(&frame), &row, &arena, &list));
    CHECK(launch_next(&list, &launch) && launch_order(&launch, &made) == 0 && !launch_next(&list, &launch));
    CHECK_FAILS(ERR_INVALID, launch_frame_open(STR("nothing"), &row, &arena, &list));
    CHECK_FAILS(ERR_INVALID, launch_frame_open(STR("\1nothing"), &row, &arena, &list));
}

TEST(a_list_that_ends_where_it_should_not_is_broken)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(ROOM);
    struct launch made = launch_of(4), launch;
    CHECK_OK(codec_pack(&launch_concept, &made, 1, &arena, &packed));
    for (size_t len = 1; len < packed.len; len++) {
        struct launch_list list = {str_bytes(packed.at, len)};
        CHECK(!launch_next(&list, &launch) && list.broken && !launch_next(&list, &launch));
    }
}

TEST(a_digest_misses_nothing_and_seldom_says_yes_to_what_is_not_there)
{
    OWN(buf) digest = BUF(ROOM);
    struct launch made[12];
    int wrong = 0;
    for (int i = 0; i < 12; i++)
        made[i] = launch_of(i);
    launch_digest_put(made, 12, &digest);
    for (int i = 0; i < 12; i++)
        CHECK(launch_digest_may(buf_str(&digest), &(struct launch_words){launch_name(made[i].path),
                                                                         made[i].sha256, made[i].package}));
    for (int i = 0; i < 1000; i++) {
        char name[32];
        snprintf(name, sizeof name, "absent-%d", i);
        wrong += launch_digest_may(buf_str(&digest), &(struct launch_words){.name = str(name)});
    }
    CHECK(wrong < 30 && digest.len < 60);
    CHECK(str_eq(launch_name(STR("/a/b")), STR("b")) && str_eq(launch_name(STR("b")), STR("b")));
    CHECK(launch_digest_may(STR(""), &(struct launch_words){.name = STR("any")}));
}

TEST(the_digests_of_a_day_are_read_up_to_where_they_are_cut_short)
{
    OWN(buf) digests = BUF(ROOM);
    struct digest_part part;
    digest_part_put(&(struct digest_part){23, 300, STR("sealed")}, &digests);
    digest_part_put(&(struct digest_part){0, 1, STR("")}, &digests);
    str_t rest = buf_str(&digests);
    CHECK(digest_part_next(&rest, &part) && part.hour == 23 && part.step == 300 &&
          str_eq(part.sealed, STR("sealed")));
    CHECK(digest_part_next(&rest, &part) && part.hour == 0 && !part.sealed.len &&
          !digest_part_next(&rest, &part));
    for (size_t len = 0; len < 11; len++) {
        rest = str_bytes(digests.at, len);
        CHECK(!digest_part_next(&rest, &part));
    }
}

TESTS(a_folded_row_gives_back_each_launch_whole_in_order_and_once,
      a_frame_as_an_upload_brought_it_is_read_as_it_is, a_list_that_ends_where_it_should_not_is_broken,
      a_digest_misses_nothing_and_seldom_says_yes_to_what_is_not_there,
      the_digests_of_a_day_are_read_up_to_where_they_are_cut_short)
