/* SPDX-License-Identifier: Apache-2.0
 *
 * What this machine seals to: its own public key and those of its people's accounts, for which the service's authority vouches
 * (seal/vouch.h), that this machine pinned when it enrolled. Promise access.client-only.
 *
 *     TRY(subjects_ask(&ask));                        after collecting: asks for those that the state has no key of
 *     state_public(state, subject)                    NULL: there is none; what is about it is not told
 *
 * Asking announces accounts that the service has not heard of: their keys are made. A subject that the client has forgotten
 * has no key any more, and is asked for again for as long as it is on this machine and not withheld.
 *
 * Nothing is sealed to a key that came without the authority's word, or with its word for another machine (DENIED), and nothing
 * is sent in clear instead: MISSING where the service is too old to give keys.
 */
#pragma once
#include "agent/report.h"
#include "agent/state.h"

struct subjects_ask {
    const struct reporter *by;
    struct state *state;
};
CHECKED err_t subjects_ask(const struct subjects_ask *ask);
