/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/part.h"

#include "sys/env_virtual.h"
#include "test/test.h"

struct scene {
    struct world world;
    uint8_t kit[KIT_BYTES];
    struct part parts[GUARDIANS_MOST];
};

static err_t given_parts(struct scene *scene, uint8_t need, uint8_t count)
{
    world_open(&scene->world, 7);
    scene->world.env.random(&scene->world.env, scene->kit, KIT_BYTES);
    return kit_split(&scene->world.env, scene->kit, &(struct part_set){0x1234, 3, need, count}, scene->parts);
}

/* The parts in the mask, joined. */
static err_t joined_of(struct scene *scene, unsigned mask, struct joined *out)
{
    struct part some[GUARDIANS_MOST];
    size_t count = 0;
    for (unsigned i = 0; i < GUARDIANS_MOST; i++)
        if (mask >> i & 1)
            some[count++] = scene->parts[i];
    return kit_join(&scene->world.env, some, count, out);
}

static bool every_choice_holds(struct scene *scene, uint8_t need, uint8_t count)
{
    bool all = given_parts(scene, need, count) == ERR_OK;
    for (unsigned mask = 1; mask < 1u << count; mask++) {
        struct joined joined = {.wrong = 0};
        bool enough = __builtin_popcount(mask) >= need;
        err_t result = joined_of(scene, mask, &joined);
        all &= (result == ERR_OK) == enough;
        all &= !enough || (!joined.wrong && !memcmp(joined.kit, scene->kit, KIT_BYTES));
    }
    return all;
}

TEST(any_k_of_n_parts_give_the_kit_and_fewer_do_not)
{
    struct scene scene;
    for (uint8_t count = GUARDIANS_LEAST; count <= 6; count++)
        for (uint8_t need = GUARDIANS_LEAST; need <= count; need++)
            CHECK(every_choice_holds(&scene, need, count));
    CHECK(every_choice_holds(&scene, 10, 10) && every_choice_holds(&scene, 7, 10));
    CHECK_FAILS(ERR_INVALID, given_parts(&scene, 1, 3));
    CHECK_FAILS(ERR_INVALID, given_parts(&scene, 4, 3));
    CHECK_FAILS(ERR_INVALID, given_parts(&scene, 2, 11));
}

/* Whatever one part of two is, there is another half for every kit: alone it says nothing. Two kits, the same randomness: what
 * differs in a part differs by what the kits differ by, spread by its number, and by nothing else that could be compared with. */
TEST(one_part_of_two_takes_every_value_whatever_the_kit_is)
{
    enum { TRIES = 4096 };
    unsigned seen[2][256] = {{0}};
    struct world world;
    world_open(&world, 11);
    for (unsigned kit = 0; kit < 2; kit++)
        for (unsigned i = 0; i < TRIES; i++) {
            uint8_t bytes[KIT_BYTES];
            struct part parts[2];
            memset(bytes, kit ? 0xff : 0, sizeof bytes);
            CHECK_OK(kit_split(&world.env, bytes, &(struct part_set){1, 1, 2, 2}, parts));
            seen[kit][parts[0].share[0]]++;
        }
    for (unsigned value = 0; value < 256; value++)
        CHECK(seen[0][value] < 64 && seen[1][value] < 64); /* 16 on the average */
}

TEST(a_wrong_part_is_named_where_there_is_one_more_than_needed)
{
    struct scene scene;
    struct joined joined = {.wrong = 0};
    CHECK_OK(given_parts(&scene, 3, 5));
    scene.parts[1].share[4] ^= 1;
    CHECK_FAILS(ERR_INVALID, joined_of(&scene, 0x07, &joined));
    CHECK(strstr(err_note(), "one of them is wrong"));
    CHECK_OK(joined_of(&scene, 0x0f, &joined));
    CHECK(joined.wrong == 1 << 2 && !memcmp(joined.kit, scene.kit, KIT_BYTES));
}

TEST(mixed_and_double_parts_are_each_named)
{
    struct scene scene;
    CHECK_OK(given_parts(&scene, 2, 3));
    struct part other = scene.parts[1];
    CHECK_OK(part_fits(scene.parts, 1, &other));
    CHECK_FAILS(ERR_INVALID, part_fits(scene.parts, 2, &other));
    CHECK(strstr(err_note(), "part 2 is there already"));
    other.set.number = 2;
    CHECK_FAILS(ERR_INVALID, part_fits(scene.parts, 1, &other));
    CHECK(strstr(err_note(), "part 2 is of set 2, the others are of set 3"));
    other.set.client++;
    CHECK_FAILS(ERR_INVALID, part_fits(scene.parts, 1, &other));
    CHECK(strstr(err_note(), "another client"));
}

TEST(a_part_is_typed_back_and_a_slip_is_told)
{
    struct scene scene;
    struct part back;
    OWN(buf) text = BUF(PART_TEXT);
    CHECK_OK(given_parts(&scene, 2, 3));
    part_put(&scene.parts[2], &text);
    CHECK(text.len == 59);
    CHECK_OK(part_read(buf_str(&text), &back));
    CHECK(back.number == 3 && back.set.need == 2 && back.set.number == 3 && back.set.client == 0x1234);
    CHECK(!memcmp(back.share, scene.parts[2].share, SHARE_BYTES));
    for (size_t at = 0; at < text.len; at++) {
        char was = text.at[at];
        if (was == '-')
            continue;
        text.at[at] = was == 'Z' ? 'Y' : 'Z';
        CHECK_FAILS(ERR_INVALID, part_read(buf_str(&text), &back));
        text.at[at] = was;
    }
    CHECK_FAILS(ERR_INVALID, part_read(str_bytes(text.at, text.len - 1), &back));
}

TESTS(any_k_of_n_parts_give_the_kit_and_fewer_do_not, one_part_of_two_takes_every_value_whatever_the_kit_is,
      a_wrong_part_is_named_where_there_is_one_more_than_needed, mixed_and_double_parts_are_each_named,
      a_part_is_typed_back_and_a_slip_is_told)
