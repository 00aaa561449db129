/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes as people write them down and type them back: groups of four letters and digits, 5 bits each, with a dash between.
 *
 * The alphabet has no I, L, O and U; reading takes I and L for 1, O for 0, and any case, spaces and dashes. So many digits
 * as were asked for, neither more nor fewer, or INVALID.
 */
#pragma once
#include "base/bytes.h"

void written_put(const uint8_t *bytes, size_t digits, buf_t *out_text);

/* Bits past the last digit are 0. */
CHECKED err_t written_read(str_t text, size_t digits, uint8_t *out_bytes);
