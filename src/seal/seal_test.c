/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/seal.h"

#include "sys/env_virtual.h"
#include "test/test.h"

enum { ROOM = 1 << 20 };

struct given {
    struct world world;
    struct env *env;
    struct key public, private;
    struct seal_place place;
};
typedef struct given given_own;
static void given_drop(struct given *given) { world_drop(&given->world); }

static err_t given_a_subject(struct given *given)
{
    OWN(key) seed;
    world_open(&given->world, 11);
    given->env = &given->world.env;
    key_random(given->env, &seed);
    pair_from(&seed, &given->public, &given->private);
    given->place = (struct seal_place){ident_new(given->env), ident_new(given->env), 7};
    return crypt_start();
}

/* As a reader does it: the keys process opens the box, and the data key opens the record. */
static err_t opened(const struct given *given, const struct seal_place *place, str_t sealed, buf_t *out_frame)
{
    OWN(key) data_key;
    OWN(buf) plain = BUF(KEY_SIZE);
    str_t box;
    TRY(seal_box(sealed, &box));
    TRY(box_open(&given->public, &given->private, box, &plain));
    TRY(key_from(buf_str(&plain), &data_key));
    return seal_get(&data_key, place, sealed, out_frame);
}

static bool locked(const struct given *given, const struct seal_place *place, str_t sealed)
{
    OWN(buf) frame = BUF(ROOM);
    buf_put(&frame, STR("before"));
    return opened(given, place, sealed, &frame) == ERR_LOCKED && str_eq(buf_str(&frame), STR("before"));
}

TEST(a_sealed_record_opens_for_its_subject)
{
    OWN(given) given = {0};
    char frame[3000];
    CHECK_OK(given_a_subject(&given));
    given.env->random(given.env, frame, sizeof frame);
    for (size_t len = 0; len <= sizeof frame; len += len < 70 ? 1 : 293) {
        OWN(buf) sealed = BUF(ROOM);
        OWN(buf) back = BUF(ROOM);
        seal_put(given.env, &given.public, &given.place, str_bytes(frame, len), &sealed);
        CHECK_OK(buf_end(&sealed));
        CHECK(sealed.len == SEAL_EXTRA + padme(len + 1));
        CHECK_OK(opened(&given, &given.place, buf_str(&sealed), &back));
        CHECK(str_eq(buf_str(&back), str_bytes(frame, len)));
    }
}

TEST(a_frame_of_zeros_or_of_padding_marks_comes_back_whole)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_subject(&given));
    static const str_t frames[] = {{"\0\0\0\0", 4}, {"\x80", 1}, {"\x80\0\0", 3}, {"x\0\x80\0\x80", 5}};
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        OWN(buf) sealed = BUF(ROOM);
        OWN(buf) back = BUF(ROOM);
        buf_put(&back, STR("before"));
        seal_put(given.env, &given.public, &given.place, frames[i], &sealed);
        CHECK_OK(opened(&given, &given.place, buf_str(&sealed), &back));
        CHECK(back.len == 6 + frames[i].len && !memcmp(back.at + 6, frames[i].at, frames[i].len));
    }
}

TEST(a_record_moved_to_another_place_stays_locked)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(ROOM);
    OWN(buf) back = BUF(ROOM);
    CHECK_OK(given_a_subject(&given));
    seal_put(given.env, &given.public, &given.place, STR("frame"), &sealed);
    struct seal_place realm = given.place, id = given.place, concept = given.place, swapped = given.place;
    realm.realm.bytes[15] ^= 1;
    id.id.bytes[0] ^= 0x80;
    concept.concept = 6;
    swapped.realm = given.place.id;
    swapped.id = given.place.realm;
    CHECK(locked(&given, &realm, buf_str(&sealed)));
    CHECK(locked(&given, &id, buf_str(&sealed)));
    CHECK(locked(&given, &concept, buf_str(&sealed)));
    CHECK(locked(&given, &swapped, buf_str(&sealed)));
    concept.concept = 7 + 256;
    CHECK(locked(&given, &concept, buf_str(&sealed)));
    CHECK_OK(opened(&given, &given.place, buf_str(&sealed), &back));
}

