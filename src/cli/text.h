/* SPDX-License-Identifier: Apache-2.0
 *
 * Text from the service, made fit for a terminal. What a device reports is chosen by whoever holds the device: a name
 * may carry an escape sequence that rewrites the screen. So nothing is written raw of C0, DEL and C1, of what turns
 * the direction of writing, of what breaks a line, and of bytes that are no UTF-8.
 *
 * Widths are terminal cells by wcwidth(3), which wants a UTF-8 locale: text_start() sets one, whatever the person's.
 */
#pragma once
#include "base/bytes.h"

void text_start(void);

/* As it is, with each byte of an unfit character as \xNN. */
void text_put(buf_t *out, str_t text);

/* A JSON value that was read without fault, with unfit characters as \uNNNN: the same value, byte for byte otherwise. */
void text_write_json(FILE *out, str_t json);

/* In terminal cells, of text that is fit. */
size_t text_width(str_t text);

/* "2026-11-24 06:00" in the person's zone, from RFC 3339; text that is no moment is put as text_put() does. */
void text_put_local(buf_t *out, str_t moment);
