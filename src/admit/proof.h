/* SPDX-License-Identifier: Apache-2.0
 *
 * What a member shows once more for one act that no open session is enough for: the password, or a passkey that has signed for
 * just this act of just this session.
 *
 *     proof.use = (struct passkey_use){.said = in->passkey, .challenge = {act, who.tenant, who.session, target}};
 *     TRY(way_in_from(..., &proof.way));                     where no passkey has signed; outside of any act
 *     TRY(proof_take(ask, &who, &proof));                    within the act; DENIED, and `wrong`, where it does not fit
 *
 * It finds the member's own key pair, with its private half where the password opened it, or the passkey's PRF did
 * (admit/passkeys.h): proof_opened() says LOCKED where it did not. A proof that was refused is told of in an act of its own:
 * proof_refused().
 */
#pragma once
#include "admit/members.h"
#include "admit/passkeys.h"

struct proof {
    struct passkey_use use; /* `said` is NULL where it is the password */
    struct way_in way;      /* of the password */
    struct key pair[2];     /* out, of the member, and the rest too */
    bool opened;            /* the private half too */
    bool wrong;
};
void proof_drop(struct proof *proof);
CHECKED err_t proof_take(struct ask *ask, const struct who *who, struct proof *proof);
CHECKED err_t proof_opened(const struct proof *proof);

/* One more refused sign-in, and what may be a copied passkey. */
CHECKED err_t proof_refused(struct ask *ask, const struct who *who, const struct proof *proof);
