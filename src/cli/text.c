/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text.h"

#include "base/moment.h"
#include <locale.h>
#include <wchar.h>

void text_start(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    tzset();
}

/* The character at the start: its length in bytes, or 0 where the first byte starts none. */
static size_t point_read(str_t text, uint32_t *out_point)
{
    static const unsigned char marks[] = {0x00, 0xc0, 0xe0, 0xf0}, ends[] = {0x80, 0xe0, 0xf0, 0xf8};
    unsigned char first = text.len ? (unsigned char)text.at[0] : 0;
    for (size_t i = 0; i < 4; i++) {
        if (first < marks[i] || first >= ends[i] || i >= text.len || !str_is_utf8(str_bytes(text.at, i + 1)))
            continue;
        *out_point = (uint32_t)(first - marks[i]);
        for (size_t j = 1; j <= i; j++)
            *out_point = *out_point << 6 | ((unsigned char)text.at[j] & 0x3f);
        return i + 1;
    }
    return 0;
}

static bool is_fit(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } unfit[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
                 {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb}};
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
        if (point >= unfit[i].first && point <= unfit[i].last)
            return false;
    return true;
}

/* Moves `*rest` past its first character, fit or not; a byte that starts none is one, and not fit. */
static str_t point_next(str_t *rest, uint32_t *out_point)
{
    *out_point = 0;
    size_t len = point_read(*rest, out_point);
    str_t one = {rest->at, len ? len : 1};
    *rest = (str_t){rest->at + one.len, rest->len - one.len};
    return one;
}

void text_put(buf_t *out, str_t text)
{
    while (text.len) {
        uint32_t point;
        str_t one = point_next(&text, &point);
        if (is_fit(point))
            buf_put(out, one);
        else
            for (size_t i = 0; i < one.len; i++)
                buf_putf(out, "\\x%02x", (unsigned char)one.at[i]);
    }
}

/* White space between values is the only thing below 0x20 that JSON has raw; unfit characters stand only in texts. */
static bool is_json_space(uint32_t point) { return point == '\n' || point == '\r' || point == '\t'; }

void text_write_json(FILE *out, str_t json)
{
    while (json.len) {
        uint32_t point;
        str_t one = point_next(&json, &point);
        if (is_fit(point) || is_json_space(point))
            fwrite(one.at, 1, one.len, out);
        else
            fprintf(out, "\\u%04x", point);
    }
}

size_t text_width(str_t text)
{
    size_t width = 0;
    while (text.len) {
        uint32_t point;
        point_next(&text, &point);
        int cells = wcwidth((wchar_t)point);
        width += cells < 0 ? 1 : (size_t)cells;
    }
    return width;
}

void text_put_local(buf_t *out, str_t moment)
{
    moment_t at;
    struct tm parts;
    char said[32];
    time_t seconds = moment_read(moment, &at) == ERR_OK ? (time_t)(at / 1000) : -1;
    if (seconds < 0 || !localtime_r(&seconds, &parts) ||
        !strftime(said, sizeof said, "%Y-%m-%d %H:%M", &parts))
        text_put(out, moment);
    else
        buf_put(out, str(said));
}
