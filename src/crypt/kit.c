/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/kit.h"

#include "crypt/written.h"

enum { KIT_DIGITS = 36, PADDED = KIT_BYTES + 3 };

/* The kit and the first 20 bits of its digest. */
static void with_check(const uint8_t kit[KIT_BYTES], uint8_t out_all[PADDED])
{
    uint8_t check[DIGEST_SIZE];
    digest(str_bytes(kit, KIT_BYTES), check);
    memcpy(out_all, kit, KIT_BYTES);
    memcpy(out_all + KIT_BYTES, check, PADDED - KIT_BYTES);
    out_all[PADDED - 1] &= 0xf0;
}

void kit_put(const uint8_t kit[KIT_BYTES], buf_t *out_text)
{
    uint8_t all[PADDED];
    with_check(kit, all);
    written_put(all, KIT_DIGITS, out_text);
    explicit_bzero(all, sizeof all);
}

err_t kit_read(str_t text, uint8_t out_kit[KIT_BYTES])
{
    uint8_t typed[PADDED], all[PADDED];
    if (written_read(text, KIT_DIGITS, typed) != ERR_OK)
        return fail(ERR_INVALID, "a recovery kit has %d letters and digits in groups of four", KIT_DIGITS);
    with_check(typed, all);
    bool fits = bytes_equal(str_bytes(all, PADDED), str_bytes(typed, PADDED));
    if (fits)
        memcpy(out_kit, typed, KIT_BYTES);
    explicit_bzero(typed, sizeof typed);
    explicit_bzero(all, sizeof all);
    return fits ? ERR_OK
                : fail(ERR_INVALID, "a slip in typing: the kit's last group does not fit the others");
}

void kit_pair(const uint8_t kit[KIT_BYTES], struct key *out_public, struct key *out_private)
{
    OWN(key) seed;
    static const struct key none;
    key_derive(&none, "custody recovery kit", str_bytes(kit, KIT_BYTES), &seed);
    pair_from(&seed, out_public, out_private);
}
