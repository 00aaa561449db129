/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/lex.h"

#include "base/limits.h"

static bool is_control(char c) { return (unsigned char)c < ' ' || c == 0x7f; }

static void advance(struct lexer *lexer, size_t len)
{
    lexer->rest = str_bytes(lexer->rest.at + len, lexer->rest.len - len);
}

/* Up to its end, the LF left out. */
static str_t line_of(const struct lexer *lexer)
{
    str_t rest = lexer->rest;
    return str_until(&rest, '\n');
}

/* Whether nothing but `\` stands before the line's end. */
static bool goes_on(str_t line) { return line.len == 1 && line.at[0] == '\\'; }

static err_t letters_check(str_t line)
{
    if (line.len > MAX_RULE_LINE)
        return fail(ERR_INVALID, "a line of more than %d bytes", MAX_RULE_LINE);
    for (size_t i = 0; i < line.len; i++)
        if (is_control(line.at[i]))
            return fail(ERR_INVALID,
                        "a tab or another control character: write spaces, and LF at the end of a line");
    return ERR_OK;
}

static void line_end(struct lexer *lexer)
{
    size_t len = line_of(lexer).len;
    advance(lexer, len < lexer->rest.len ? len + 1 : len);
    lexer->line++;
}

/* The statement ends here, whatever was still to come of the line. */
static err_t line_refuse(struct lexer *lexer, err_t code)
{
    line_end(lexer);
    lexer->within = false;
    return code;
}

/* Once a line, at its beginning. */
static err_t line_check(struct lexer *lexer)
{
    if (lexer->checked == lexer->line)
        return ERR_OK;
    lexer->checked = lexer->line;
    err_t code = letters_check(line_of(lexer));
    return code == ERR_OK ? ERR_OK : line_refuse(lexer, code);
}

/* How long a word is: to the first space outside quotes. */
static err_t word_length(str_t line, size_t *out_len)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < line.len && (quoted || line.at[i] != ' '); i++) {
        if (line.at[i] == '"')
            quoted = !quoted;
        else if (quoted && line.at[i] == '\\' && i + 1 < line.len)
            i++;
    }
    if (quoted)
        return fail(ERR_INVALID, "a quote that is not closed");
    *out_len = i;
    return ERR_OK;
}

static err_t word_take(struct lexer *lexer, struct word *out_word)
{
    size_t len = 0;
    err_t code = word_length(line_of(lexer), &len);
    if (code != ERR_OK)
        return line_refuse(lexer, code);
    *out_word = (struct word){str_bytes(lexer->rest.at, len), WORD, lexer->line};
    advance(lexer, len);
    lexer->within = true;
    return ERR_OK;
}

/* At the end of a line: whether a word of its own comes of it. */
static bool end_take(struct lexer *lexer, str_t line, struct word *out_word)
{
    bool on = goes_on(line), ends = lexer->within && !on;
    *out_word = (struct word){{lexer->rest.at, 0}, WORD_LINE_END, lexer->line};
    line_end(lexer);
    lexer->within = lexer->within && on;
    return ends;
}

err_t lex_next(struct lexer *lexer, struct word *out_word)
{
    while (lexer->rest.len) {
        TRY(line_check(lexer));
        while (lexer->rest.len && lexer->rest.at[0] == ' ')
            advance(lexer, 1);
        str_t line = line_of(lexer);
        if (line.len && line.at[0] != '#' && !goes_on(line))
            return word_take(lexer, out_word);
        if (end_take(lexer, line, out_word))
            return ERR_OK;
    }
    *out_word = (struct word){lexer->rest, lexer->within ? WORD_LINE_END : WORD_FILE_END, lexer->line};
    lexer->within = false;
    return ERR_OK;
}

void lex_skip(struct lexer *lexer)
{
    struct word word = {.kind = WORD};
    while (lexer->within && word.kind == WORD)
        if (lex_next(lexer, &word) != ERR_OK)
            return;
}

/* Words */

struct word_parts word_split(str_t word)
{
    str_t values = word;
    struct word_parts parts = {.name = str_until(&values, '=')};
    parts.has_values = parts.name.len < word.len;
    parts.values = values;
    if (parts.has_values && parts.name.len && parts.name.at[parts.name.len - 1] == '!')
        parts.is_not = true, parts.name.len--;
    return parts;
}

/* Without its quotes. */
static str_t unquoted(str_t value, arena_t *arena)
{
    bool quoted = false;
    size_t len = 0;
    if (!value.len || !memchr(value.at, '"', value.len))
        return value;
    char *at = arena_room(arena, value.len);
    for (size_t i = 0; at && i < value.len; i++) {
        bool escapes = quoted && value.at[i] == '\\' && i + 1 < value.len &&
                       (value.at[i + 1] == '"' || value.at[i + 1] == '\\');
        if (value.at[i] == '"')
            quoted = !quoted;
        else
            at[len++] = value.at[escapes ? ++i : i];
    }
    return at ? str_bytes(at, len) : (str_t){"", 0};
}

bool word_value(struct word_parts *parts, arena_t *arena, str_t *out_value)
{
    bool quoted = false;
    size_t i = 0;
    str_t values = parts->values;
    if (!parts->has_values)
        return false;
    for (; i < values.len && (quoted || values.at[i] != ','); i++) {
        if (values.at[i] == '"')
            quoted = !quoted;
        else if (quoted && values.at[i] == '\\' && i + 1 < values.len)
            i++;
    }
    parts->has_values = i < values.len;
    parts->values = str_bytes(values.at + i, values.len - i);
    if (parts->has_values)
        parts->values = str_bytes(values.at + i + 1, values.len - i - 1);
    *out_value = unquoted(str_bytes(values.at, i), arena);
    return true;
}
