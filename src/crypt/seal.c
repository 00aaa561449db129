/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/seal.h"

#include <sodium.h>

_Static_assert(AEAD_EXTRA ==
                   crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "nonce and tag");
_Static_assert(AEAD_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(BOX_EXTRA == crypto_box_SEALBYTES, "sealed box");
_Static_assert(SALT_SIZE == crypto_pwhash_SALTBYTES, "Argon2id salt");

enum { NONCE = AEAD_NONCE, PASSES = 3, MEMORY = 64 * 1024 * 1024 };

err_t crypt_start(void) { return sodium_init() < 0 ? fail(ERR_BROKEN, "libsodium does not start") : ERR_OK; }

void key_drop(struct key *key) { sodium_memzero(key, sizeof *key); }

err_t secret_make(const struct key *from, secret_t *out_secret)
{
    struct key *key = sodium_malloc(sizeof *key);
    if (!key)
        return fail(ERR_BUSY, "no locked memory for a secret");
    *key = *from;
    sodium_mprotect_readonly(key);
    out_secret->key = key;
    return ERR_OK;
}

void secret_drop(secret_t *secret)
{
    sodium_free(secret->key);
    secret->key = NULL;
}

void *locked_take(size_t len)
{
    void *at = sodium_malloc(len);
    return at ? memset(at, 0, len) : NULL;
}

void locked_drop(void *at) { sodium_free(at); }

err_t key_from(str_t bytes, struct key *out_key)
{
    if (bytes.len != KEY_SIZE)
        return fail(ERR_INVALID, "a key of %zu bytes", bytes.len);
    memcpy(out_key->bytes, bytes.at, KEY_SIZE);
    return ERR_OK;
}

void key_random(struct env *env, struct key *out_key) { env->random(env, out_key->bytes, KEY_SIZE); }

/* The use is hashed with its NUL, so that no use and input run into each other. */
void key_derive(const struct key *key, const char *use, str_t input, struct key *out_key)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, key->bytes, KEY_SIZE, KEY_SIZE);
    crypto_generichash_update(&state, (const unsigned char *)use, strlen(use) + 1);
    crypto_generichash_update(&state, (const unsigned char *)input.at, input.len);
    crypto_generichash_final(&state, out_key->bytes, KEY_SIZE);
    sodium_memzero(&state, sizeof state);
}

static crypto_hash_sha256_state *state_of(struct digesting *digesting)
{
    _Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof digesting->state, "a digest's state fits");
    return (crypto_hash_sha256_state *)(void *)digesting->state;
}

void digest_begin(struct digesting *digesting) { crypto_hash_sha256_init(state_of(digesting)); }

void digest_add(struct digesting *digesting, str_t bytes)
{
    crypto_hash_sha256_update(state_of(digesting), (const unsigned char *)bytes.at, bytes.len);
}

void digest_end(struct digesting *digesting, uint8_t out_digest[DIGEST_SIZE])
{
    crypto_hash_sha256_final(state_of(digesting), out_digest);
}

uint64_t digest_short(const uint8_t key[SHORT_KEY], str_t bytes)
{
    uint64_t hash = 0;
    _Static_assert(crypto_shorthash_BYTES == sizeof hash && crypto_shorthash_KEYBYTES == SHORT_KEY,
                   "SipHash-2-4");
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)bytes.at, bytes.len, key);
    return hash;
}

void key_mix(const struct key *a, const struct key *b, struct key *out)
{
    for (int i = 0; i < KEY_SIZE; i++)
        out->bytes[i] = a->bytes[i] ^ b->bytes[i];
}

bool bytes_equal(str_t a, str_t b) { return a.len == b.len && sodium_memcmp(a.at, b.at, a.len) == 0; }

void digest(str_t bytes, uint8_t out_digest[DIGEST_SIZE])
{
    crypto_hash_sha256(out_digest, (const unsigned char *)bytes.at, bytes.len);
}

void digest_of(const str_t *parts, size_t count, uint8_t out_digest[DIGEST_SIZE])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, (const unsigned char *)parts[i].at, parts[i].len);
    crypto_hash_sha256_final(&state, out_digest);
}

void digest_keyed(str_t key, const str_t *parts, size_t count, uint8_t out_mac[DIGEST_SIZE])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.at, key.len);
    for (size_t i = 0; i < count; i++)
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i].at, parts[i].len);
    crypto_auth_hmacsha256_final(&state, out_mac);
    sodium_memzero(&state, sizeof state);
}