TEST(a_record_altered_in_any_byte_stays_locked)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(ROOM);
    OWN(buf) back = BUF(ROOM);
    CHECK_OK(given_a_subject(&given));
    seal_put(given.env, &given.public, &given.place, STR("frame"), &sealed);
    for (size_t at = 0; at < sealed.len; at++)
        for (int bit = 0; bit < 8; bit++) {
            sealed.at[at] ^= (char)(1 << bit);
            CHECK(locked(&given, &given.place, buf_str(&sealed)));
            sealed.at[at] ^= (char)(1 << bit);
        }
    CHECK_OK(opened(&given, &given.place, buf_str(&sealed), &back));
}

TEST(a_record_cut_short_or_continued_stays_locked)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(ROOM);
    CHECK_OK(given_a_subject(&given));
    seal_put(given.env, &given.public, &given.place, STR("frame"), &sealed);
    for (size_t len = 0; len < sealed.len; len++)
        CHECK(locked(&given, &given.place, str_bytes(sealed.at, len)));
    buf_put_byte(&sealed, 0);
    CHECK(locked(&given, &given.place, buf_str(&sealed)));
}

TEST(another_subject_or_another_records_key_opens_nothing)
{
    OWN(given) given = {0};
    OWN(buf) one = BUF(ROOM);
    OWN(buf) two = BUF(ROOM);
    OWN(buf) mixed = BUF(ROOM);
    CHECK_OK(given_a_subject(&given));
    seal_put(given.env, &given.public, &given.place, STR("frame"), &one);
    seal_put(given.env, &given.public, &given.place, STR("frame"), &two);
    buf_put(&mixed, str_bytes(one.at, 1 + SEAL_BOX));
    buf_put(&mixed, str_bytes(two.at + 1 + SEAL_BOX, two.len - 1 - SEAL_BOX));
    CHECK(locked(&given, &given.place, buf_str(&mixed)));
    OWN(key) seed;
    key_random(given.env, &seed);
    pair_from(&seed, &given.public, &given.private);
    CHECK(locked(&given, &given.place, buf_str(&one)));
}

TEST(the_same_record_sealed_twice_shares_no_bytes)
{
    OWN(given) given = {0};
    OWN(buf) one = BUF(ROOM);
    OWN(buf) two = BUF(ROOM);
    size_t same = 0;
    CHECK_OK(given_a_subject(&given));
    seal_put(given.env, &given.public, &given.place, STR("the same frame, long enough to compare"), &one);
    seal_put(given.env, &given.public, &given.place, STR("the same frame, long enough to compare"), &two);
    CHECK(one.len == two.len && one.at[0] == two.at[0]);
    for (size_t at = 1; at < one.len; at++)
        same += one.at[at] == two.at[at];
    CHECK(same < 12); /* of some 160, where one in 256 is the same by chance */
}

/* Algorithm 1 of Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs". */
static size_t padme_of_the_paper(size_t len)
{
    unsigned exponent = 0, bits = 0;
    while (len >> exponent > 1)
        exponent++;
    while (exponent >> bits)
        bits++;
    size_t mask = exponent > bits ? ((size_t)1 << (exponent - bits)) - 1 : 0;
    return (len + mask) & ~mask;
}

TEST(lengths_are_padded_as_the_paper_says)
{
    static const size_t large[] = {1u << 20, (1u << 20) + 1, 16000000, ((size_t)1 << 32) - 1,
                                   ((size_t)1 << 40) + 7};
    for (size_t len = 2; len <= 100000; len++)
        CHECK(padme(len) == padme_of_the_paper(len));
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        CHECK(padme(large[i]) == padme_of_the_paper(large[i]));
    CHECK(padme(0) == 0 && padme(1) == 1 && padme(9) == 10 && padme(1000) == 1024 && padme(1025) == 1088);
}

