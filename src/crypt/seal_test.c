/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/seal.h"
#include "sys/env_virtual.h"
#include "test/test.h"

#include <signal.h>
#include <sys/wait.h>

static const str_t plain = {"what a person is called", 23};
static const str_t place = {"tenant, concept, record", 23};

/* A virtual world and a key made in it. */
struct given {
    struct world world;
    struct env *env;
    struct key key;
};
typedef struct given given_own;
static void given_drop(struct given *given) { world_drop(&given->world); }

static err_t given_a_key(struct given *given)
{
    TRY(crypt_start());
    world_open(&given->world, 1);
    given->env = &given->world.env;
    key_random(given->env, &given->key);
    return ERR_OK;
}

static void put_unhex(const char *hex, buf_t *out)
{
    for (unsigned byte = 0; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        buf_put_byte(out, (uint8_t)byte);
}

static bool is_hex(str_t bytes, const char *wanted)
{
    OWN(buf) hex = BUF(1024);
    buf_put_hex(&hex, bytes);
    return str_eq(buf_str(&hex), str(wanted));
}

/* The output of an opening that was refused is as it was. */
static bool refused(err_t code, const buf_t *out)
{
    return code == ERR_LOCKED && str_eq(buf_str(out), STR("before")) && buf_end(out) == ERR_OK;
}

TEST(sealed_bytes_open_with_their_key_and_place)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_key(&given));
    for (size_t len = 0; len <= plain.len; len++) {
        OWN(buf) sealed = BUF(256);
        OWN(buf) opened = BUF(256);
        buf_put(&opened, STR("before"));
        aead_seal(given.env, &given.key, place, str_bytes(plain.at, len), &sealed);
        CHECK_OK(buf_end(&sealed));
        CHECK(sealed.len == len + AEAD_EXTRA);
        CHECK_OK(aead_open(&given.key, place, buf_str(&sealed), &opened));
        CHECK(opened.len == 6 + len && !memcmp(opened.at + 6, plain.at, len));
    }
}

TEST(no_altered_bit_of_a_seal_goes_unseen)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(256);
    OWN(buf) opened = BUF(256);
    CHECK_OK(given_a_key(&given));
    buf_put(&opened, STR("before"));
    aead_seal(given.env, &given.key, place, plain, &sealed);
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        sealed.at[bit / 8] ^= (char)(1 << bit % 8);
        CHECK(refused(aead_open(&given.key, place, buf_str(&sealed), &opened), &opened));
        sealed.at[bit / 8] ^= (char)(1 << bit % 8);
    }
    CHECK_OK(aead_open(&given.key, place, buf_str(&sealed), &opened));
}

TEST(a_seal_cut_short_or_continued_does_not_open)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(256);
    OWN(buf) opened = BUF(256);
    CHECK_OK(given_a_key(&given));
    buf_put(&opened, STR("before"));
    aead_seal(given.env, &given.key, place, plain, &sealed);
    for (size_t len = 0; len < sealed.len; len++)
        CHECK(refused(aead_open(&given.key, place, str_bytes(sealed.at, len), &opened), &opened));
    buf_put_byte(&sealed, 0);
    CHECK(refused(aead_open(&given.key, place, buf_str(&sealed), &opened), &opened));
}

TEST(a_seal_opens_nowhere_but_in_its_place)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(256);
    OWN(buf) opened = BUF(256);
    struct key other;
    CHECK_OK(given_a_key(&given));
    key_random(given.env, &other);
    buf_put(&opened, STR("before"));
    aead_seal(given.env, &given.key, place, plain, &sealed);
    CHECK(refused(aead_open(&given.key, STR(""), buf_str(&sealed), &opened), &opened));
    CHECK(
        refused(aead_open(&given.key, STR("tenant, concept, record\0"), buf_str(&sealed), &opened), &opened));
    CHECK(refused(aead_open(&given.key, STR("tenant, concept, recorc"), buf_str(&sealed), &opened), &opened));
    CHECK(refused(aead_open(&other, place, buf_str(&sealed), &opened), &opened));
}

