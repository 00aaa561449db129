/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/sign.h"

#include <sodium.h>

_Static_assert(SIGNATURE_SIZE == crypto_sign_BYTES && KEY_SIZE == crypto_sign_SEEDBYTES, "Ed25519");

void sign_public(const struct key *seed, struct key *out_public)
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(out_public->bytes, secret, seed->bytes);
    sodium_memzero(secret, sizeof secret);
}

void sign(const struct key *seed, str_t message, uint8_t out_signature[SIGNATURE_SIZE])
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    struct key public;
    crypto_sign_seed_keypair(public.bytes, secret, seed->bytes);
    crypto_sign_detached(out_signature, NULL, (const unsigned char *)message.at, message.len, secret);
    sodium_memzero(secret, sizeof secret);
}

err_t sign_check(const struct key *public, str_t message, str_t signature)
{
    if (signature.len != SIGNATURE_SIZE ||
        crypto_sign_verify_detached((const unsigned char *)signature.at, (const unsigned char *)message.at,
                                    message.len, public->bytes) != 0)
        return fail(ERR_LOCKED, "a signature that is not this key's over these bytes");
    return ERR_OK;
}
