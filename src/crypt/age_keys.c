/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/age_private.h"

#include <sodium.h>

/* Bech32 (BIP 173) of 32 bytes: 52 digits of five bits and six of checksum. */
enum { DIGITS = (KEY_SIZE * 8 + 4) / 5, CHECK = 6, NO_DIGIT = 32 };

struct spelling {
    const char *what, *prefix; /* the prefix in small letters */
    bool capitals;
};
static const struct spelling recipient_spelling = {"recipient", "age", false};
static const struct spelling identity_spelling = {"identity", "age-secret-key-", true};

/* Types of recipient that exist elsewhere: the name in a header, how their recipients and identities begin. */
static const struct {
    const char *name, *recipient, *identity;
} elsewhere[] = {
    {"mlkem768x25519", "age1pq1", "AGE-SECRET-KEY-PQ-1"},
    {"mlkem768p256tag", "age1tagpq1", "AGE-PLUGIN-TAGPQ-1"},
    {"p256tag", "age1tag1", "AGE-PLUGIN-TAG-1"},
    {"piv-p256", "age1yubikey1", "AGE-PLUGIN-YUBIKEY-1"},
    {"ssh-ed25519", "ssh-ed25519 ", "-----BEGIN OPENSSH PRIVATE KEY"},
    {"ssh-rsa", "ssh-rsa ", "-----BEGIN RSA PRIVATE KEY"},
};

const char *age_unsupported(str_t type)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (str_eq(type, str(elsewhere[i].name)))
            return elsewhere[i].name;
    return NULL;
}

static err_t elsewhere_check(str_t text)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (str_starts(text, str(elsewhere[i].recipient)) || str_starts(text, str(elsewhere[i].identity)))
            return fail(ERR_INVALID, "of type %s, which is not implemented here", elsewhere[i].name);
    return ERR_OK;
}

static uint32_t checksum_step(uint32_t sum, unsigned digit)
{
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ digit;
    for (size_t i = 0; i < 5; i++)
        sum ^= -(top >> i & 1) & generator[i];
    return sum;
}

static uint32_t checksum_of(const char *prefix, const uint8_t *digits, size_t count)
{
    uint32_t sum = 1;
    for (const char *at = prefix; *at; at++)
        sum = checksum_step(sum, (unsigned)*at >> 5);
    sum = checksum_step(sum, 0);
    for (const char *at = prefix; *at; at++)
        sum = checksum_step(sum, *at & 31);
    for (size_t i = 0; i < count; i++)
        sum = checksum_step(sum, digits[i]);
    return sum;
}

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static char in_case(char c, bool capitals)
{
    return capitals && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Every letter is looked at, whichever it is: the text may be a secret. */
static uint8_t digit_of(char c, bool capitals)
{
    unsigned digit = NO_DIGIT;
    for (unsigned i = 0; i < NO_DIGIT; i++)
        digit ^= (digit ^ i) & -(unsigned)(in_case(alphabet[i], capitals) == c);
    return (uint8_t)digit;
}

static void key_text(const struct spelling *as, const struct key *key, buf_t *out_text)
{
    uint8_t digits[DIGITS + CHECK] = {0};
    for (size_t bit = 0; bit < KEY_SIZE * 8; bit++)
        digits[bit / 5] |= (uint8_t)((key->bytes[bit / 8] >> (7 - bit % 8) & 1) << (4 - bit % 5));
    uint32_t sum = checksum_of(as->prefix, digits, sizeof digits) ^ 1;
    for (size_t i = 0; i < CHECK; i++)
        digits[DIGITS + i] = sum >> 5 * (CHECK - 1 - i) & 31;
    for (const char *at = as->prefix; *at; at++)
        buf_put_byte(out_text, (uint8_t)in_case(*at, as->capitals));
    buf_put_byte(out_text, '1');
    for (size_t i = 0; i < sizeof digits; i++)
        buf_put_byte(out_text, (uint8_t)in_case(alphabet[digits[i]], as->capitals));
    sodium_memzero(digits, sizeof digits);
}

/* The digits behind the prefix; a letter of the wrong case is no digit. */
static err_t digits_read(const struct spelling *as, str_t text, uint8_t out_digits[DIGITS + CHECK])
{
    size_t prefix = strlen(as->prefix), wrong = 0;
    TRY(elsewhere_check(text));
    if (text.len != prefix + 1 + DIGITS + CHECK)
        return fail(ERR_INVALID, "an age %s of %zu letters", as->what, text.len);
    for (size_t i = 0; i < prefix; i++)
        wrong += text.at[i] != in_case(as->prefix[i], as->capitals);
    if (wrong || text.at[prefix] != '1')
        return fail(ERR_INVALID, "not an age %s", as->what);
    for (size_t i = 0; i < DIGITS + CHECK; i++) {
        out_digits[i] = digit_of(text.at[prefix + 1 + i], as->capitals);
        wrong += out_digits[i] == NO_DIGIT;
    }
    if (wrong || checksum_of(as->prefix, out_digits, DIGITS + CHECK) != 1)
        return fail(ERR_INVALID, "an age %s with a wrong letter", as->what);
    return ERR_OK;
}

static err_t key_read(const struct spelling *as, str_t text, struct key *out_key)
{
    uint8_t digits[DIGITS + CHECK] = {0};
    OWN(key) key = {{0}};
    err_t code = digits_read(as, text, digits);
    for (size_t bit = 0; bit < KEY_SIZE * 8; bit++)
        key.bytes[bit / 8] |= (uint8_t)((digits[bit / 5] >> (4 - bit % 5) & 1) << (7 - bit % 8));
    if (code == ERR_OK && digits[DIGITS - 1] & 15)
        code = fail(ERR_INVALID, "an age %s that ends within a byte", as->what);
    if (code == ERR_OK)
        *out_key = key;
    sodium_memzero(digits, sizeof digits);
    return code;
}

void age_recipient_of(const struct key *identity, struct key *out_recipient)
{
    crypto_scalarmult_curve25519_base(out_recipient->bytes, identity->bytes);
}

void age_recipient_text(const struct key *recipient, buf_t *out_text)
{
    key_text(&recipient_spelling, recipient, out_text);
}

void age_identity_text(const struct key *identity, buf_t *out_text)
{
    key_text(&identity_spelling, identity, out_text);
}

err_t age_recipient_read(str_t text, struct key *out_recipient)
{
    return key_read(&recipient_spelling, text, out_recipient);
}

err_t age_identity_read(str_t text, struct key *out_identity)
{
    return key_read(&identity_spelling, text, out_identity);
}
