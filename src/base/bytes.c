/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdarg.h>

bool str_starts(str_t text, str_t prefix)
{
    return text.len >= prefix.len && (!prefix.len || !memcmp(text.at, prefix.at, prefix.len));
}

str_t str_until(str_t *rest, char mark)
{
    const char *found = rest->len ? memchr(rest->at, mark, rest->len) : NULL;
    str_t before = {rest->at, found ? (size_t)(found - rest->at) : rest->len};
    *rest = found ? (str_t){found + 1, rest->len - before.len - 1} : (str_t){rest->at + rest->len, 0};
    return before;
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

str_t str_trim(str_t text)
{
    while (text.len && is_space(text.at[0]))
        text.at++, text.len--;
    while (text.len && is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

/* Length of the UTF-8 sequence that starts with `c`, and the smallest code point that needs it; 0 where none does. */
static size_t utf8_length(unsigned char c, uint32_t *out_point, uint32_t *out_least)
{
    static const struct {
        unsigned char mask, mark;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0x1}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t i = 0; i < 4; i++)
        if ((c & forms[i].mask) == forms[i].mark) {
            *out_point = c & (unsigned char)~forms[i].mask;
            *out_least = forms[i].least;
            return i + 1;
        }
    return 0;
}

/* How many bytes from `at` on are ASCII and not NUL, looked at by eights: nearly all text, and most of the time. In `low` a
 * byte's upper bit says that the byte is 0 or past 0x7f, or stands above one that is. */
static size_t ascii_length(const char *at, size_t len)
{
    size_t i = 0;
    for (uint64_t eight; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, at + i, sizeof eight);
        uint64_t low = (eight - UINT64_C(0x0101010101010101)) | eight;
        if (low & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < len && (signed char)at[i] > 0)
        i++;
    return i;
}

bool str_is_utf8(str_t text)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t point = 0, least = 0;
        i += ascii_length(text.at + i, text.len - i);
        if (i == text.len)
            return true;
        size_t length = utf8_length((unsigned char)text.at[i], &point, &least);
        if (!length || length > text.len - i)
            return false;
        for (size_t j = 1; j < length; j++) {
            unsigned char c = (unsigned char)text.at[i + j];
            if ((c & 0xc0) != 0x80)
                return false;
            point = point << 6 | (c & 0x3f);
        }
        if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return false;
        i += length;
    }
    return true;
}

err_t str_number(str_t text, uint64_t max, uint64_t *out_number)
{
    uint64_t number = 0;
    if (!text.len || (text.len > 1 && text.at[0] == '0'))
        return fail(ERR_INVALID, "not a number");
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return fail(ERR_INVALID, "not a number");
        uint64_t digit = (uint64_t)(text.at[i] - '0');
        if (number > max / 10 || digit > max - number * 10)
            return fail(ERR_INVALID, "a number past %llu", (unsigned long long)max);
        number = number * 10 + digit;
    }
    *out_number = number;
    return ERR_OK;
}

void buf_drop(buf_t *buf)
{
    if (buf->at)
        explicit_bzero(buf->at, buf->room);
    free(buf->at);
    *buf = (buf_t){.limit = buf->limit};
}

void buf_clear(buf_t *buf)
{
    buf->len = 0;
    buf->state = ERR_OK;
}

void buf_fail(buf_t *buf, err_t code)
{
    if (buf->state == ERR_OK)
        buf->state = code;
}

/* Not realloc: it would leave a copy of the old bytes behind. */
static bool buf_grow(buf_t *buf, size_t need)
{
    size_t room = buf->room ? need * 2 + 64 : need + 64; /* often all that comes: what is wiped was used */
    if (room > buf->limit + 1)
        room = buf->limit + 1;
    char *at = malloc(room);
    if (!at)
        return false;
    if (buf->len)
        memcpy(at, buf->at, buf->len);
    if (buf->at)
        explicit_bzero(buf->at, buf->room);
    free(buf->at);
    buf->at = at;
    buf->room = room;
    return true;
}

char *buf_room(buf_t *buf, size_t len)
{
    if (buf->state == ERR_OK && len > buf->limit - buf->len)
        buf->state = fail(ERR_TOO_LARGE, "past %zu bytes", buf->limit);
    if (buf->state == ERR_OK && len >= buf->room - buf->len && !buf_grow(buf, buf->len + len))
        buf->state = fail(ERR_BUSY, "no memory for %zu bytes", buf->len + len);
    if (buf->state != ERR_OK)
        return NULL;
    char *at = buf->at + buf->len;
    buf->len += len;
    buf->at[buf->len] = '\0';
    return at;
}

