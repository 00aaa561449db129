/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes that change with the time: those of RFC 6238, appendix B (the last six of its eight digits), each taken once.
 */
#include "crypt/totp.h"

#include "test/test.h"

static struct totp_secret published(void)
{
    struct totp_secret secret;
    memcpy(secret.bytes, "12345678901234567890", TOTP_SECRET);
    return secret;
}

TEST(the_codes_are_those_of_the_rfc)
{
    static const struct {
        int64_t seconds;
        const char *code;
    } cases[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                 {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    const struct totp_secret secret = published();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(!strcmp(cases[i].code, totp_code(&secret, cases[i].seconds / 30).text));
}

TEST(a_code_is_taken_in_its_time_and_the_ones_beside_it_and_once)
{
    const struct totp_secret secret = published();
    const moment_t now = SECONDS(1234567890);
    int64_t step = 0;
    CHECK_OK(totp_check(&secret, STR("005 924"), now, &step));
    CHECK_FAILS(ERR_DENIED, totp_check(&secret, STR("005924"), now, &step));
    step = 0;
    CHECK_OK(totp_check(&secret, STR("005924"), now + SECONDS(30), &step));
    step = 0;
    CHECK_OK(totp_check(&secret, STR("005924"), now - SECONDS(30), &step));
    step = 0;
    CHECK_FAILS(ERR_DENIED, totp_check(&secret, STR("005924"), now + SECONDS(60), &step));
}

TEST(what_is_not_six_digits_is_no_code)
{
    const struct totp_secret secret = published();
    static const char *const typed[] = {"", "00592", "0059244", "00592a", "+05924", "      ", "-1"};
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        int64_t step = 0;
        CHECK_FAILS(ERR_DENIED, totp_check(&secret, str(typed[i]), SECONDS(1234567890), &step));
    }
}

TEST(the_secret_is_shown_in_base_32)
{
    const struct totp_secret secret = published();
    OWN(buf) text = BUF(64);
    totp_put(&secret, &text);
    CHECK_OK(buf_end(&text));
    CHECK(!strcmp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", text.at));
}

TESTS(the_codes_are_those_of_the_rfc, a_code_is_taken_in_its_time_and_the_ones_beside_it_and_once,
      what_is_not_six_digits_is_no_code, the_secret_is_shown_in_base_32)