TEST(padding_costs_at_most_12_percent_and_keeps_the_order_of_lengths)
{
    size_t lengths = 0, last = 0;
    for (size_t len = 1; len <= 1000000; len++) {
        size_t padded = padme(len);
        CHECK(padded >= len && (padded - len) * 100 <= len * 12 && padded >= last);
        CHECK(padme(padded) == padded);
        lengths += padded != last;
        last = padded;
    }
    CHECK(lengths < 300); /* what a length up to a million tells: one of these, and no more */
}

/* The layout of the header's text, put together apart from seal_put: a reader of it in another language would do this. */
static void put_by_hand(const struct given *given, str_t padded, buf_t *out)
{
    OWN(key) data_key;
    OWN(buf) ad = BUF(64);
    key_random(given->env, &data_key);
    buf_put(&ad, STR("custody "));
    buf_put(&ad, ident_bytes(&given->place.realm));
    buf_put(&ad, STR("\0\0\0\x07"));
    buf_put(&ad, ident_bytes(&given->place.id));
    buf_put_byte(&ad, 1);
    buf_put_byte(out, 1);
    box_seal(&given->public, key_bytes(&data_key), out);
    aead_seal(given->env, &data_key, buf_str(&ad), padded, out);
}

TEST(the_layout_is_the_one_written_down)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(ROOM);
    OWN(buf) back = BUF(ROOM);
    CHECK_OK(given_a_subject(&given));
    put_by_hand(&given, STR("frame\x80\0\0"), &sealed);
    CHECK_OK(opened(&given, &given.place, buf_str(&sealed), &back));
    CHECK(str_eq(buf_str(&back), STR("frame")));
}

TEST(a_record_without_its_padding_is_broken)
{
    static const str_t wrong[] = {{"", 0}, {"\0\0\0", 3}, {"frame", 5}, {"frame\0", 6}, {"frame\x80x", 7}};
    OWN(given) given = {0};
    CHECK_OK(given_a_subject(&given));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        OWN(buf) sealed = BUF(ROOM);
        OWN(buf) back = BUF(ROOM);
        buf_put(&back, STR("before\x80"));
        put_by_hand(&given, wrong[i], &sealed);
        CHECK_FAILS(ERR_BROKEN, opened(&given, &given.place, buf_str(&sealed), &back));
        CHECK(str_eq(buf_str(&back), STR("before\x80")));
    }
}

TEST(a_version_of_a_later_program_is_locked)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(ROOM);
    str_t box;
    CHECK_OK(given_a_subject(&given));
    seal_put(given.env, &given.public, &given.place, STR("frame"), &sealed);
    sealed.at[0] = 2;
    CHECK_FAILS(ERR_LOCKED, seal_box(buf_str(&sealed), &box));
}

TEST(a_record_that_does_not_fit_is_too_large)
{
    OWN(given) given = {0};
    OWN(buf) small = BUF(SEAL_EXTRA + 5);
    OWN(buf) sealed = BUF(ROOM);
    OWN(buf) back = BUF(4);
    CHECK_OK(given_a_subject(&given));
    seal_put(given.env, &given.public, &given.place, STR("frame"), &small);
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&small));
    seal_put(given.env, &given.public, &given.place, STR("frame"), &sealed);
    CHECK_FAILS(ERR_TOO_LARGE, opened(&given, &given.place, buf_str(&sealed), &back));
}

TESTS(a_sealed_record_opens_for_its_subject, a_frame_of_zeros_or_of_padding_marks_comes_back_whole,
      a_record_moved_to_another_place_stays_locked, a_record_altered_in_any_byte_stays_locked,
      a_record_cut_short_or_continued_stays_locked, another_subject_or_another_records_key_opens_nothing,
      the_same_record_sealed_twice_shares_no_bytes, lengths_are_padded_as_the_paper_says,
      padding_costs_at_most_12_percent_and_keeps_the_order_of_lengths, the_layout_is_the_one_written_down,
      a_record_without_its_padding_is_broken, a_version_of_a_later_program_is_locked,
      a_record_that_does_not_fit_is_too_large)
