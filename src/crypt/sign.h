/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 signatures (RFC 8032): a seed of 32 secret bytes signs, its public half verifies.
 *
 *     sign_public(&seed, &public);
 *     sign(&seed, message, signature);
 *     TRY(sign_check(&public, message, str_bytes(signature, SIGNATURE_SIZE)));
 *
 * LOCKED where the signature is not that key's over that message. A signature has one form: one whose scalar is not
 * reduced, and a key of small order, verify nothing. Cost: about 30 µs to sign, 45 µs to check.
 */
#pragma once
#include "crypt/seal.h"

enum { SIGNATURE_SIZE = 64 };

void sign_public(const struct key *seed, struct key *out_public);
void sign(const struct key *seed, str_t message, uint8_t out_signature[SIGNATURE_SIZE]);
CHECKED err_t sign_check(const struct key *public, str_t message, str_t signature);
