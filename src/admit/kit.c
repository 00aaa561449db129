/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/kit.h"

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
enum { KIT_DIGITS = 32, CHECK_DIGITS = 4, ALL_DIGITS = KIT_DIGITS + CHECK_DIGITS, PADDED = KIT_BYTES + 3 };

/* The kit and the first 20 bits of its digest. */
static void with_check(const uint8_t kit[KIT_BYTES], uint8_t out_all[PADDED])
{
    uint8_t check[DIGEST_SIZE];
    digest(str_bytes(kit, KIT_BYTES), check);
    memcpy(out_all, kit, KIT_BYTES);
    memcpy(out_all + KIT_BYTES, check, PADDED - KIT_BYTES);
}

static unsigned digit_at(const uint8_t *bytes, size_t index)
{
    unsigned value = 0;
    for (size_t bit = index * 5; bit < index * 5 + 5; bit++)
        value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1u);
    return value;
}

void kit_put(const uint8_t kit[KIT_BYTES], buf_t *out_text)
{
    uint8_t all[PADDED];
    with_check(kit, all);
    for (size_t i = 0; i < ALL_DIGITS; i++) {
        if (i && i % 4 == 0)
            buf_put_byte(out_text, '-');
        buf_put_byte(out_text, (uint8_t)digits[digit_at(all, i)]);
    }
    explicit_bzero(all, sizeof all);
}

/* -1 for what stands between digits, -2 for what is none. */
static int digit_value(char c)
{
    if (c == ' ' || c == '-' || c == '\t' || c == '\n' || c == '\r')
        return -1;
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    c = c == 'I' || c == 'L' ? '1' : c == 'O' ? '0' : c;
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -2;
}

err_t kit_read(str_t text, uint8_t out_kit[KIT_BYTES])
{
    uint8_t kit[PADDED] = {0}, all[PADDED];
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.at[i]);
        if (value == -2 || (value >= 0 && count == ALL_DIGITS))
            return fail(ERR_INVALID, "a recovery kit has %d letters and digits in groups of four",
                        ALL_DIGITS);
        for (size_t bit = 0; value >= 0 && bit < 5; bit++)
            if (value >> (4 - bit) & 1)
                kit[(count * 5 + bit) / 8] |= (uint8_t)(0x80 >> (count * 5 + bit) % 8);
        count += value >= 0;
    }
    if (count != ALL_DIGITS)
        return fail(ERR_INVALID, "a recovery kit has %d letters and digits in groups of four", ALL_DIGITS);
    with_check(kit, all);
    all[PADDED - 1] &= 0xf0;
    if (!bytes_equal(str_bytes(all, PADDED), str_bytes(kit, PADDED)))
        return fail(ERR_INVALID, "a slip in typing: the kit's last group does not fit the others");
    memcpy(out_kit, kit, KIT_BYTES);
    explicit_bzero(kit, sizeof kit);
    return ERR_OK;
}

void kit_pair(const uint8_t kit[KIT_BYTES], struct key *out_public, struct key *out_private)
{
    OWN(key) seed;
    static const struct key none;
    key_derive(&none, "custody recovery kit", str_bytes(kit, KIT_BYTES), &seed);
    pair_from(&seed, out_public, out_private);
}
