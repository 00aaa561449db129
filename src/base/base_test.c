/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/id.h"
#include "base/moment.h"
#include "test/test.h"

#include <stdalign.h>

TEST(every_error_has_a_name_a_status_and_a_meaning)
{
    for (err_t code = ERR_OK; code < ERR_COUNT; code++) {
        const struct err_info *info = err_info(code);
        CHECK(info->name && info->name[0] && info->meaning && info->meaning[0]);
        CHECK(info->http >= 200 && info->http < 600);
        CHECK((info->exit == 0) == (code == ERR_OK));
        CHECK((info->http < 300) == (code == ERR_OK));
    }
    CHECK(err_info(ERR_COUNT) == err_info(ERR_BROKEN));
}

TEST(a_refusal_returns_its_code_and_keeps_its_note)
{
    CHECK(fail(ERR_LOCKED, "session %d ended", 7) == ERR_LOCKED);
    CHECK(!strcmp(err_note(), "session 7 ended"));
    char long_one[1000];
    memset(long_one, 'x', sizeof long_one);
    CHECK(fail(ERR_INVALID, "%.*s", 1000, long_one) == ERR_INVALID);
    CHECK(strlen(err_note()) == 255);
}

static err_t three_tries(err_t second, int *done)
{
    TRY(ERR_OK);
    ++*done;
    TRY(second);
    ++*done;
    return ERR_OK;
}

TEST(the_first_failure_ends_a_function)
{
    int done = 0;
    CHECK_FAILS(ERR_CONFLICT, three_tries(ERR_CONFLICT, &done));
    CHECK(done == 1);
    CHECK_OK(three_tries(ERR_OK, &done));
    CHECK(done == 3);
}

static int drops;
typedef int counted_own;
static void counted_drop(counted_own *counted) { drops += *counted; }

static int handed_out(bool hand)
{
    OWN(counted) one = 1;
    return hand ? give(one) : 0;
}

TEST(what_a_scope_owns_ends_with_it_unless_it_is_given_away)
{
    drops = 0;
    CHECK(handed_out(false) == 0 && drops == 1);
    CHECK(handed_out(true) == 1 && drops == 1);
}

TEST(views_compare_by_their_bytes)
{
    CHECK(str_eq(STR("a\0b"), str_bytes("a\0b", 3)) && !str_eq(STR("a\0b"), STR("a\0c")));
    CHECK(str_eq(str(NULL), STR("")) && !str_eq(STR("a"), STR("")));
    CHECK(str_starts(STR("dev_x"), STR("dev_")) && !str_starts(STR("de"), STR("dev_")));
    CHECK(str_starts(STR("x"), STR("")) && str_starts(STR("x"), (str_t){NULL, 0}));
}

TEST(text_splits_at_each_mark)
{
    str_t rest = STR("a,,b");
    CHECK(str_eq(str_until(&rest, ','), STR("a")) && str_eq(rest, STR(",b")));
    CHECK(str_eq(str_until(&rest, ','), STR("")) && str_eq(rest, STR("b")));
    CHECK(str_eq(str_until(&rest, ','), STR("b")) && rest.len == 0);
    CHECK(str_until(&rest, ',').len == 0);
}

TEST(text_is_trimmed_of_space_only)
{
    CHECK(str_eq(str_trim(STR(" \t a b\r\n")), STR("a b")));
    CHECK(str_trim(STR(" \n ")).len == 0);
    CHECK(str_eq(str_trim(STR("\va")), STR("\va")));
}

TEST(utf8_is_taken_in_its_one_form)
{
    CHECK(str_is_utf8(STR("")) && str_is_utf8(STR("plain\t\x7f")));
    CHECK(str_is_utf8(STR("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf")));
    CHECK(str_is_utf8(STR("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf")));
}

TEST(utf8_in_any_other_form_is_refused)
{
    static const str_t wrong[] = {
        {"\0", 1}, /* NUL */
        {"\x80", 1},
        {"\xbf", 1},
        {"\xc2", 1}, /* a part alone */
        {"\xe0\xa0", 2},
        {"\xf0\x90\x80", 3},
        {"a\xc2", 2}, /* cut short */
        {"\xc2\x41", 2},
        {"\xe1\x80\xc0", 3}, /* another byte inside */
        {"\xc0\x80", 2},
        {"\xc1\xbf", 2},
        {"\xe0\x9f\xbf", 3},     /* longer than needed */
        {"\xf0\x8f\xbf\xbf", 4}, /* longer than needed */
        {"\xed\xa0\x80", 3},
        {"\xed\xbf\xbf", 3}, /* surrogates */
        {"\xf4\x90\x80\x80", 4},
        {"\xf8\x88\x80\x80\x80", 5},
        {"\xff", 1}, /* past the last code point */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!str_is_utf8(wrong[i]));
}