void buf_put(buf_t *buf, str_t bytes)
{
    char *at = buf_room(buf, bytes.len);
    if (at && bytes.len)
        memcpy(at, bytes.at, bytes.len);
}

void buf_put_byte(buf_t *buf, uint8_t byte)
{
    char *at = buf_room(buf, 1);
    if (at)
        *at = (char)byte;
}

void buf_putf(buf_t *buf, const char *format, ...)
{
    char small[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof small)
        buf_fail(buf, fail(ERR_TOO_LARGE, "one piece past %zu bytes", sizeof small));
    else
        buf_put(buf, (str_t){small, (size_t)len});
    explicit_bzero(small, len > 0 && (size_t)len < sizeof small ? (size_t)len : sizeof small);
}

void buf_put_hex(buf_t *buf, str_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *at = buf_room(buf, bytes.len * 2);
    for (size_t i = 0; at && i < bytes.len; i++) {
        at[2 * i] = digits[(unsigned char)bytes.at[i] >> 4];
        at[2 * i + 1] = digits[(unsigned char)bytes.at[i] & 15];
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

err_t base16_read(str_t text, size_t count, void *out_bytes)
{
    uint8_t *bytes = out_bytes;
    bool right = text.len == 2 * count;
    for (size_t i = 0; right && i < count; i++) {
        int high = hex_digit(text.at[2 * i]), low = hex_digit(text.at[2 * i + 1]);
        right = high >= 0 && low >= 0;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    return right ? ERR_OK : fail(ERR_INVALID, "not %zu hexadecimal digits", 2 * count);
}

void buf_put_json(buf_t *buf, str_t text)
{
    buf_put_byte(buf, '"');
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c != '"' && c != '\\' && c >= 0x20 && c != 0x7f)
            continue;
        buf_put(buf, (str_t){text.at + from, i - from});
        buf_putf(buf, "\\u%04x", c);
        from = i + 1;
    }
    buf_put(buf, (str_t){text.at + from, text.len - from});
    buf_put_byte(buf, '"');
}

err_t buf_end(const buf_t *buf) { return buf->state; }

static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char mail_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64_put(buf_t *buf, str_t bytes, const char *digits)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < left ? (unsigned char)bytes.at[i + j] : 0);
        for (size_t j = 0; j <= left; j++)
            buf_put_byte(buf, (uint8_t)digits[group >> (18 - 6 * j) & 63]);
    }
}

static err_t base64_take(str_t text, const char *digits, buf_t *out_bytes)
{
    uint32_t group = 0;
    int bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.at[i] ? strchr(digits, text.at[i]) : NULL;
        if (!digit)
            return fail(ERR_INVALID, "not base64 at byte %zu", i);
        group = (group << 6 | (uint32_t)(digit - digits)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_put_byte(out_bytes, (uint8_t)(group >> bits & 0xff));
        }
    }
    if (bits >= 6 || (group & ((1u << bits) - 1)))
        return fail(ERR_INVALID, "base64 that ends within a byte");
    return buf_end(out_bytes);
}

void buf_put_base64(buf_t *buf, str_t bytes) { base64_put(buf, bytes, url_digits); }

err_t base64_read(str_t text, buf_t *out_bytes) { return base64_take(text, url_digits, out_bytes); }

void buf_put_base64_padded(buf_t *buf, str_t bytes)
{
    base64_put(buf, bytes, mail_digits);
    for (size_t i = bytes.len % 3; i && i < 3; i++)
        buf_put_byte(buf, '=');
}

err_t base64_padded_read(str_t text, buf_t *out_bytes)
{
    if (text.len % 4)
        return fail(ERR_INVALID, "base64 of %zu letters", text.len);
    for (int i = 0; i < 2 && text.len && text.at[text.len - 1] == '='; i++)
        text.len--;
    return base64_take(text, mail_digits, out_bytes);
}

enum { MAX_VARINT = 10 };

void buf_put_varint(buf_t *buf, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_put_byte(buf, (uint8_t)(number | 0x80));
    buf_put_byte(buf, (uint8_t)number);
}

err_t str_varint(str_t *rest, uint64_t *out_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < rest->len && i < MAX_VARINT; i++) {
        uint8_t byte = (uint8_t)rest->at[i];
        if (i == MAX_VARINT - 1 && byte > 1)
            break;
        number |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (i && !byte)
            break;
        *rest = str_bytes(rest->at + i + 1, rest->len - i - 1);
        *out_number = number;
        return ERR_OK;
    }
    return fail(ERR_INVALID, "a number is cut, or not in its one form");
}
