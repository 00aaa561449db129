/* SPDX-License-Identifier: Apache-2.0
 *
 * An ID token, checked (OpenID Connect Core 1.0 section 3.1.3.7; RFC 7515, 7517, 7518, 8037, 8725).
 *
 *     const struct token_ask ask = {.issuer = issuer, .client = client, .nonce = nonce, .keys = jwks, …};
 *     err_t checked = token_check(&ask, token, &arena, &said);
 *
 * The signature is of RS256, PS256 (RSA of 2048 to 8192 bits), ES256 (P-256) or EdDSA (Ed25519), by a key of
 * `keys`, which is a JWKS as the provider gave it: the key's type, and its alg, use and key_ops where it says
 * them, have to fit the algorithm that the token names. `none` and every algorithm that needs a shared secret are
 * refused, and so is a token without a kid where several keys would do. A key that the token itself brings is
 * never looked at; `crit` is refused.
 *
 * Then: iss is the issuer; aud is the client, or holds it, and azp is the client where it is said or aud has
 * several; exp is not over, iat is neither in the future nor before `since`, nbf is there: each with SKEW_MS to
 * spare; nonce is that of this sign-in; at_hash, where it is said, is of the access token that came with it.
 *
 * MISSING where `keys` has no key of the token's kid: the provider may have changed them. INVALID for what is no
 * token, DENIED for everything that does not fit, with what it was. Nothing of the claims is in a note.
 */
#pragma once
#include "base/arena.h"
#include "base/moment.h"

enum { TOKEN_MOST = 16 * 1024, KEYS_MOST = 256 * 1024, SKEW_MS = 120 * 1000 };

struct token_ask {
    str_t issuer, client, nonce, keys;
    str_t access_token; /* empty: at_hash is not looked at */
    const char *claim;  /* what else is wanted of it, by name; NULL: nothing */
    str_t claim_is;     /* whether it is this text, or a list with this text in it; empty: not looked at */
    moment_t since, now;
};

/* Text of the arena, empty where it is not said. An email address counts only where the provider says that it is verified. */
struct token_said {
    str_t subject, name, username, email, claim;
    bool claim_is;
    moment_t until;
};
CHECKED err_t token_check(const struct token_ask *ask, str_t token, arena_t *arena,
                          struct token_said *out_said);

/* Whether `keys` is a JWKS that can be looked into: INVALID where not. `out_count` is how many of its keys can sign for us. */
CHECKED err_t token_keys_check(str_t keys, size_t *out_count);

/* What binds an ID token to whoever holds the private half: base64url(SHA-256(public || salt)). */
void token_nonce(str_t public, str_t salt, buf_t *out_nonce);