TEST(every_code_point_but_nul_and_surrogates_is_utf8)
{
    for (uint32_t point = 0x80; point <= 0x10ffff; point++) {
        char at[4];
        size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        for (size_t i = len - 1; i > 0; i--)
            at[i] = (char)(0x80 | (point >> (6 * (len - 1 - i)) & 0x3f));
        at[0] = (char)((0xf00 >> len & 0xff) | point >> (6 * (len - 1)));
        CHECK(str_is_utf8(str_bytes(at, len)) == (point < 0xd800 || point > 0xdfff));
    }
}

TEST(numbers_have_one_text)
{
    uint64_t number = 7;
    CHECK_OK(str_number(STR("0"), 0, &number));
    CHECK(number == 0);
    CHECK_OK(str_number(STR("18446744073709551615"), UINT64_MAX, &number));
    CHECK(number == UINT64_MAX);
    static const char *const wrong[] = {"", "00", "01", "+1", "-1", " 1", "1 ", "1x", "0x1", "١"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, str_number(str(wrong[i]), 1000, &number));
    CHECK_FAILS(ERR_INVALID, str_number(STR("18446744073709551616"), UINT64_MAX, &number));
    CHECK_FAILS(ERR_INVALID, str_number(STR("256"), 255, &number));
    CHECK_OK(str_number(STR("255"), 255, &number));
    CHECK_FAILS(ERR_INVALID, str_number(STR("5"), 1, &number));
    CHECK_FAILS(ERR_INVALID, str_number(STR("1\0"), 1000, &number));
    CHECK(number == 255);
}

TEST(a_buffer_fills_to_its_limit_and_not_past_it)
{
    OWN(buf) buf = BUF(200);
    for (int i = 0; i < 200; i++)
        buf_put_byte(&buf, (uint8_t)('a' + i % 26));
    CHECK_OK(buf_end(&buf));
    CHECK(buf.len == 200 && buf.at[200] == '\0' && buf.at[199] == 'a' + 199 % 26);
    buf_put(&buf, STR(""));
    CHECK_OK(buf_end(&buf));
    buf_put_byte(&buf, 'x');
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&buf));
    CHECK(buf.len == 200);
}

TEST(a_buffer_that_failed_turns_every_put_away_until_it_is_cleared)
{
    OWN(buf) buf = BUF(4);
    buf_put(&buf, STR("ab"));
    buf_put(&buf, STR("cde"));
    buf_put(&buf, STR("f"));
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&buf));
    CHECK(str_eq(buf_str(&buf), STR("ab")));
    CHECK(!buf_room(&buf, 0));
    buf_clear(&buf);
    buf_put(&buf, STR("wxyz"));
    CHECK_OK(buf_end(&buf));
    CHECK(str_eq(buf_str(&buf), STR("wxyz")));
    buf_fail(&buf, ERR_BUSY);
    buf_fail(&buf, ERR_BROKEN);
    CHECK_FAILS(ERR_BUSY, buf_end(&buf));
}

TEST(an_empty_buffer_is_an_empty_view)
{
    OWN(buf) buf = BUF(0);
    CHECK(buf_str(&buf).at && buf_str(&buf).len == 0);
    CHECK_OK(buf_end(&buf));
    buf_put_byte(&buf, 1);
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&buf));
}

TEST(one_formatted_piece_is_never_cut)
{
    OWN(buf) buf = BUF(4096);
    buf_putf(&buf, "%s=%d;", "a", 5);
    CHECK(str_eq(buf_str(&buf), STR("a=5;")));
    buf_putf(&buf, "%600d", 1);
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&buf));
    CHECK(buf.len == 4);
}

TEST(text_in_json_is_quoted_and_escaped)
{
    OWN(buf) buf = BUF(256);
    buf_put_json(&buf, STR("a\"b\\c\n\x1f\x7f/é\0"));
    CHECK(str_eq(buf_str(&buf), STR("\"a\\u0022b\\u005cc\\u000a\\u001f\\u007f/é\\u0000\"")));
    buf_clear(&buf);
    buf_put_json(&buf, STR(""));
    CHECK(str_eq(buf_str(&buf), STR("\"\"")));
}

TEST(bytes_in_hex_are_lower_case)
{
    OWN(buf) buf = BUF(8);
    buf_put_hex(&buf, STR("\x00\x9f\xaf\xff"));
    CHECK(str_eq(buf_str(&buf), STR("009fafff")));
    buf_put_hex(&buf, STR("a"));
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&buf));
}