TEST(the_same_bytes_sealed_twice_share_nothing)
{
    OWN(given) given = {0};
    OWN(buf) one = BUF(256);
    OWN(buf) two = BUF(256);
    CHECK_OK(given_a_key(&given));
    aead_seal(given.env, &given.key, place, plain, &one);
    aead_seal(given.env, &given.key, place, plain, &two);
    CHECK(memcmp(one.at, two.at, 24) != 0 && memcmp(one.at + 24, two.at + 24, plain.len) != 0);
}

TEST(a_seal_that_does_not_fit_is_too_large)
{
    OWN(given) given = {0};
    OWN(buf) small = BUF(plain.len + AEAD_EXTRA - 1);
    OWN(buf) sealed = BUF(256);
    OWN(buf) opened = BUF(plain.len - 1);
    CHECK_OK(given_a_key(&given));
    aead_seal(given.env, &given.key, place, plain, &small);
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&small));
    aead_seal(given.env, &given.key, place, plain, &sealed);
    CHECK_FAILS(ERR_TOO_LARGE, aead_open(&given.key, place, buf_str(&sealed), &opened));
}

/* draft-irtf-cfrg-xchacha-03, appendix A.3.1: nonce, ciphertext and tag. */
TEST(the_seal_is_xchacha20_poly1305)
{
    OWN(buf) sealed = BUF(1024);
    OWN(buf) ad = BUF(64);
    OWN(buf) opened = BUF(1024);
    struct key key;
    CHECK_OK(crypt_start());
    for (size_t i = 0; i < KEY_SIZE; i++)
        key.bytes[i] = (uint8_t)(0x80 + i);
    put_unhex("50515253c0c1c2c3c4c5c6c7", &ad);
    put_unhex(
        "404142434445464748494a4b4c4d4e4f5051525354555657"
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
        "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52e"
        "c0875924c1c7987947deafd8780acf49",
        &sealed);
    CHECK_OK(aead_open(&key, buf_str(&ad), buf_str(&sealed), &opened));
    CHECK(str_eq(buf_str(&opened),
                 STR("Ladies and Gentlemen of the class of '99: If I could offer you only one "
                     "tip for the future, sunscreen would be it.")));
}

TEST(who_seals_to_a_public_key_needs_no_secret)
{
    OWN(given) given = {0};
    OWN(buf) one = BUF(256);
    OWN(buf) two = BUF(256);
    OWN(buf) opened = BUF(256);
    struct key public, private;
    CHECK_OK(given_a_key(&given));
    pair_from(&given.key, &public, &private);
    box_seal(&public, plain, &one);
    box_seal(&public, plain, &two);
    CHECK_OK(buf_end(&one));
    CHECK(one.len == plain.len + BOX_EXTRA && !str_eq(buf_str(&one), buf_str(&two)));
    CHECK_OK(box_open(&public, &private, buf_str(&one), &opened));
    CHECK_OK(box_open(&public, &private, buf_str(&two), &opened));
    CHECK(opened.len == 2 * plain.len && !memcmp(opened.at + plain.len, plain.at, plain.len));
    OWN(buf) empty = BUF(256);
    box_seal(&public, STR(""), &empty);
    CHECK_OK(box_open(&public, &private, buf_str(&empty), &opened));
    CHECK(opened.len == 2 * plain.len);
}

TEST(a_box_that_was_altered_or_cut_does_not_open)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(256);
    OWN(buf) opened = BUF(256);
    struct key public, private;
    CHECK_OK(given_a_key(&given));
    pair_from(&given.key, &public, &private);
    buf_put(&opened, STR("before"));
    box_seal(&public, plain, &sealed);
    for (size_t at = 0; at < sealed.len; at++) {
        sealed.at[at] ^= 1;
        CHECK(refused(box_open(&public, &private, buf_str(&sealed), &opened), &opened));
        sealed.at[at] ^= 1;
        CHECK(refused(box_open(&public, &private, str_bytes(sealed.at, at), &opened), &opened));
    }
    buf_put_byte(&sealed, 0);
    CHECK(refused(box_open(&public, &private, buf_str(&sealed), &opened), &opened));
}

