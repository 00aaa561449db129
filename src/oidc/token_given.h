/* SPDX-License-Identifier: Apache-2.0
 *
 * A sign-in provider for the tests: keys of its own, and tokens that they sign.
 *
 *     OWN(issuing) issuing = {0};
 *     CHECK_OK(given_issuing("RS256", "one", &issuing));
 *     CHECK_OK(given_jwks(&issuing, 1, &jwks));
 *     CHECK_OK(given_signed(&issuing, "{\"alg\":\"RS256\",\"kid\":\"one\"}", claims, &token));
 */
#pragma once
#include "base/bytes.h"
#include <openssl/types.h>

struct issuing {
    const char *algorithm, *kid;
    EVP_PKEY *key;
};
typedef struct issuing issuing_own;
void issuing_drop(struct issuing *issuing);

/* RS256, PS256 (both 2048 bits), ES256, EdDSA. */
CHECKED err_t given_issuing(const char *algorithm, const char *kid, struct issuing *out_issuing);
CHECKED err_t given_jwks(const struct issuing *issuing, size_t count, buf_t *out_json);
CHECKED err_t given_signed(const struct issuing *issuing, const char *header, str_t claims, buf_t *out_token);