/* RFC 4648 section 10, without its padding. */
TEST(base64url_is_that_of_the_rfc)
{
    static const char *const pairs[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < 7; i++) {
        OWN(buf) text = BUF(64);
        OWN(buf) back = BUF(64);
        buf_put_base64(&text, str(pairs[i][0]));
        CHECK(str_eq(buf_str(&text), str(pairs[i][1])));
        CHECK_OK(base64_read(buf_str(&text), &back));
        CHECK(str_eq(buf_str(&back), str(pairs[i][0])));
    }
    OWN(buf) url = BUF(64);
    buf_put_base64(&url, STR("\xfb\xff\xfe"));
    CHECK(str_eq(buf_str(&url), STR("-__-")));
}

TEST(base64_with_padding_is_that_of_the_rfc_and_has_one_text_for_a_value)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"\xfb\xff", "+/8="},
                                           {"foobar", "Zm9vYmFy"}};
    static const char *const wrong[] = {"Zg",   "Zg=",    "Zh==",     "Zm8",  "Zm9=", "=",    "==",
                                        "====", "Zg==\n", "Zg==Zg==", "Z===", "-_8=", "Zm9 ", " Zm9v"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        OWN(buf) text = BUF(64);
        OWN(buf) back = BUF(64);
        buf_put_base64_padded(&text, str(pairs[i][0]));
        CHECK(str_eq(buf_str(&text), str(pairs[i][1])));
        CHECK_OK(base64_padded_read(buf_str(&text), &back));
        CHECK(str_eq(buf_str(&back), str(pairs[i][0])));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        OWN(buf) bytes = BUF(64);
        CHECK_FAILS(ERR_INVALID, base64_padded_read(str(wrong[i]), &bytes));
    }
}

TEST(base64url_has_one_text_for_a_value)
{
    static const char *const wrong[] = {"Z",     "Zm9vY",  "Zg==", "Zh",   "Zm9=", "Zm9",
                                        "Zm 9v", "Zm9v\n", "Zm+v", "Zm/v", "Zmé"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        OWN(buf) bytes = BUF(64);
        CHECK_FAILS(ERR_INVALID, base64_read(str(wrong[i]), &bytes));
    }
    OWN(buf) bytes = BUF(64);
    CHECK_FAILS(ERR_INVALID, base64_read(STR("Zm9\0"), &bytes));
    OWN(buf) small = BUF(2);
    CHECK_FAILS(ERR_TOO_LARGE, base64_read(STR("Zm9v"), &small));
}

TEST(an_arena_gives_zeroed_aligned_pieces)
{
    OWN(arena) arena = ARENA(1 << 20);
    for (size_t len = 0; len < 3000; len += 7) {
        unsigned char *at = arena_take(&arena, len);
        CHECK(at && (uintptr_t)at % alignof(max_align_t) == 0);
        for (size_t i = 0; i < len; i++)
            CHECK(at[i] == 0);
        memset(at, 0xa5, len);
    }
    CHECK_OK(arena_end(&arena));
}

TEST(an_arena_ends_at_its_limit)
{
    OWN(arena) arena = ARENA(1000);
    CHECK(arena_take(&arena, 1000));
    CHECK_OK(arena_end(&arena));
    CHECK(!arena_take(&arena, 1));
    CHECK_FAILS(ERR_TOO_LARGE, arena_end(&arena));
    CHECK(!arena_take(&arena, 0));
    arena_drop(&arena);
    CHECK(arena_take(&arena, 999));
    CHECK_OK(arena_end(&arena));
}

TEST(an_arena_is_used_again_and_again_within_its_limit)
{
    OWN(arena) arena = ARENA(100000);
    arena_clear(&arena);
    for (int i = 0; i < 50; i++) {
        memset(arena_room(&arena, 60000), 0xa5, 60000);
        CHECK(arena_take(&arena, 100));
        CHECK_OK(arena_end(&arena));
        arena_clear(&arena);
        unsigned char *at = arena_take(&arena, 30000);
        for (size_t j = 0; j < 30000; j++)
            CHECK(at[j] == 0);
        arena_clear(&arena);
    }
    CHECK(!arena_room(&arena, 100001));
    arena_clear(&arena);
    CHECK(arena_take(&arena, 100000));
}

