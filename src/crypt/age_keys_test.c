/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/age_given.h"
#include "test/test.h"

/* The examples of the format's text: an identity of 32 bytes 0x42, and its recipient. */
TEST(a_key_has_the_one_text_that_the_format_gives_it)
{
    static const char identity_text[] =
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    static const char recipient_text[] = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    OWN(buf) text = BUF(256);
    struct key identity, recipient, read, wanted;
    CHECK_OK(crypt_start());
    memset(wanted.bytes, 0x42, KEY_SIZE);
    CHECK_OK(age_identity_read(str(identity_text), &identity));
    CHECK(bytes_equal(key_bytes(&identity), key_bytes(&wanted)));
    age_recipient_of(&identity, &recipient);
    CHECK_OK(age_recipient_read(str(recipient_text), &read));
    CHECK(bytes_equal(key_bytes(&read), key_bytes(&recipient)));
    age_identity_text(&identity, &text);
    age_recipient_text(&recipient, &text);
    CHECK(text.len == 74 + 62 && !memcmp(text.at, identity_text, 74) &&
          !memcmp(text.at + 74, recipient_text, 62));
}

/* One letter of `text` made another at a time, and its case. */
static bool any_other_letter_reads(err_t (*read)(str_t, struct key *), str_t text)
{
    char other[96] = "";
    struct key key;
    for (size_t at = 0; at < text.len; at++)
        for (int c = 1; c < 256; c++) {
            memcpy(other, text.at, text.len);
            other[at] = (char)c;
            if (other[at] != text.at[at] && read(str_bytes(other, text.len), &key) == ERR_OK)
                return true;
        }
    for (size_t at = 0; at < text.len; at++) {
        bool letter = (text.at[at] | 0x20) >= 'a' && (text.at[at] | 0x20) <= 'z';
        other[at] = (char)(letter ? text.at[at] ^ 0x20 : text.at[at]);
    }
    return read(str_bytes(other, text.len), &key) == ERR_OK;
}

TEST(a_key_with_another_letter_case_or_length_is_none_and_is_not_shown)
{
    OWN(given) given = {0};
    OWN(buf) secret = BUF(256);
    OWN(buf) public = BUF(256);
    struct key key;
    CHECK_OK(given_a_pair(&given));
    age_identity_text(&given.identity, &secret);
    age_recipient_text(&given.recipient, &public);
    CHECK_OK(age_identity_read(buf_str(&secret), &key));
    CHECK(!any_other_letter_reads(age_identity_read, buf_str(&secret)));
    CHECK(!any_other_letter_reads(age_recipient_read, buf_str(&public)));
    for (size_t len = 0; len < secret.len; len++) {
        CHECK_FAILS(ERR_INVALID, age_identity_read(str_bytes(secret.at, len), &key));
        CHECK(len < 20 || !strstr(err_note(), secret.at + 16));
    }
    CHECK_FAILS(ERR_INVALID, age_identity_read(buf_str(&public), &key));
    CHECK_FAILS(ERR_INVALID, age_recipient_read(buf_str(&secret), &key));
    CHECK(str_eq(key_bytes(&key), key_bytes(&given.identity)));
}

/* 32 zero bytes, then a last digit with one of the four bits that no byte holds; the checksum is right. */
TEST(a_key_that_ends_within_a_byte_is_none)
{
    struct key key;
    CHECK_FAILS(
        ERR_INVALID,
        age_recipient_read(STR("age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqpfwgqrs"), &key));
    CHECK(strstr(err_note(), "within a byte"));
}

/* RFC 5869, test cases 1 and 3: the first 32 of their 42 bytes. */
TEST(keys_are_derived_by_hkdf_sha_256)
{
    static const uint8_t salt[13] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const uint8_t info[10] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9};
    uint8_t input[22];
    struct key one, three;
    OWN(buf) hex = BUF(256);
    CHECK_OK(crypt_start());
    memset(input, 0x0b, sizeof input);
    age_hkdf(str_bytes(input, 22), str_bytes(salt, 13), str_bytes(info, 10), &one);
    age_hkdf(str_bytes(input, 22), STR(""), STR(""), &three);
    buf_put_hex(&hex, key_bytes(&one));
    buf_put_hex(&hex, key_bytes(&three));
    CHECK(str_eq(buf_str(&hex), STR("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                                    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")));
}

/* Every byte there is in every place of a text: what is read is written the same again. */
TEST(bytes_have_one_base64)
{
    static const char *const texts[] = {"+/+/", "AZaz09+/", "AA", "AAA", "/w", "++8"};
    uint8_t bytes[AGE_LINE_BYTES];
    size_t len = 0, taken = 0;
    char text[16] = "";
    CHECK_OK(crypt_start());
    for (size_t i = 0; i < 256 * 6 * 8; i++) {
        str_t from = str(texts[i / 256 % 6]);
        memcpy(text, from.at, from.len);
        text[i / 256 / 6 % from.len] = (char)(i & 255);
        if (age_base64_line(str_bytes(text, from.len), false, bytes, &len) != ERR_OK)
            continue;
        OWN(buf) again = BUF(64);
        age_base64_put(&again, str_bytes(bytes, len));
        CHECK(str_eq(buf_str(&again), str_bytes(text, from.len)));
        taken++;
    }
    CHECK(taken > 6 * 64);
    CHECK_FAILS(ERR_INVALID, age_base64_line(STR("AA=="), false, bytes, &len));
    CHECK_FAILS(ERR_INVALID, age_base64_line(STR("AA"), true, bytes, &len));
    CHECK_OK(age_base64_line(STR("AA=="), true, bytes, &len));
}

TESTS(bytes_have_one_base64, a_key_has_the_one_text_that_the_format_gives_it,
      a_key_with_another_letter_case_or_length_is_none_and_is_not_shown,
      a_key_that_ends_within_a_byte_is_none, keys_are_derived_by_hkdf_sha_256)
