/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/sign.h"
#include "test/test.h"

static struct key key_of(const char *hex)
{
    struct key key = {{0}};
    for (size_t i = 0; i < KEY_SIZE; i++) {
        unsigned byte = 0;
        sscanf(hex + 2 * i, "%2x", &byte);
        key.bytes[i] = (uint8_t)byte;
    }
    return key;
}

static bool hex_is(str_t bytes, const char *wanted)
{
    OWN(buf) hex = BUF(256);
    buf_put_hex(&hex, bytes);
    return str_eq(buf_str(&hex), str(wanted));
}

/* RFC 8032 section 7.1, the second test. */
TEST(a_signature_is_that_of_the_rfc)
{
    struct key seed = key_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"), public;
    uint8_t signature[SIGNATURE_SIZE];
    CHECK_OK(crypt_start());
    sign_public(&seed, &public);
    CHECK(hex_is(key_bytes(&public), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    sign(&seed, STR("\x72"), signature);
    CHECK(hex_is(str_bytes(signature, sizeof signature),
                 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"));
    CHECK_OK(sign_check(&public, STR("\x72"), str_bytes(signature, sizeof signature)));
}

TEST(no_altered_bit_of_signature_message_or_key_goes_unseen)
{
    struct key seed = {{7}}, public;
    uint8_t signature[SIGNATURE_SIZE];
    char message[] = "a checkpoint";
    CHECK_OK(crypt_start());
    sign_public(&seed, &public);
    sign(&seed, str(message), signature);
    for (size_t bit = 0; bit < 8 * SIGNATURE_SIZE; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_FAILS(ERR_LOCKED, sign_check(&public, str(message), str_bytes(signature, SIGNATURE_SIZE)));
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * KEY_SIZE; bit++) {
        public.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_FAILS(ERR_LOCKED, sign_check(&public, str(message), str_bytes(signature, SIGNATURE_SIZE)));
        public.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    message[0] ^= 1;
    CHECK_FAILS(ERR_LOCKED, sign_check(&public, str(message), str_bytes(signature, SIGNATURE_SIZE)));
    message[0] ^= 1;
    CHECK_FAILS(ERR_LOCKED, sign_check(&public, str(message), str_bytes(signature, SIGNATURE_SIZE - 1)));
    CHECK_OK(sign_check(&public, str(message), str_bytes(signature, SIGNATURE_SIZE)));
}

/* The same point with a scalar past the order of the group, and a key that signs everything. */
TEST(a_signature_has_one_form_and_a_key_of_small_order_verifies_nothing)
{
    static const uint8_t order[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                    0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
    struct key seed = {{9}}, public, small = {{1}};
    uint8_t signature[SIGNATURE_SIZE], identity[SIGNATURE_SIZE] = {1};
    CHECK_OK(crypt_start());
    sign_public(&seed, &public);
    sign(&seed, STR("once"), signature);
    for (size_t i = 0, carry = 0; i < 32; i++) {
        carry += (size_t)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    CHECK_FAILS(ERR_LOCKED, sign_check(&public, STR("once"), str_bytes(signature, SIGNATURE_SIZE)));
    CHECK_FAILS(ERR_LOCKED, sign_check(&small, STR("once"), str_bytes(identity, SIGNATURE_SIZE)));
}

TESTS(a_signature_is_that_of_the_rfc, no_altered_bit_of_signature_message_or_key_goes_unseen,
      a_signature_has_one_form_and_a_key_of_small_order_verifies_nothing)
