/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids: 128 random bits. In the store 16 bytes; for people a prefix that names the concept and 26 letters and digits
 * of base32 (RFC 4648 alphabet, lower case, no padding), such as dev_q3zk…. An id says nothing about what it names.
 */
#pragma once
#include "base/bytes.h"

typedef struct {
    uint8_t bytes[16];
} ident_t;

typedef struct {
    char text[40];
} ident_text_t;

enum { ID_PREFIX_MAX = 8 };

static inline str_t ident_bytes(const ident_t *id) { return str_bytes(id->bytes, sizeof id->bytes); }
static inline bool ident_eq(ident_t a, ident_t b) { return !memcmp(a.bytes, b.bytes, sizeof a.bytes); }
bool ident_is_zero(ident_t id);

/* "dev_…"; the prefix without its underscore, at most ID_PREFIX_MAX bytes. */
ident_text_t ident_text(const char *prefix, ident_t id);
CHECKED err_t ident_read(const char *prefix, str_t text, ident_t *out_id);

/* From the 16 bytes a store or a message holds; INVALID for any other length. */
CHECKED err_t ident_from(str_t bytes, ident_t *out_id);
