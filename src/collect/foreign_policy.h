/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's newest policy as foreign agents come to follow it, and what each follows.
 *
 *     OWN(foreign_policy) policy = {0};
 *     TRY(foreign_policy_read(&desk, tenant, &device, &policy));   number 0, and no rules: there is none
 *     TRY(rules_express(policy.rules, device, arena, &expressed));
 *
 * An agent of another kind cannot verify the client's signature: it obeys whoever answers at its address. So it is verified
 * here, for an approved device, by the key that the keys process has; a policy that is not signed by that is none. Cost: the
 * rules are read anew each time.
 */
#pragma once
#include "collect/policies.h"
#include "govern/express.h"

struct foreign_policy {
    int64_t number;
    struct rules *rules; /* in memory of their own */
};
typedef struct foreign_policy foreign_policy_own;
void foreign_policy_drop(struct foreign_policy *policy);
CHECKED err_t
foreign_policy_read(struct desk *desk, ident_t tenant, const ident_t *device,
                    struct foreign_policy *out_policy); /* no device: not verified, to be looked at */

/* What the device said last that it follows; zero where it is silent. */
CHECKED err_t foreign_following(struct desk *desk, ident_t tenant, ident_t device,
                                struct following *out_following);

/* How many rules of the newest policy the agents of these devices cannot hold: `left_out` of those whose trouble is that. */
CHECKED err_t foreign_left_out(struct desk *desk, ident_t tenant, struct rollout *rollout);