TEST(a_box_opens_with_its_own_pair_only)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(256);
    OWN(buf) opened = BUF(256);
    struct key public, private, seed, other_public, other_private, same_public, same_private;
    CHECK_OK(given_a_key(&given));
    key_random(given.env, &seed);
    pair_from(&given.key, &public, &private);
    pair_from(&given.key, &same_public, &same_private);
    pair_from(&seed, &other_public, &other_private);
    buf_put(&opened, STR("before"));
    box_seal(&public, plain, &sealed);
    CHECK(refused(box_open(&other_public, &other_private, buf_str(&sealed), &opened), &opened));
    CHECK(refused(box_open(&public, &other_private, buf_str(&sealed), &opened), &opened));
    CHECK(refused(box_open(&other_public, &private, buf_str(&sealed), &opened), &opened));
    CHECK_OK(box_open(&same_public, &same_private, buf_str(&sealed), &opened));
}

TEST(a_point_of_small_order_is_no_public_key)
{
    OWN(buf) sealed = BUF(256);
    CHECK_OK(crypt_start());
    box_seal(&(struct key){{0}}, plain, &sealed);
    CHECK_FAILS(ERR_INVALID, buf_end(&sealed));
}

/* Keyed BLAKE2b-256 of "what for", a NUL and "input" under the bytes 0 to 31, computed apart from this code. */
TEST(a_derived_key_is_keyed_blake2b_of_its_use_and_input)
{
    struct key key, derived;
    CHECK_OK(crypt_start());
    for (size_t i = 0; i < KEY_SIZE; i++)
        key.bytes[i] = (uint8_t)i;
    key_derive(&key, "what for", STR("input"), &derived);
    CHECK(is_hex(key_bytes(&derived), "d40d1fd50c1612f1e0418c09798e7f7e9d962903afe5ddc9c6be898a4b7bc6da"));
}

TEST(keys_derived_for_two_uses_or_inputs_are_two_keys)
{
    OWN(given) given = {0};
    struct key other, derived[6];
    CHECK_OK(given_a_key(&given));
    key_random(given.env, &other);
    key_derive(&given.key, "ab", STR("c"), &derived[0]);
    key_derive(&given.key, "a", STR("bc"), &derived[1]);
    key_derive(&given.key, "abc", STR(""), &derived[2]);
    key_derive(&given.key, "ab", STR(""), &derived[3]);
    key_derive(&given.key, "ab", STR("c\0"), &derived[4]);
    key_derive(&other, "ab", STR("c"), &derived[5]);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < i; j++)
            CHECK(!bytes_equal(key_bytes(&derived[i]), key_bytes(&derived[j])));
    key_derive(&given.key, "ab", STR("c"), &other);
    CHECK(bytes_equal(key_bytes(&other), key_bytes(&derived[0])));
}

