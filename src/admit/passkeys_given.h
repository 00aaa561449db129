/* SPDX-License-Identifier: Apache-2.0
 *
 * An authenticator of software, for the tests: it signs what a browser would be given, and what no browser would.
 *
 *     CHECK_OK(given_authenticator(&authenticator, -7));
 *     CHECK_OK(given_passkey(&given, cookie, &authenticator));                 added, by the password typed again
 *     CHECK_OK(given_asked_passkey(&given, &asking, &options));
 *     CHECK_OK(given_assertion(&authenticator, options, &assertion));
 *
 * Whatever stands in `authenticator` may be changed before it signs.
 */
#pragma once
#include "keyring/given.h"

typedef struct evp_pkey_st EVP_PKEY;

struct given_authenticator {
    EVP_PKEY *key;
    int algorithm; /* COSE's: -7, -8, -257 */
    uint8_t id[32], secret[32], user[16];
    const char *owner; /* who types the password to add it: "ana" */
    uint32_t count;
    uint8_t flags;           /* present and verified, unless it is said otherwise */
    bool prf, framed;        /* it has the extension; it is asked within another site's page */
    const char *origin, *rp; /* what the browser shows */
    char json[1024];         /* what was signed last */
    uint8_t data[1024], signature[512];
    size_t data_len, signature_len;
    uint8_t given[32];
};
typedef struct given_authenticator given_authenticator_own;
void given_authenticator_drop(struct given_authenticator *authenticator);
CHECKED err_t given_authenticator(struct given_authenticator *out_authenticator, int algorithm);

/* What the console asks for; without a cookie of a stranger's. */
struct given_asking {
    const char *cookie, *tenant, *act;
    ident_t id;
    bool staff;
};
CHECKED err_t given_asked_passkey(struct given *given, const struct given_asking *asking,
                                  Keys__PasskeyOptions **out_options);

/* Registered and signed: the messages point into the authenticator. */
CHECKED err_t given_made(struct given_authenticator *authenticator, const Keys__PasskeyOptions *options,
                         Keys__PasskeyAdd *out_add);
CHECKED err_t given_assertion(struct given_authenticator *authenticator, const Keys__PasskeyOptions *options,
                              Keys__Assertion *out_assertion);

CHECKED err_t given_passkey(struct given *given, const char *cookie,
                            struct given_authenticator *authenticator);
