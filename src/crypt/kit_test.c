/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/kit.h"

#include "test/test.h"

static bool kit_reads_as(const char *text, const uint8_t kit[KIT_BYTES])
{
    uint8_t back[KIT_BYTES];
    return kit_read(str(text), back) == ERR_OK && !memcmp(back, kit, KIT_BYTES);
}

TEST(a_kit_is_read_however_it_was_written_down)
{
    OWN(buf) text = BUF(64);
    uint8_t kit[KIT_BYTES], back[KIT_BYTES];
    for (uint8_t i = 0; i < KIT_BYTES; i++)
        kit[i] = (uint8_t)(i * 37 + 1);
    kit_put(kit, &text);
    CHECK(text.len == 44 && kit_reads_as(text.at, kit));
    OWN(buf) sloppy = BUF(128);
    for (const char *c = text.at; *c; c++) {
        uint8_t as = *c == '0' ? 'o' : *c == '1' ? 'L' : *c == '-' ? ' ' : (uint8_t)*c;
        buf_put_byte(&sloppy, as >= 'A' && as <= 'Z' ? (uint8_t)(as - 'A' + 'a') : as);
    }
    buf_put(&sloppy, STR("\r\n"));
    CHECK(kit_reads_as(sloppy.at, kit));
    CHECK_FAILS(ERR_INVALID, kit_read(str_bytes(text.at, 43), back));
    CHECK_FAILS(ERR_INVALID, kit_read(STR(""), back));
    CHECK_FAILS(ERR_INVALID, kit_read(STR("0000-0000-0000-0000-0000-0000-0000-0000-0000-0"), back));
    CHECK_FAILS(ERR_INVALID, kit_read(STR("0000-0000-0000-0000-0000-0000-0000-0000-000U"), back));
}

TEST(a_slip_in_typing_a_kit_is_told_from_a_wrong_kit)
{
    static const uint8_t kit[KIT_BYTES] = {9, 8, 7};
    OWN(buf) text = BUF(64);
    uint8_t back[KIT_BYTES];
    kit_put(kit, &text);
    for (size_t at = 0; at < text.len; at++) {
        char was = text.at[at];
        if (was == '-')
            continue;
        text.at[at] = was == 'Z' ? 'Y' : 'Z';
        CHECK_FAILS(ERR_INVALID, kit_read(buf_str(&text), back));
        CHECK(strstr(err_note(), "slip"));
        text.at[at] = was;
    }
}

TESTS(a_kit_is_read_however_it_was_written_down, a_slip_in_typing_a_kit_is_told_from_a_wrong_kit)
