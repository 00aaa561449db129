/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/fingerprint.h"

#include <ctype.h>

enum { GROUPS = 8 };

void fingerprint_put(const struct key *public, char out_text[FINGERPRINT_MAX])
{
    uint8_t of[DIGEST_SIZE];
    digest(key_bytes(public), of);
    for (int i = 0; i < GROUPS; i++)
        snprintf(out_text + i * 5, FINGERPRINT_MAX - (size_t)i * 5, "%02x%02x%s", of[2 * i], of[2 * i + 1],
                 i + 1 < GROUPS ? " " : "");
}

bool fingerprint_is(const struct key *public, const char *typed)
{
    char text[FINGERPRINT_MAX];
    const char *at = text;
    fingerprint_put(public, text);
    for (; *typed; typed++) {
        if (isspace((unsigned char)*typed))
            continue;
        at += *at == ' ';
        if (!*at || tolower((unsigned char)*typed) != *at++)
            return false;
    }
    return !*at;
}
