/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/chain.h"

#include "sys/env_virtual.h"
#include "test/test.h"

enum { ROOM = 1 << 16 };

struct given {
    struct world world;
    struct env *env;
    struct key public, private, key; /* of the subject; of this hour */
    uint8_t box[SEAL_BOX];
    struct chain_place place;
    buf_t sealed;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    buf_drop(&given->sealed);
    world_drop(&given->world);
}

static void row_seal(struct given *given, str_t frame)
{
    struct key rows;
    buf_clear(&given->sealed);
    chain_rows(&given->key, &rows);
    chain_put(given->env, &rows, &given->place, frame, &given->sealed);
}

static err_t given_a_row(struct given *given)
{
    OWN(key) seed;
    world_open(&given->world, 5);
    given->env = &given->world.env;
    given->sealed = (buf_t)BUF(ROOM);
    given->place = (struct chain_place){ident_new(given->env), 10, 77, 498846, CHAIN_ROWS};
    TRY(crypt_start());
    key_random(given->env, &seed);
    pair_from(&seed, &given->public, &given->private);
    TRY(chain_begin(given->env, &given->public, &given->key, given->box));
    row_seal(given, STR("what was launched"));
    return buf_end(&given->sealed);
}

static err_t opened(const struct given *given, const struct key *key, const struct chain_place *place)
{
    struct key rows;
    OWN(buf) frame = BUF(ROOM);
    chain_rows(key, &rows);
    TRY(chain_get(&rows, place, buf_str(&given->sealed), &frame));
    return str_eq(buf_str(&frame), STR("what was launched")) ? ERR_OK : fail(ERR_BROKEN, "another frame");
}

TEST(whoever_has_the_box_opened_goes_forward_to_the_key_of_every_hour)
{
    OWN(given) given = {0};
    OWN(buf) plain = BUF(KEY_SIZE);
    struct key key;
    CHECK_OK(given_a_row(&given));
    CHECK_OK(box_open(&given.public, &given.private, str_bytes(given.box, SEAL_BOX), &plain));
    CHECK_OK(key_from(buf_str(&plain), &key));
    CHECK_OK(opened(&given, &key, &given.place));
    chain_forward(&given.key, 1);
    chain_forward(&given.key, 4);
    row_seal(&given, STR("what was launched"));
    chain_forward(&key, 5);
    CHECK_OK(opened(&given, &key, &given.place));
}

TEST(a_writer_that_has_gone_on_cannot_open_what_it_sealed_in_the_hour_before)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_row(&given));
    CHECK_OK(opened(&given, &given.key, &given.place));
    chain_forward(&given.key, 1);
    CHECK_FAILS(ERR_LOCKED, opened(&given, &given.key, &given.place));
}

TEST(what_seals_rows_is_not_what_the_next_key_is_made_of)
{
    OWN(given) given = {0};
    struct key rows, later;
    CHECK_OK(given_a_row(&given));
    chain_rows(&given.key, &rows);
    later = given.key;
    chain_forward(&later, 1);
    CHECK(!bytes_equal(key_bytes(&rows), key_bytes(&later)));
    CHECK(!bytes_equal(key_bytes(&rows), key_bytes(&given.key)));
}

TEST(a_row_in_another_place_stays_locked)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_row(&given));
    struct chain_place others[] = {given.place, given.place, given.place, given.place, given.place};
    others[0].realm = ident_new(given.env);
    others[1].concept ++;
    others[2].number++;
    others[3].hour--;
    others[4].part = CHAIN_DIGEST;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK_FAILS(ERR_LOCKED, opened(&given, &given.key, &others[i]));
}

TEST(a_row_that_was_altered_cut_short_or_of_another_form_stays_locked)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_row(&given));
    for (size_t i = 0; i < given.sealed.len; i++) {
        given.sealed.at[i] ^= 1;
        CHECK_FAILS(ERR_LOCKED, opened(&given, &given.key, &given.place));
        given.sealed.at[i] ^= 1;
    }
    for (; given.sealed.len; given.sealed.len--)
        CHECK(given.sealed.len == CHAIN_EXTRA + padme(18) ||
              opened(&given, &given.key, &given.place) == ERR_LOCKED);
}

TEST(frames_of_like_length_have_one_length_at_rest)
{
    OWN(given) given = {0};
    char frame[300] = {0};
    CHECK_OK(given_a_row(&given));
    for (size_t len = 0; len < sizeof frame; len++) {
        row_seal(&given, str_bytes(frame, len));
        CHECK(given.sealed.len == CHAIN_EXTRA + padme(len + 1) && given.sealed.at[0] == CHAIN_VERSION);
    }
}

TEST(a_row_past_its_room_fails_in_its_buffer)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_row(&given));
    buf_drop(&given.sealed);
    given.sealed = (buf_t)BUF(8);
    row_seal(&given, STR("what was launched"));
    CHECK(buf_end(&given.sealed) != ERR_OK);
}

TESTS(whoever_has_the_box_opened_goes_forward_to_the_key_of_every_hour,
      a_writer_that_has_gone_on_cannot_open_what_it_sealed_in_the_hour_before,
      what_seals_rows_is_not_what_the_next_key_is_made_of, a_row_in_another_place_stays_locked,
      a_row_that_was_altered_cut_short_or_of_another_form_stays_locked,
      frames_of_like_length_have_one_length_at_rest, a_row_past_its_room_fails_in_its_buffer)
