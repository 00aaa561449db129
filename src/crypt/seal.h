/* SPDX-License-Identifier: Apache-2.0
 *
 * libsodium behind few functions: what the mission needs of cryptography, and no more.
 *
 *     struct key key;                                  32 secret bytes on the stack, wiped by OWN(key)
 *     aead_seal(env, &key, ad, plain, &sealed);        XChaCha20-Poly1305, random nonce in front (40 bytes more)
 *     aead_seal_at(env, &key, ad, at, len);            the same in place: the plain bytes stand at `at + AEAD_NONCE`
 *     box_seal(&public, plain, &sealed);               X25519 sealed box: who seals cannot open (48 bytes more)
 *     key_derive(&key, "what for", input, &derived);   BLAKE2b keyed with `key`: one key, one use
 *     password_stretch(env, password, salt, &key);     Argon2id, 64 MiB, 3 passes (RFC 9106), about 150 ms
 *
 * Opening something that was altered, or sealed for something else, is ERR_LOCKED; the outputs are untouched.
 * Long-lived secrets live in a secret_t: its own locked pages between guard pages, wiped when dropped, never copied
 * by value. crypt_start() comes first, once a process.
 */
#pragma once
#include "sys/env.h"

enum {
    KEY_SIZE = 32,
    AEAD_EXTRA = 40,
    AEAD_NONCE = 24,
    BOX_EXTRA = 48,
    SALT_SIZE = 16,
    DIGEST_SIZE = 32,
    SHORT_KEY = 16
};

struct key {
    uint8_t bytes[KEY_SIZE];
};
typedef struct key key_own;
void key_drop(struct key *key);

typedef struct {
    struct key *key;
} secret_t;
typedef secret_t secret_own;
CHECKED err_t secret_make(const struct key *from, secret_t *out_secret);
void secret_drop(secret_t *secret);

/* Memory for many of them: zeroed, locked, between guard pages, wiped when dropped. NULL where there is none. */
void *locked_take(size_t len);
void locked_drop(void *at);

CHECKED err_t crypt_start(void);

static inline str_t key_bytes(const struct key *key) { return str_bytes(key->bytes, KEY_SIZE); }
CHECKED err_t key_from(str_t bytes, struct key *out_key);
void key_random(struct env *env, struct key *out_key);
void key_derive(const struct key *key, const char *use, str_t input, struct key *out_key);
void key_mix(const struct key *a, const struct key *b, struct key *out); /* of two halves, one; and back */
bool bytes_equal(str_t a, str_t b); /* in constant time for equal lengths */

/* SHA-256, of bytes or of several parts as if they were one. */
void digest(str_t bytes, uint8_t out_digest[DIGEST_SIZE]);
void digest_of(const str_t *parts, size_t count, uint8_t out_digest[DIGEST_SIZE]);

/* HMAC-SHA-256 over several parts as if they were one. */
void digest_keyed(str_t key, const str_t *parts, size_t count, uint8_t out_mac[DIGEST_SIZE]);
/* The same of what comes in pieces. */
struct digesting {
    uint64_t state[16];
};
void digest_begin(struct digesting *digesting);
void digest_add(struct digesting *digesting, str_t bytes);
void digest_end(struct digesting *digesting, uint8_t out_digest[DIGEST_SIZE]);

/* SipHash-2-4: for hash tables whose keys somebody else chooses. */
uint64_t digest_short(const uint8_t key[SHORT_KEY], str_t bytes);

void aead_seal(struct env *env, const struct key *key, str_t ad, str_t plain, buf_t *out_sealed);
void aead_seal_at(struct env *env, const struct key *key, str_t ad, char *at, size_t len);
CHECKED err_t aead_open(const struct key *key, str_t ad, str_t sealed, buf_t *out_plain);
/* The same in place: the plain bytes stand at `at + AEAD_NONCE` then. */
CHECKED err_t aead_open_at(const struct key *key, str_t ad, char *at, size_t len);
/* Says what opening would, and opens nothing: about twice as fast. */
CHECKED err_t aead_check(const struct key *key, str_t ad, str_t sealed);

/* A pair of X25519 keys; `seed` makes it repeatable, for keys that live in a token or a printed kit. */
void pair_from(const struct key *seed, struct key *out_public, struct key *out_private);
CHECKED err_t pair_public(const struct key *private, struct key *out_public); /* INVALID: no private half */
void box_seal(const struct key *public, str_t plain, buf_t *out_sealed);
CHECKED err_t box_open(const struct key *public, const struct key *private, str_t sealed, buf_t *out_plain);

CHECKED err_t password_stretch(const struct env *env, str_t password, const uint8_t salt[SALT_SIZE],
                               struct key *out_key);