TEST(a_buffer_in_an_arena_holds_what_it_was_made_for_and_no_more)
{
    OWN(arena) arena = ARENA(100);
    buf_t fits = arena_buf(&arena, 3);
    buf_put(&fits, STR("abc"));
    CHECK_OK(buf_end(&fits));
    CHECK(str_eq(buf_str(&fits), STR("abc")) && fits.at[3] == '\0');
    buf_put(&fits, STR("d"));
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&fits));
    buf_t none = arena_buf(&arena, 1000);
    buf_put(&none, STR("abc"));
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&none));
}

TEST(an_array_too_large_to_count_is_refused)
{
    OWN(arena) arena = ARENA(SIZE_MAX);
    CHECK(!arena_take_array(&arena, 16, SIZE_MAX / 8));
    CHECK_FAILS(ERR_TOO_LARGE, arena_end(&arena));
}

TEST(a_copy_in_an_arena_is_followed_by_a_nul)
{
    OWN(arena) arena = ARENA(100);
    str_t copy = arena_copy(&arena, STR("a\0b"));
    CHECK(str_eq(copy, STR("a\0b")) && copy.at[3] == '\0');
    copy = arena_copy(&arena, (str_t){NULL, 0});
    CHECK(copy.at && copy.len == 0 && copy.at[0] == '\0');
    CHECK(arena_copy(&arena, str_bytes(arena_take(&arena, 0), 200)).len == 0);
    CHECK_FAILS(ERR_TOO_LARGE, arena_end(&arena));
}

/* Base32 of RFC 4648, computed apart from this code. */
TEST(an_id_is_its_prefix_and_base32)
{
    ident_t id;
    for (size_t i = 0; i < 16; i++)
        id.bytes[i] = (uint8_t)i;
    CHECK(!strcmp(ident_text("dev", id).text, "dev_aaaqeayeaudaocajbifqydiob4"));
    CHECK(!strcmp(ident_text("x", (ident_t){{0}}).text, "x_aaaaaaaaaaaaaaaaaaaaaaaaaa"));
    memset(id.bytes, 0xff, sizeof id.bytes);
    CHECK(!strcmp(ident_text("eightlet", id).text, "eightlet_77777777777777777777777774"));
}

TEST(an_id_reads_back_from_its_text)
{
    for (uint32_t round = 1; round < 500; round++) {
        ident_t id, back;
        for (size_t i = 0; i < 16; i++)
            id.bytes[i] = (uint8_t)(round * 2654435761u >> (i % 4 * 8) ^ i * 37);
        CHECK_OK(ident_read("acc", str(ident_text("acc", id).text), &back));
        CHECK(ident_eq(id, back) && !ident_is_zero(back));
    }
    CHECK(ident_is_zero((ident_t){{0}}));
}

TEST(an_id_in_any_other_form_is_refused)
{
    static const char *const wrong[] = {
        "",
        "dev",
        "dev_",
        "acc_aaaqeayeaudaocajbifqydiob4",
        "dev_aaaqeayeaudaocajbifqydiob",
        "dev_aaaqeayeaudaocajbifqydiob44",
        "dev_AAAQEAYEAUDAOCAJBIFQYDIOB4",
        "dev_aaaqeayeaudaocajbifqydiob5",
        "dev_aaaqeayeaudaocajbifqydio14",
        "devaaaqeayeaudaocajbifqydiob44",
        "dev_aaaqeayeaudaocajbifqydiob\xc3",
    };
    ident_t id = {{9}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, ident_read("dev", str(wrong[i]), &id));
    CHECK_FAILS(ERR_INVALID, ident_read("dev", STR("dev_aaaqeayeaudaocajbifqydiob\0"), &id));
    CHECK_FAILS(ERR_INVALID, ident_from(STR("fifteen bytes.."), &id));
    CHECK(id.bytes[0] == 9);
    CHECK_OK(ident_from(STR("sixteen bytes..."), &id));
    CHECK(str_eq(ident_bytes(&id), STR("sixteen bytes...")));
}

TEST(hexadecimal_digits_are_read_in_either_case_and_nothing_else_is)
{
    static const char *const wrong[] = {"",       "00",     "00ff0",  "00ff0g",
                                        "00ff0:", "00ff0@", "00ff0`", "00ff0011"};
    uint8_t bytes[3];
    CHECK_OK(base16_read(STR("00fFa9"), 3, bytes));
    CHECK(bytes[0] == 0 && bytes[1] == 0xff && bytes[2] == 0xa9);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, base16_read(str(wrong[i]), 3, bytes));
}

