/* SPDX-License-Identifier: Apache-2.0
 *
 * A provider's public key (RFC 7517), and what it signs: `alg` is of the token, and fits the key's type or the key
 * is not found.
 *
 *     OWN(public_key) key = NULL;
 *     TRY(key_find(keys, kid, alg, &key));          MISSING where none has this kid, DENIED where none that has it fits
 *     TRY(key_verify(key, alg, signed, signature)); DENIED
 */
#pragma once
#include "base/bytes.h"
#include <jansson.h>
#include <openssl/types.h>

struct algorithm {
    const char *name, *type, *curve; /* as a key says them; no curve: NULL */
    enum { KEY_RSA, KEY_EC, KEY_ED25519 } kind;
    bool pss;
};
const struct algorithm *algorithm_find(str_t name); /* NULL: none that is taken */

typedef EVP_PKEY *public_key_own;
void public_key_drop(EVP_PKEY **key);

/* `keys` is a JWKS's list; an empty kid is none. */
CHECKED err_t key_find(const json_t *keys, str_t kid, const struct algorithm *algorithm, EVP_PKEY **out_key);
CHECKED err_t key_verify(EVP_PKEY *key, const struct algorithm *algorithm, str_t text, str_t signature);

/* How many of them one of our algorithms could use. */
size_t keys_usable(const json_t *keys);
