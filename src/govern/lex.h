/* SPDX-License-Identifier: Apache-2.0
 *
 * A rule file as words: the lower half of the reader.
 *
 *     struct lexer lexer = {text, .line = 1};
 *     while (lex_next(&lexer, &word) == ERR_OK && word.kind != WORD_FILE_END) …
 *
 * Words are views of the file, with their quotes. A line ends with a word of its own, WORD_LINE_END; `\` at a line's end
 * stands for a space, so that a statement may go on. Empty lines and comments are no words. INVALID, with what is wrong
 * as the note, for a quote that is not closed, a control character, and a line that is too long; the lexer then stands
 * behind that line.
 */
#pragma once
#include "base/arena.h"

enum word_kind { WORD, WORD_LINE_END, WORD_FILE_END };

struct word {
    str_t text;
    enum word_kind kind;
    size_t line; /* counted from 1 */
};

struct lexer {
    str_t rest;
    size_t line;
    bool within;    /* a statement has begun */
    size_t checked; /* the line whose letters were looked at */
};

CHECKED err_t lex_next(struct lexer *lexer, struct word *out_word);

/* To behind the end of the statement, with what is left of it unread. */
void lex_skip(struct lexer *lexer);

/* `name=a,"b c"` in parts. Commas within quotes separate nothing; `\"` and `\\` stand for " and \ there. The values
 * are views of the word where they have no quotes, else copies of the arena. */
struct word_parts {
    str_t name, values;
    bool is_not; /* != */
    bool has_values;
};
struct word_parts word_split(str_t word);

/* The next of its values; false where there is none left. One that is empty is given as such. */
bool word_value(struct word_parts *parts, arena_t *arena, str_t *out_value);
