/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes, in two kinds.
 *
 * str_t  a borrowed view: pointer and length, never freed, may hold NULs. Lives as long as what it looks at.
 * buf_t  a growing buffer with a hard limit given when it is made. Past the limit, or without memory, it turns away
 *        every later put; buf_end() tells, once, at the end:
 *
 *            OWN(buf) json = BUF(MAX_REPLY);
 *            buf_putf(&json, "{\"count\":%zu}", count);
 *            TRY(buf_end(&json));
 *
 *        The bytes are followed by a NUL that does not count. A buffer is wiped when it is dropped or grows.
 */
#pragma once
#include "base/err.h"
#include "base/own.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *at;
    size_t len;
} str_t;

#define STR(literal)  ((str_t){"" literal "", sizeof(literal) - 1})
#define STR_ARG(text) (int)(text).len, (text).at ? (text).at : "" /* for "%.*s" */

static inline str_t str(const char *zero_ended)
{
    return (str_t){zero_ended, zero_ended ? strlen(zero_ended) : 0};
}
static inline str_t str_bytes(const void *at, size_t len) { return (str_t){at, len}; }
static inline bool str_eq(str_t a, str_t b)
{
    return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}
bool str_starts(str_t text, str_t prefix);

/* The bytes before the first `mark`; `*rest` moves past the mark, or becomes empty where there is none. */
str_t str_until(str_t *rest, char mark);
str_t str_trim(str_t text);

/* Strict UTF-8 (RFC 3629): no surrogates, no overlong forms, no NUL. */
bool str_is_utf8(str_t text);

/* A decimal number without sign, space or leading zeros, at most `max`. INVALID otherwise. */
CHECKED err_t str_number(str_t text, uint64_t max, uint64_t *out_number);

typedef struct {
    char *at;
    size_t len, room, limit;
    err_t state;
} buf_t;
typedef buf_t buf_own;

/* clang-format off */
#define BUF(max) {.limit = (max)}
/* clang-format on */

void buf_drop(buf_t *buf);
void buf_clear(buf_t *buf); /* empty again, memory kept */
void buf_put(buf_t *buf, str_t bytes);
void buf_put_byte(buf_t *buf, uint8_t byte);
void buf_putf(buf_t *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_put_hex(buf_t *buf, str_t bytes);
void buf_put_json(buf_t *buf, str_t text); /* quoted and escaped (RFC 8259) */
void buf_fail(buf_t *buf, err_t code);     /* as if a put had failed */
CHECKED err_t buf_end(const buf_t *buf);

/* Room for `len` more bytes, counted as put; NULL where they do not fit. */
char *buf_room(buf_t *buf, size_t len);
static inline str_t buf_str(const buf_t *buf) { return (str_t){buf->at ? buf->at : "", buf->len}; }

/* So many bytes from twice as many hexadecimal digits of either case; INVALID otherwise. */
CHECKED err_t base16_read(str_t text, size_t count, void *out_bytes);

/* Unpadded base64url (RFC 4648 section 5). The decoder refuses every other form, so that a value has one text. */
void buf_put_base64(buf_t *buf, str_t bytes);
CHECKED err_t base64_read(str_t text, buf_t *out_bytes);

/* The same with the alphabet and padding of its section 4, as the formats of transparency logs have it. */
void buf_put_base64_padded(buf_t *buf, str_t bytes);
CHECKED err_t base64_padded_read(str_t text, buf_t *out_bytes);

/* LEB128, in its one shortest form; what was read is taken from the front. INVALID otherwise. */
void buf_put_varint(buf_t *buf, uint64_t number);
CHECKED err_t str_varint(str_t *rest, uint64_t *out_number);
