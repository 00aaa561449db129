/* SPDX-License-Identifier: Apache-2.0
 *
 * A public key as two people compare it: 128 bits of its SHA-256, as eight groups of four hexadecimal digits.
 *
 *     char text[FINGERPRINT_MAX];
 *     fingerprint_put(&public, text);              "3f2a 91bc 07de 5512 a8b0 4c3e 9d17 60f4"
 *     if (fingerprint_is(&public, typed)) …        whatever the case, and the spaces between
 */
#pragma once
#include "crypt/seal.h"

enum { FINGERPRINT_MAX = 40 };
void fingerprint_put(const struct key *public, char out_text[FINGERPRINT_MAX]);
bool fingerprint_is(const struct key *public, const char *typed);
