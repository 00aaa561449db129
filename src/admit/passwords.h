/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a new password is good enough: at least MIN_PASSWORD characters, of quality by libpwquality, and not in
 * Debian's word lists, nor made of a word of theirs (cracklib). INVALID says what is wrong with it, in words for the person, never with a part of it.
 *
 *     TRY(password_acceptable(&(struct new_password){bin(in->password), in->username}));
 *
 * On a machine without the word lists they are not asked; password_lists() says whether they are there. Cost: 0.3 ms, one at a
 * time.
 */
#pragma once
#include "base/bytes.h"

enum { MIN_PASSWORD = 12, MIN_QUALITY = 30 /* of 100 */ };

struct new_password {
    str_t password;
    const char *username; /* it must not be made of */
};
bool password_lists(void);
CHECKED err_t password_acceptable(const struct new_password *wanted);
