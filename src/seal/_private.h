/* SPDX-License-Identifier: Apache-2.0
 *
 * The padding that both kinds of sealed rows have: a frame, a byte 0x80, zeros up to a Padmé length.
 */
#pragma once
#include "seal/seal.h"

/* `at` has room for padme(frame.len + 1) bytes. */
void pad_put(str_t frame, char *at);

/* Takes the padding off what was put behind `before` bytes; BROKEN, and nothing more in the buffer, where it has none. */
CHECKED err_t pad_take(buf_t *frame, size_t before);
