/* SPDX-License-Identifier: Apache-2.0 */
#include "api/query.h"

str_t query_value(str_t query, const char *name)
{
    while (query.len) {
        str_t value = str_until(&query, '&');
        if (str_eq(str_until(&value, '='), str(name)))
            return value;
    }
    return (str_t){0};
}

str_t cookie_value(str_t cookies, const char *name)
{
    while (cookies.len) {
        str_t one = str_trim(str_until(&cookies, ';'));
        if (str_eq(str_trim(str_until(&one, '=')), str(name)))
            return one;
    }
    return (str_t){"", 0};
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

err_t query_text(str_t raw, buf_t *out_text)
{
    for (size_t i = 0; i < raw.len; i++) {
        bool escaped = raw.at[i] == '%' && i + 2 < raw.len;
        int high = escaped ? hex_value(raw.at[i + 1]) : -1, low = escaped ? hex_value(raw.at[i + 2]) : -1;
        if (raw.at[i] == '%' && (high < 0 || low < 0))
            return fail(ERR_INVALID, "not percent-encoded");
        buf_put_byte(out_text, (uint8_t)(raw.at[i] == '%'   ? high << 4 | low
                                         : raw.at[i] == '+' ? ' '
                                                            : raw.at[i]));
        i += raw.at[i] == '%' ? 2 : 0;
    }
    TRY(buf_end(out_text));
    return str_is_utf8(buf_str(out_text)) ? ERR_OK : fail(ERR_INVALID, "not UTF-8");
}
