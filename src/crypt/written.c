/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/written.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static unsigned digit_at(const uint8_t *bytes, size_t index)
{
    unsigned value = 0;
    for (size_t bit = index * 5; bit < index * 5 + 5; bit++)
        value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1u);
    return value;
}

void written_put(const uint8_t *bytes, size_t digits, buf_t *out_text)
{
    for (size_t i = 0; i < digits; i++) {
        if (i && i % 4 == 0)
            buf_put_byte(out_text, '-');
        buf_put_byte(out_text, (uint8_t)alphabet[digit_at(bytes, i)]);
    }
}

/* -1 for what stands between digits, -2 for what is none. */
static int digit_value(char c)
{
    if (c == ' ' || c == '-' || c == '\t' || c == '\n' || c == '\r')
        return -1;
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    c = c == 'I' || c == 'L' ? '1' : c == 'O' ? '0' : c;
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -2;
}

err_t written_read(str_t text, size_t digits, uint8_t *out_bytes)
{
    size_t count = 0;
    memset(out_bytes, 0, (digits * 5 + 7) / 8);
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.at[i]);
        if (value == -2 || (value >= 0 && count == digits))
            return fail(ERR_INVALID, "not %zu letters and digits in groups of four", digits);
        for (size_t bit = 0; value >= 0 && bit < 5; bit++)
            if (value >> (4 - bit) & 1)
                out_bytes[(count * 5 + bit) / 8] |= (uint8_t)(0x80 >> (count * 5 + bit) % 8);
        count += value >= 0;
    }
    return count == digits ? ERR_OK
                           : fail(ERR_INVALID, "not %zu letters and digits in groups of four", digits);
}
