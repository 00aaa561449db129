/* SPDX-License-Identifier: Apache-2.0
 *
 * What a member does to its own ways in: by the password, typed again, or by a passkey that has signed for just this act, as
 * nobody does it who has found a session open.
 *
 *     return again_run(ask, &(struct again_what){"authenticator.remove", act});
 *
 * ask->in is a Keys__Again; `act` runs within one act of the keyring, once password or passkey is right. It finds the member's
 * own key pair in `again`: its private half where the password opened it, or the passkey did, by its PRF (admit/passkeys.h);
 * again_opened() says LOCKED where it did not. What is wrong is told of as a refused sign-in is, and is DENIED. A program has
 * neither: INVALID.
 */
#pragma once
#include "admit/members.h"
#include "admit/passkeys.h"

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
    ident_t target;           /* what it is done to, where that was said */
    struct way_in way, fresh; /* `fresh` is of the new password, where one came */
    struct passkey_use use;
    struct key pair[2]; /* of the member */
    bool opened;        /* the private half too */
    uint8_t salt[SALT_SIZE];
    bool wrong;
};
CHECKED err_t again_run(struct ask *ask, const struct again_what *what);
CHECKED err_t again_opened(const struct again *again);
bool again_is(const char *act);