TEST(a_day_alone_is_its_first_moment_or_its_last)
{
    moment_t moment = 0;
    CHECK_OK(moment_read_day(STR("2000-02-29"), false, &moment));
    CHECK(moment == 951782400000);
    CHECK_OK(moment_read_day(STR("2000-02-29"), true, &moment));
    CHECK(moment == 951782400000 + DAYS(1) - 1);
    CHECK_OK(moment_read_day(STR("2000-02-29T00:00:00Z"), true, &moment));
    CHECK(moment == 951782400000 + SECONDS(1) - 1);
    CHECK_FAILS(ERR_INVALID, moment_read_day(STR("2000-02-30"), false, &moment));
    CHECK_FAILS(ERR_INVALID, moment_read_day(STR("2000-02-2T"), false, &moment));
}

TEST(a_moment_is_rfc_3339_in_utc)
{
    CHECK(!strcmp(moment_text(0).text, "1970-01-01T00:00:00Z"));
    CHECK(!strcmp(moment_text(951782399999).text, "2000-02-28T23:59:59Z"));
    CHECK(!strcmp(moment_text(951782400000).text, "2000-02-29T00:00:00Z"));
    CHECK(!strcmp(moment_text(253402300799999).text, "9999-12-31T23:59:59Z"));
    CHECK(!strcmp(moment_text(INT64_MAX).text, "9999-12-31T23:59:59Z"));
    CHECK(!strcmp(moment_text(INT64_MIN).text, "1970-01-01T00:00:00Z"));
}

TEST(a_moment_reads_back_from_its_text)
{
    for (moment_t moment = 0; moment < DAYS(365) * 8000; moment += DAYS(97) + SECONDS(12345)) {
        moment_t back = -1;
        CHECK_OK(moment_read(str(moment_text(moment).text), &back));
        CHECK(back == moment);
    }
}

TEST(a_moment_in_any_other_form_is_refused)
{
    static const char *const wrong[] = {
        "",
        "2026-11-24",
        "2026-11-24T06:00:00",
        "2026-11-24t06:00:00z",
        "2026-11-24 06:00:00Z",
        "2026-11-24T06:00:00.5Z",
        "2026-11-24T06:00:00+00:00",
        "2026-11-24T06:00:60Z",
        "2026-11-24T24:00:00Z",
        "2026-02-29T06:00:00Z",
        "2026-13-01T06:00:00Z",
        "2026-1-24T06:00:00Z",
        " 2026-11-24T06:00:00Z",
        "2026-11-24T06:00:00Z ",
        "1969-12-31T23:59:59Z",
        "12026-11-24T06:00:00Z",
        "2026-11-24T06:00:00Z and more text than fits",
    };
    moment_t moment = 5;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, moment_read(str(wrong[i]), &moment));
    CHECK_FAILS(ERR_INVALID, moment_read(STR("2026-11-24T06:00:00Z\0"), &moment));
    CHECK_FAILS(ERR_INVALID, moment_read((str_t){NULL, 0}, &moment));
    CHECK(moment == 5);
}

TESTS(every_error_has_a_name_a_status_and_a_meaning, a_refusal_returns_its_code_and_keeps_its_note,
      the_first_failure_ends_a_function, what_a_scope_owns_ends_with_it_unless_it_is_given_away,
      views_compare_by_their_bytes, text_splits_at_each_mark, text_is_trimmed_of_space_only,
      utf8_is_taken_in_its_one_form, utf8_in_any_other_form_is_refused,
      every_code_point_but_nul_and_surrogates_is_utf8, numbers_have_one_text,
      a_buffer_fills_to_its_limit_and_not_past_it,
      a_buffer_that_failed_turns_every_put_away_until_it_is_cleared, an_empty_buffer_is_an_empty_view,
      one_formatted_piece_is_never_cut, text_in_json_is_quoted_and_escaped, bytes_in_hex_are_lower_case,
      base64url_is_that_of_the_rfc, base64_with_padding_is_that_of_the_rfc_and_has_one_text_for_a_value,
      base64url_has_one_text_for_a_value, an_arena_gives_zeroed_aligned_pieces, an_arena_ends_at_its_limit,
      an_arena_is_used_again_and_again_within_its_limit,
      a_buffer_in_an_arena_holds_what_it_was_made_for_and_no_more, an_array_too_large_to_count_is_refused,
      a_copy_in_an_arena_is_followed_by_a_nul, an_id_is_its_prefix_and_base32, an_id_reads_back_from_its_text,
      an_id_in_any_other_form_is_refused, a_moment_is_rfc_3339_in_utc, a_moment_reads_back_from_its_text,
      a_moment_in_any_other_form_is_refused, a_day_alone_is_its_first_moment_or_its_last,
      hexadecimal_digits_are_read_in_either_case_and_nothing_else_is)
