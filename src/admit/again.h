/* SPDX-License-Identifier: Apache-2.0
 *
 * What a member does to its own ways in: by the password, typed again, or by a passkey that has signed for just this act, as
 * nobody does it who has found a session open.
 *
 *     return again_run(ask, &(struct again_what){"authenticator.remove", act});
 *
 * ask->in is a Keys__Again; `act` runs within one act of the keyring, once password or passkey is right. It finds the member's
 * own key pair in `again->proof` (admit/proof.h). What is wrong is told of as a refused sign-in is, and is DENIED. A program has
 * neither: INVALID.
 */
#pragma once
#include "admit/proof.h"

struct again;
struct again_what {
    const char *act; /* what a passkey signs for: one of those that again_is() knows */
    err_t (*run)(struct again *again);
    err_t (*find)(
        const struct again *again); /* or NULL: whether its target is there, before anything is shown */
};

struct again {
    struct ask *ask;
    const struct again_what *what;
    struct who who;
    ident_t target; /* what it is done to, where that was said */
    struct proof proof;
    struct way_in fresh; /* of the new password, where one came */
    uint8_t salt[SALT_SIZE];
};
CHECKED err_t again_run(struct ask *ask, const struct again_what *what);

/* Those of this file, and those that are signed (admit/signing.h). */
bool again_is(const char *act);
