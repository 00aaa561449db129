/* SPDX-License-Identifier: Apache-2.0
 *
 * What a member does to its own ways in: by the password, typed again, as nobody does it who has found a session open.
 *
 *     return again_run(ask, act);        ask->in is a Keys__Again; `act` runs within one act, once the password is right
 *
 * `act` finds the member's own key pair open in `again`. A wrong password is told of as a refused sign-in is, and is DENIED.
 * A program has none: DENIED.
 */
#pragma once
#include "admit/members.h"

struct again {
    struct ask *ask;
    struct who who;
    struct way_in way, fresh; /* `fresh` is of the new password, where one came */
    struct key pair[2];       /* of the member */
    err_t (*act)(struct again *again);
    uint8_t salt[SALT_SIZE];
    bool wrong;
};
CHECKED err_t again_run(struct ask *ask, err_t (*act)(struct again *again));
