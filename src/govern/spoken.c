/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/spoken.h"

#include "crypt/seal.h"

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
enum { BITS = 5, GROUP = 5 };

static void check_put(str_t bytes, buf_t *out)
{
    uint8_t whole[DIGEST_SIZE];
    digest(bytes, whole);
    buf_put(out, str_bytes(whole, SPOKEN_CHECK));
}

static unsigned digit_at(str_t bytes, size_t place)
{
    unsigned value = 0;
    for (size_t bit = place * BITS; bit < (place + 1) * BITS; bit++) {
        unsigned byte = bit / 8 < bytes.len ? (uint8_t)bytes.at[bit / 8] : 0;
        value = value << 1 | (byte >> (7 - bit % 8) & 1);
    }
    return value;
}

void spoken_put(str_t bytes, buf_t *out_text)
{
    OWN(buf) all = BUF(SPOKEN_MAX + SPOKEN_CHECK);
    buf_put(&all, bytes);
    check_put(bytes, &all);
    if (buf_end(&all) != ERR_OK) {
        buf_fail(out_text, ERR_TOO_LARGE);
        return;
    }
    for (size_t place = 0; place * BITS < all.len * 8; place++) {
        if (place && place % GROUP == 0)
            buf_put_byte(out_text, '-');
        buf_put_byte(out_text, (uint8_t)digits[digit_at(buf_str(&all), place)]);
    }
}

/* 32: no digit. */
static unsigned digit_of(char letter)
{
    char upper = letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
    char meant = upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
    const char *found = meant ? strchr(digits, meant) : NULL;
    return found ? (unsigned)(found - digits) : 32;
}

/* Whole bytes as they come; what is left of the last digit has to be zero. */
static err_t digits_read(str_t text, buf_t *out)
{
    unsigned bits = 0, count = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '-' || text.at[i] == ' ')
            continue;
        unsigned digit = digit_of(text.at[i]);
        if (digit > 31)
            return fail(ERR_INVALID, "a code holds letters and digits only");
        bits = (bits << BITS | digit) & 0xfff;
        count += BITS;
        if (count >= 8) {
            count -= 8;
            buf_put_byte(out, (uint8_t)(bits >> count));
        }
    }
    if (count >= BITS || bits & ((1U << count) - 1))
        return fail(ERR_INVALID, "the code is not whole");
    return buf_end(out);
}

err_t spoken_read(str_t text, buf_t *out_bytes)
{
    OWN(buf) all = BUF(SPOKEN_MAX + SPOKEN_CHECK);
    OWN(buf) check = BUF(SPOKEN_CHECK);
    TRY(digits_read(text, &all));
    if (all.len < SPOKEN_CHECK)
        return fail(ERR_INVALID, "the code is not whole");
    str_t bytes = str_bytes(all.at, all.len - SPOKEN_CHECK);
    check_put(bytes, &check);
    if (!str_eq(buf_str(&check), str_bytes(all.at + bytes.len, SPOKEN_CHECK)))
        return fail(ERR_INVALID, "the code was mistyped, or is not whole");
    buf_put(out_bytes, bytes);
    return buf_end(out_bytes);
}