/* FIPS 180-2, appendix B.1, and the digest of nothing. */
TEST(a_digest_is_sha_256)
{
    uint8_t out[DIGEST_SIZE];
    digest(STR("abc"), out);
    CHECK(is_hex(str_bytes(out, sizeof out),
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    digest(STR(""), out);
    CHECK(is_hex(str_bytes(out, sizeof out),
                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

/*
 * Argon2id version 1.3, 3 passes, 64 MiB, one lane, computed with the authors' reference implementation (libargon2
 * 20171227), which gives RFC 9106's own vector (section 5.3) for that one's parameters. The RFC's vector itself has
 * four lanes, a secret and associated data, which libsodium does not take.
 */
TEST(a_password_is_stretched_by_argon2id)
{
    uint8_t salt[SALT_SIZE];
    struct key key, other;
    CHECK_OK(crypt_start());
    for (size_t i = 0; i < SALT_SIZE; i++)
        salt[i] = (uint8_t)i;
    CHECK_OK(password_stretch(env_real(), STR("password"), salt, &key));
    CHECK(is_hex(key_bytes(&key), "def6fd068289b9a0cf1114f8e978a2c4dab6faef377d895b9c2d59fc93fc5653"));
    salt[0] = 1;
    CHECK_OK(password_stretch(env_real(), STR("password"), salt, &other));
    CHECK(!bytes_equal(key_bytes(&key), key_bytes(&other)));
}

TEST(bytes_are_equal_only_where_all_of_them_are)
{
    CHECK(bytes_equal(STR("abc"), STR("abc")) && bytes_equal(STR(""), STR("")));
    CHECK(!bytes_equal(STR("abc"), STR("abd")) && !bytes_equal(STR("abc"), STR("ab")));
    CHECK(!bytes_equal(STR("\0"), STR("\0\0")));
}

TEST(a_key_is_32_bytes_and_is_wiped)
{
    static const struct key wiped;
    struct key key = {{7}};
    CHECK_FAILS(ERR_INVALID, key_from(STR("31 bytes are not enough for it."), &key));
    CHECK_FAILS(ERR_INVALID, key_from(STR("33 bytes are one too many for it."), &key));
    CHECK(key.bytes[0] == 7);
    CHECK_OK(key_from(STR("32 bytes are just enough for it."), &key));
    CHECK(str_eq(key_bytes(&key), STR("32 bytes are just enough for it.")));
    key_drop(&key);
    CHECK(!memcmp(&key, &wiped, sizeof key));
}

static int signal_of(void (*act)(volatile uint8_t *), struct key *key)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        act(key->bytes);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

__attribute__((no_sanitize("address", "undefined"))) static void read_inside(volatile uint8_t *at)
{
    (void)at[KEY_SIZE - 1];
}

__attribute__((no_sanitize("address", "undefined"))) static void read_past(volatile uint8_t *at)
{
    (void)at[KEY_SIZE];
}

__attribute__((no_sanitize("address", "undefined"))) static void write_inside(volatile uint8_t *at)
{
    at[0] = 1;
}

TEST(a_secret_lies_between_guard_pages_and_is_not_written_again)
{
    OWN(given) given = {0};
    OWN(secret) secret = {0};
    CHECK_OK(given_a_key(&given));
    CHECK_OK(secret_make(&given.key, &secret));
    CHECK(secret.key != &given.key && bytes_equal(key_bytes(secret.key), key_bytes(&given.key)));
    CHECK(signal_of(read_inside, secret.key) == 0);
    CHECK(signal_of(read_past, secret.key) == SIGSEGV);
    CHECK(signal_of(write_inside, secret.key) == SIGSEGV);
}

TEST(a_dropped_secret_is_gone)
{
    OWN(given) given = {0};
    OWN(secret) secret = {0};
    CHECK_OK(given_a_key(&given));
    CHECK_OK(secret_make(&given.key, &secret));
    struct key *was = secret.key;
    secret_drop(&secret);
    CHECK(!secret.key && signal_of(read_inside, was) == SIGSEGV);
    secret_drop(&secret);
}

TESTS(sealed_bytes_open_with_their_key_and_place, no_altered_bit_of_a_seal_goes_unseen,
      a_seal_cut_short_or_continued_does_not_open, a_seal_opens_nowhere_but_in_its_place,
      the_same_bytes_sealed_twice_share_nothing, a_seal_that_does_not_fit_is_too_large,
      the_seal_is_xchacha20_poly1305, who_seals_to_a_public_key_needs_no_secret,
      a_box_that_was_altered_or_cut_does_not_open, a_box_opens_with_its_own_pair_only,
      a_point_of_small_order_is_no_public_key, a_derived_key_is_keyed_blake2b_of_its_use_and_input,
      keys_derived_for_two_uses_or_inputs_are_two_keys, a_digest_is_sha_256,
      a_password_is_stretched_by_argon2id, bytes_are_equal_only_where_all_of_them_are,
      a_key_is_32_bytes_and_is_wiped, a_secret_lies_between_guard_pages_and_is_not_written_again,
      a_dropped_secret_is_gone)
