/* SPDX-License-Identifier: Apache-2.0
 *
 * The recovery kit: 160 random bits, printed as nine groups of four letters and digits (crypt/written.h) for people to write
 * down and type back. The last group is a check, so that a slip of the pen is told from a wrong kit.
 */
#pragma once
#include "crypt/seal.h"

enum { KIT_BYTES = 20 };

void kit_put(const uint8_t kit[KIT_BYTES], buf_t *out_text);
CHECKED err_t kit_read(str_t text, uint8_t out_kit[KIT_BYTES]);

/* The key pair that a kit stands for. */
void kit_pair(const uint8_t kit[KIT_BYTES], struct key *out_public, struct key *out_private);
