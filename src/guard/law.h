/* SPDX-License-Identifier: Apache-2.0
 *
 * The policy in force: taken over from what arrived, if it is the client's, and read when the guard begins.
 *
 *     struct law law = {.own = &own};
 *     TRY(law_begin(&law, &rules));                what is in `current`, or rules that observe
 *     if (law_has_moved(&law)) law_take(&law, names, &rules);       NULL: all stays as it is; law.trouble says why
 *     TRY(law_tell(&law));                         policy/state.json, and a copy of what is in force: policy/current
 *
 * docs/formats/policy.md says what is refused. On top of that a policy is refused (POLICY_NAMES) whose rules name one of
 * this machine's people (rules_name_person). One that is damaged or not signed by the key that is pinned (guard/own.h) is
 * no policy, also where it stands as the current one: then all is observed, and the trouble told.
 *
 * Key, policy and the highest number that was ever taken over lie in the guard's own folder. The agent's holds what arrived;
 * whatever else is done to it changes nothing here, but is told where it names another key (POLICY_SIGNER).
 */
#pragma once
#include "govern/policy.h"
#include "guard/names.h"
#include "guard/own.h"

struct law {
    const struct own *own;
    uint64_t number, highest; /* in force, 0: none; ever taken over */
    moment_t until, taken;
    enum policy_trouble trouble;
    bool told_over;               /* that the policy in force is past its end */
    int64_t arrived_at, named_at; /* of the policy and the key that were looked at last */
};

CHECKED err_t law_begin(struct law *law, struct rules **out_rules);
bool law_has_moved(const struct law *law);
void law_take(struct law *law, const struct names *names, struct rules **out_rules);
CHECKED err_t law_key(const struct law *law,
                      struct note_key *out_key); /* the signing key, once it is pinned */
CHECKED err_t law_tell(struct law *law);
bool law_is_told(const struct law *law); /* whether its end came, or went, since law_tell() */
