/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/age_private.h"

#include <sodium.h>

static const str_t first_line = {"-----BEGIN AGE ENCRYPTED FILE-----", 34};
static const str_t last_line = {"-----END AGE ENCRYPTED FILE-----", 32};

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static str_t take(str_t *bytes, size_t len)
{
    str_t front = {bytes->at, len};
    *bytes = str_bytes(bytes->at + len, bytes->len - len);
    return front;
}

/* White space around the armor: lines of nothing else, and not much of it. */
static err_t space_take(struct age_armor *armor, str_t *bytes)
{
    while (bytes->len && is_space(bytes->at[0])) {
        armor->indented = take(bytes, 1).at[0] != '\n';
        if (++armor->spaces > AGE_SPACE_MAX)
            return fail(ERR_INVALID, "too much white space around the armor");
    }
    if (bytes->len && armor->at == AGE_AFTER)
        return fail(ERR_INVALID, "bytes after the armor");
    if (bytes->len && armor->indented)
        return fail(ERR_INVALID, "white space in the armor's first line");
    return ERR_OK;
}

static err_t body_line(struct age_armor *armor, str_t line, str_t *out_bytes)
{
    size_t len = 0;
    if (!line.len || age_base64_line(line, true, armor->bytes, &len) != ERR_OK)
        return fail(ERR_INVALID, "a line of the armor that is not base64");
    if (len < AGE_LINE_BYTES)
        armor->at = AGE_SHORT_LINE;
    *out_bytes = str_bytes(armor->bytes, len);
    return ERR_OK;
}

static err_t line_end(struct age_armor *armor, str_t *out_bytes)
{
    str_t line = {armor->line, armor->len};
    armor->len = 0;
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    if (armor->at == AGE_BEFORE) {
        armor->at = AGE_INSIDE;
        return str_eq(line, first_line) ? ERR_OK : fail(ERR_INVALID, "not the first line of an armor");
    }
    if (str_eq(line, last_line)) {
        armor->at = AGE_AFTER;
        armor->spaces = 0;
        return ERR_OK;
    }
    if (armor->at == AGE_SHORT_LINE)
        return fail(ERR_INVALID, "a line of the armor cut short");
    return body_line(armor, line, out_bytes);
}

static err_t line_take(struct age_armor *armor, str_t *bytes, str_t *out_bytes)
{
    const char *end = memchr(bytes->at, '\n', bytes->len);
    str_t part = take(bytes, end ? (size_t)(end - bytes->at) : bytes->len);
    if (part.len > sizeof armor->line - armor->len)
        return fail(ERR_INVALID, "a line of the armor past %d columns", AGE_COLUMNS);
    memcpy(armor->line + armor->len, part.at, part.len);
    armor->len += part.len;
    if (!end)
        return ERR_OK;
    take(bytes, 1);
    return line_end(armor, out_bytes);
}

err_t age_armor_read(struct age_armor *armor, str_t *bytes, str_t *out_bytes)
{
    *out_bytes = STR("");
    while (bytes->len && !out_bytes->len) {
        if (armor->at == AGE_AFTER || (armor->at == AGE_BEFORE && !armor->len))
            TRY(space_take(armor, bytes));
        if (bytes->len)
            TRY(line_take(armor, bytes, out_bytes));
    }
    return ERR_OK;
}

/* The last line may go without its end. */
err_t age_armor_read_end(struct age_armor *armor)
{
    str_t bytes = STR("");
    if (armor->len && armor->at != AGE_BEFORE)
        TRY(line_end(armor, &bytes));
    return armor->at == AGE_AFTER ? ERR_OK : fail(ERR_INVALID, "an armor without its last line");
}

static void line_put(struct age_armor *armor, buf_t *out_text)
{
    char text[AGE_COLUMNS + 1];
    sodium_bin2base64(text, sizeof text, armor->bytes, armor->len, sodium_base64_VARIANT_ORIGINAL);
    buf_put(out_text, str(text));
    buf_put_byte(out_text, '\n');
    armor->len = 0;
}

static void begin_put(struct age_armor *armor, buf_t *out_text)
{
    if (armor->at != AGE_BEFORE)
        return;
    armor->at = AGE_INSIDE;
    buf_put(out_text, first_line);
    buf_put_byte(out_text, '\n');
}

void age_armor_write(struct age_armor *armor, str_t bytes, buf_t *out_text)
{
    begin_put(armor, out_text);
    while (bytes.len) {
        size_t room = AGE_LINE_BYTES - armor->len;
        str_t part = take(&bytes, bytes.len < room ? bytes.len : room);
        memcpy(armor->bytes + armor->len, part.at, part.len);
        armor->len += part.len;
        if (armor->len == AGE_LINE_BYTES)
            line_put(armor, out_text);
    }
}

void age_armor_write_end(struct age_armor *armor, buf_t *out_text)
{
    begin_put(armor, out_text);
    if (armor->len)
        line_put(armor, out_text);
    buf_put(out_text, last_line);
    buf_put_byte(out_text, '\n');
}
