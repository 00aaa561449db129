/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that are signed: a title, then lines of a word, a space and a value, in one order.
 *
 *     TRY(lines_begin(text, "custody approval", &lines));
 *     TRY(lines_id(&lines, "tenant", "ten", &tenant));
 *     TRY(lines_moment(&lines, "until", &until));
 *     TRY(lines_end(&lines));                             or lines.rest: what else the text holds
 *
 * INVALID, and which line is missing or has another form. Values are views of the text, at most LINE_LEN bytes, never empty.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "crypt/seal.h"

enum { LINE_LEN = 256 };

struct lines {
    str_t rest;
    const char *title;
};
CHECKED err_t lines_begin(str_t text, const char *title, struct lines *out_lines);
CHECKED err_t lines_text(struct lines *lines, const char *word, str_t *out_value);
CHECKED err_t lines_id(struct lines *lines, const char *word, const char *prefix, ident_t *out_id);
CHECKED err_t lines_number(struct lines *lines, const char *word, uint64_t max, uint64_t *out_number);
CHECKED err_t lines_moment(struct lines *lines, const char *word, moment_t *out_moment);
CHECKED err_t lines_end(const struct lines *lines);

/* A value, or a part of one, that is a digest: base64url. */
CHECKED err_t lines_digest(str_t text, uint8_t out_digest[DIGEST_SIZE]);