void aead_seal(struct env *env, const struct key *key, str_t ad, str_t plain, buf_t *out_sealed)
{
    unsigned char *at = (unsigned char *)buf_room(out_sealed, plain.len + AEAD_EXTRA);
    if (!at)
        return;
    if (plain.len)
        memcpy(at + NONCE, plain.at, plain.len);
    aead_seal_at(env, key, ad, (char *)at, plain.len);
}

void aead_seal_at(struct env *env, const struct key *key, str_t ad, char *where, size_t len)
{
    unsigned char *at = (unsigned char *)where;
    env->random(env, at, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(at + NONCE, NULL, at + NONCE, len,
                                               (const unsigned char *)ad.at, ad.len, NULL, at, key->bytes);
}

err_t aead_open(const struct key *key, str_t ad, str_t sealed, buf_t *out_plain)
{
    if (sealed.len < AEAD_EXTRA)
        return fail(ERR_LOCKED, "sealed bytes cut short");
    const unsigned char *from = (const unsigned char *)sealed.at;
    size_t len = sealed.len - AEAD_EXTRA, before = out_plain->len;
    unsigned char *at = (unsigned char *)buf_room(out_plain, len);
    if (!at)
        return buf_end(out_plain);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(at, NULL, NULL, from + NONCE, sealed.len - NONCE,
                                                   (const unsigned char *)ad.at, ad.len, from,
                                                   key->bytes) == 0)
        return ERR_OK;
    out_plain->at[out_plain->len = before] = '\0';
    return fail(ERR_LOCKED, "sealed bytes that this key does not open");
}

err_t aead_open_at(const struct key *key, str_t ad, char *where, size_t len)
{
    unsigned char *at = (unsigned char *)where;
    if (len >= AEAD_EXTRA &&
        crypto_aead_xchacha20poly1305_ietf_decrypt(at + NONCE, NULL, NULL, at + NONCE, len - NONCE,
                                                   (const unsigned char *)ad.at, ad.len, at, key->bytes) == 0)
        return ERR_OK;
    return fail(ERR_LOCKED, "sealed bytes that this key does not open");
}

err_t aead_check(const struct key *key, str_t ad, str_t sealed)
{
    enum { TAG = AEAD_EXTRA - NONCE };
    const unsigned char *from = (const unsigned char *)sealed.at;
    if (sealed.len < AEAD_EXTRA)
        return fail(ERR_LOCKED, "sealed bytes cut short");
    size_t len = sealed.len - AEAD_EXTRA;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(NULL, NULL, from + NONCE, len, from + NONCE + len,
                                                            (const unsigned char *)ad.at, ad.len, from,
                                                            key->bytes) == 0)
        return ERR_OK;
    _Static_assert(TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
    return fail(ERR_LOCKED, "sealed bytes that this key does not open");
}

void pair_from(const struct key *seed, struct key *out_public, struct key *out_private)
{
    crypto_box_seed_keypair(out_public->bytes, out_private->bytes, seed->bytes);
}

err_t pair_public(const struct key *private, struct key *out_public)
{
    return crypto_scalarmult_base(out_public->bytes, private->bytes) == 0
               ? ERR_OK
               : fail(ERR_INVALID, "not the private half of a pair");
}

void box_seal(const struct key *public, str_t plain, buf_t *out_sealed)
{
    unsigned char *at = (unsigned char *)buf_room(out_sealed, plain.len + BOX_EXTRA);
    if (at && crypto_box_seal(at, (const unsigned char *)plain.at, plain.len, public->bytes) != 0)
        buf_fail(out_sealed, fail(ERR_INVALID, "not a public key"));
}

err_t box_open(const struct key *public, const struct key *private, str_t sealed, buf_t *out_plain)
{
    if (sealed.len < BOX_EXTRA)
        return fail(ERR_LOCKED, "sealed bytes cut short");
    size_t before = out_plain->len;
    unsigned char *at = (unsigned char *)buf_room(out_plain, sealed.len - BOX_EXTRA);
    if (!at)
        return buf_end(out_plain);
    if (crypto_box_seal_open(at, (const unsigned char *)sealed.at, sealed.len, public->bytes,
                             private->bytes) == 0)
        return ERR_OK;
    out_plain->at[out_plain->len = before] = '\0';
    return fail(ERR_LOCKED, "sealed bytes that this key does not open");
}

err_t password_stretch(const struct env *env, str_t password, const uint8_t salt[SALT_SIZE],
                       struct key *out_key)
{
    if (crypto_pwhash(out_key->bytes, KEY_SIZE, password.at, password.len, salt, env->hurried ? 1 : PASSES,
                      env->hurried ? crypto_pwhash_MEMLIMIT_MIN : MEMORY, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ERR_BUSY, "no memory to stretch a password");
    return ERR_OK;
}
