/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/age_private.h"

#include <sodium.h>

_Static_assert(KEY_SIZE == crypto_auth_hmacsha256_BYTES, "HMAC-SHA-256");
_Static_assert(KEY_SIZE == crypto_scalarmult_curve25519_BYTES, "X25519");

enum { SCRYPT_R = 8, SCRYPT_P = 1 };

static const unsigned char no_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

void age_file_key_drop(struct age_file_key *key) { sodium_memzero(key, sizeof *key); }

void age_hkdf(str_t input, str_t salt, str_t info, struct key *out_key)
{
    OWN(key) extracted = {{0}};
    digest_keyed(salt, &input, 1, extracted.bytes);
    const str_t block[] = {info, STR("\1")};
    digest_keyed(key_bytes(&extracted), block, 2, out_key->bytes);
}

/* The key that wraps a file key: from what both sides of X25519 come to, and both public keys. */
static void wrap_key(const struct key *shared, const uint8_t *share, const struct key *recipient,
                     struct key *out_key)
{
    uint8_t salt[2 * KEY_SIZE];
    memcpy(salt, share, KEY_SIZE);
    memcpy(salt + KEY_SIZE, recipient->bytes, KEY_SIZE);
    age_hkdf(key_bytes(shared), str_bytes(salt, sizeof salt), STR("age-encryption.org/v1/X25519"), out_key);
}

/* The nonce is zero: no such key wraps twice. */
static err_t body_open(const struct age_stanza *stanza, const struct key *by, struct age_file_key *out_key)
{
    OWN(age_file_key) key = {{0}};
    if (crypto_aead_chacha20poly1305_ietf_decrypt(key.bytes, NULL, NULL, stanza->body, AGE_BODY, NULL, 0,
                                                  no_nonce, by->bytes) != 0)
        return fail(ERR_LOCKED, "a file key wrapped for another");
    *out_key = key;
    return ERR_OK;
}

err_t age_wrap(struct env *env, const struct age_file_key *key, const struct key *recipient,
               struct age_stanza *out_stanza)
{
    struct age_stanza stanza = {.kind = AGE_X25519, .type = STR("X25519")};
    OWN(key) ephemeral = {{0}};
    OWN(key) shared = {{0}};
    OWN(key) by = {{0}};
    key_random(env, &ephemeral);
    crypto_scalarmult_curve25519_base(stanza.input, ephemeral.bytes);
    if (crypto_scalarmult_curve25519(shared.bytes, ephemeral.bytes, recipient->bytes) != 0)
        return fail(ERR_INVALID, "a recipient that is not a public key");
    wrap_key(&shared, stanza.input, recipient, &by);
    crypto_aead_chacha20poly1305_ietf_encrypt(stanza.body, NULL, key->bytes, AGE_FILE_KEY, NULL, 0, NULL,
                                              no_nonce, by.bytes);
    *out_stanza = stanza;
    return ERR_OK;
}

err_t age_unwrap(const struct age_stanza *stanza, const struct key *identity, const struct key *recipient,
                 struct age_file_key *out_key)
{
    OWN(key) shared = {{0}};
    OWN(key) by = {{0}};
    if (crypto_scalarmult_curve25519(shared.bytes, identity->bytes, stanza->input) != 0)
        return fail(ERR_INVALID, "an X25519 share of small order");
    wrap_key(&shared, stanza->input, recipient, &by);
    return body_open(stanza, &by, out_key);
}

err_t age_unwrap_scrypt(const struct age_stanza *stanza, str_t passphrase, struct age_file_key *out_key)
{
    static const str_t label = {"age-encryption.org/v1/scrypt", 28};
    uint8_t salt[28 + AGE_SALT];
    OWN(key) by = {{0}};
    memcpy(salt, label.at, label.len);
    memcpy(salt + label.len, stanza->input, AGE_SALT);
    if (crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)passphrase.at, passphrase.len, salt,
                                              sizeof salt, UINT64_C(1) << stanza->work, SCRYPT_R, SCRYPT_P,
                                              by.bytes, KEY_SIZE) != 0)
        return fail(ERR_BUSY, "no memory for a work factor of %u", stanza->work);
    return body_open(stanza, &by, out_key);
}
