/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes of an authenticator that change with the time: TOTP (RFC 6238) over HMAC-SHA-1, six digits, a new one each 30
 * seconds, which is what every authenticator understands.
 *
 *     TRY(totp_check(&secret, str(typed), now, &step));        *io_step is the last one that was used: 0 for none
 *
 * A code is taken for its own 30 seconds and those before and after, and once: a step at or before `*io_step` is not taken again.
 */
#pragma once
#include "base/bytes.h"
#include "base/moment.h"

enum { TOTP_SECRET = 20, TOTP_DIGITS = 6, TOTP_MS = 30 * 1000 };

struct totp_secret {
    uint8_t bytes[TOTP_SECRET];
};
typedef struct totp_secret totp_secret_own;
void totp_secret_drop(struct totp_secret *secret);

typedef struct {
    char text[TOTP_DIGITS + 1];
} totp_code_t;
totp_code_t totp_code(const struct totp_secret *secret, int64_t step);

/* DENIED where it is not one of now, or was used; spaces in it are passed over. */
CHECKED err_t totp_check(const struct totp_secret *secret, str_t typed, moment_t now, int64_t *io_step);

/* Base 32 without padding, as people type it and as the URI has it. */
void totp_put(const struct totp_secret *secret, buf_t *out);
