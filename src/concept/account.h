/* SPDX-License-Identifier: Apache-2.0
 *
 * An account of a device. A person's account is a list of one, sealed to that person's own key; the system's accounts
 * (below UID_MIN) are one list, sealed to the device. The id is random, asked for once by the agent, which keeps the
 * map from name to id on its own machine: a person's name stands in this one sealed record and nowhere else.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind  name       class     end    purpose */
#define ACCOUNT(F) \
    F(1,  ID,   id,        PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(2,  TEXT, name,      PERSONAL, SHRED, COLLECT_USERNAMES) \
    F(3,  FLAG, logged_in, PERSONAL, SHRED, COLLECT_LOGGED_IN)
/* clang-format on */

struct account {
    ACCOUNT(CONCEPT_MEMBER)
};
extern const concept_t account_concept;
