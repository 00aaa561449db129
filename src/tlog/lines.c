/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/lines.h"

err_t lines_begin(str_t text, const char *title, struct lines *out_lines)
{
    *out_lines = (struct lines){text, title};
    return str_eq(str_until(&out_lines->rest, '\n'), str(title)) ? ERR_OK
                                                                 : fail(ERR_INVALID, "not a %s", title);
}

err_t lines_text(struct lines *lines, const char *word, str_t *out_value)
{
    str_t line = str_until(&lines->rest, '\n'), first = str_until(&line, ' ');
    if (!str_eq(first, str(word)) || !line.len || line.len > LINE_LEN)
        return fail(ERR_INVALID, "a %s without its line \"%s\"", lines->title, word);
    *out_value = line;
    return ERR_OK;
}

err_t lines_id(struct lines *lines, const char *word, const char *prefix, ident_t *out_id)
{
    str_t value = {0};
    TRY(lines_text(lines, word, &value));
    return ident_read(prefix, value, out_id);
}

err_t lines_number(struct lines *lines, const char *word, uint64_t max, uint64_t *out_number)
{
    str_t value = {0};
    TRY(lines_text(lines, word, &value));
    return str_number(value, max, out_number);
}

err_t lines_moment(struct lines *lines, const char *word, moment_t *out_moment)
{
    str_t value = {0};
    TRY(lines_text(lines, word, &value));
    return moment_read(value, out_moment);
}

err_t lines_end(const struct lines *lines)
{
    return lines->rest.len ? fail(ERR_INVALID, "a %s with more lines than it has", lines->title) : ERR_OK;
}

err_t lines_digest(str_t text, uint8_t out_digest[DIGEST_SIZE])
{
    OWN(buf) bytes = BUF(DIGEST_SIZE);
    TRY(base64_read(text, &bytes));
    if (bytes.len != DIGEST_SIZE)
        return fail(ERR_INVALID, "not a digest");
    memcpy(out_digest, bytes.at, DIGEST_SIZE);
    return ERR_OK;
}
