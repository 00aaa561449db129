/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes as people read them out and type them in: Crockford's base 32 in groups of five, with a check at the end.
 *
 *     spoken_put(bytes, &text);                   "7ZQ4K-0M2TX-…"
 *     TRY(spoken_read(text, &bytes));             INVALID: mistyped, cut, or of nothing that was put so
 *
 * Two bytes of a digest follow the bytes, so that a slip of the hand is told from a wrong code. Read in either case, with
 * spaces, dashes or neither; O is 0, I and L are 1. Bits that are left over have to be zero. At most SPOKEN_MAX bytes.
 */
#pragma once
#include "base/bytes.h"

enum { SPOKEN_MAX = 256, SPOKEN_CHECK = 2, SPOKEN_TEXT_MAX = SPOKEN_MAX * 2 };

void spoken_put(str_t bytes, buf_t *out_text);
CHECKED err_t spoken_read(str_t text, buf_t *out_bytes);
