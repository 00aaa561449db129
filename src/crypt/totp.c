/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h> /* before base/banned.h: it names what is banned */
#include <openssl/hmac.h>

#include "crypt/seal.h"
#include "crypt/totp.h"
#include <stdio.h>

enum { SHA1_SIZE = 20 };

void totp_secret_drop(struct totp_secret *secret) { explicit_bzero(secret, sizeof *secret); }

/* RFC 4226, section 5.3. */
totp_code_t totp_code(const struct totp_secret *secret, int64_t step)
{
    uint8_t counter[8], mac[SHA1_SIZE];
    unsigned len = sizeof mac;
    totp_code_t code = {""};
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
    if (!HMAC(EVP_sha1(), secret->bytes, TOTP_SECRET, counter, sizeof counter, mac, &len))
        return code;
    const uint8_t *at = mac + (mac[SHA1_SIZE - 1] & 15);
    uint32_t number = (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    snprintf(code.text, sizeof code.text, "%06u", number % 1000000);
    explicit_bzero(mac, sizeof mac);
    return code;
}

/* Six digits, or none. */
static str_t digits_of(str_t typed, char out_digits[TOTP_DIGITS])
{
    size_t count = 0;
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.at[i];
        if (c == ' ')
            continue;
        if (c < '0' || c > '9' || count == TOTP_DIGITS)
            return (str_t){NULL, 0};
        out_digits[count++] = c;
    }
    return (str_t){out_digits, count == TOTP_DIGITS ? count : 0};
}

err_t totp_check(const struct totp_secret *secret, str_t typed, moment_t now, int64_t *io_step)
{
    char room[TOTP_DIGITS];
    str_t digits = digits_of(typed, room);
    const int64_t here = now / TOTP_MS;
    for (int64_t step = here - 1; digits.len && step <= here + 1; step++) {
        totp_code_t code = totp_code(secret, step);
        if (step > *io_step && *code.text && bytes_equal(digits, str(code.text))) {
            *io_step = step;
            return ERR_OK;
        }
    }
    return fail(ERR_DENIED, "the code of the authenticator is wrong, or was used: wait for the next one");
}

void totp_put(const struct totp_secret *secret, buf_t *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint64_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < TOTP_SECRET; i++) {
        bits = bits << 8 | secret->bytes[i];
        for (held += 8; held >= 5; held -= 5)
            buf_put_byte(out, (uint8_t)letters[bits >> (held - 5) & 31]);
    }
}
