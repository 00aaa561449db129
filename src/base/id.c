/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
enum { DIGITS = 26 };

bool ident_is_zero(ident_t id) { return ident_eq(id, (ident_t){{0}}); }

/* Five bits a digit from the left, the last two of the 130 being zero. */
ident_text_t ident_text(const char *prefix, ident_t id)
{
    ident_text_t out = {{0}};
    size_t at = strnlen(prefix, ID_PREFIX_MAX), byte = 0;
    unsigned bits = 0, count = 0;
    memcpy(out.text, prefix, at);
    out.text[at++] = '_';
    for (size_t i = 0; i < DIGITS; i++) {
        if (count < 5) {
            bits = bits << 8 | (byte < sizeof id.bytes ? id.bytes[byte++] : 0);
            count += 8;
        }
        count -= 5;
        out.text[at++] = digits[bits >> count & 31];
    }
    return out;
}

err_t ident_read(const char *prefix, str_t text, ident_t *out_id)
{
    str_t rest = text;
    ident_t id = {{0}};
    if (!str_eq(str_until(&rest, '_'), str(prefix)) || rest.len != DIGITS)
        return fail(ERR_INVALID, "not an id of the form %s_…", prefix);
    for (size_t i = 0; i < DIGITS; i++) {
        const char *digit = rest.at[i] ? strchr(digits, rest.at[i]) : NULL;
        unsigned value = digit ? (unsigned)(digit - digits) : 32;
        if (value == 32 || (i == DIGITS - 1 && value & 3))
            return fail(ERR_INVALID, "not an id of the form %s_…", prefix);
        for (size_t b = 0; b < 5 && i * 5 + b < 128; b++)
            if (value >> (4 - b) & 1)
                id.bytes[(i * 5 + b) / 8] |= (uint8_t)(0x80 >> (i * 5 + b) % 8);
    }
    *out_id = id;
    return ERR_OK;
}

err_t ident_from(str_t bytes, ident_t *out_id)
{
    if (bytes.len != sizeof out_id->bytes)
        return fail(ERR_INVALID, "an id of %zu bytes", bytes.len);
    memcpy(out_id->bytes, bytes.at, sizeof out_id->bytes);
    return ERR_OK;
}
