/* SPDX-License-Identifier: Apache-2.0
 *
 * Text as roff reads it, for pages that are printed from tables. A minus is one that can be pasted; what is not ASCII has
 * a name; no line begins like a request, and none is long.
 */
#pragma once
#include "base/bytes.h"

/* As it is, on the line that has begun. */
void roff_put(buf_t *out, str_t text);

/* Running text in lines of its own; what stands between two ` is bold. */
void roff_fill(buf_t *out, str_t text);

/* The same of both together, with a capital letter, where `before` is empty, and a full stop. */
void roff_sentence(buf_t *out, const char *before, const char *text);
void roff_paragraph(buf_t *out, const char *text);

/* Lines as they are, set off. */
void roff_example(buf_t *out, const char *lines);

/* Words that are roff already, one after the other; the line is to be ended. */
struct roff_line {
    buf_t *out;
    size_t width;
};
void roff_word(struct roff_line *line, str_t word);
