/* SPDX-License-Identifier: Apache-2.0
 *
 * The groups of a device, sealed to it. Members are account ids, so that forgetting a person reaches them.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind  name     class     end    purpose */
#define GROUP(F) \
    F(1,  TEXT, name,    PERSONAL, SHRED, COLLECT_USERNAMES) \
    F(2,  IDS,  account, PERSONAL, SHRED, COLLECT_USERNAMES)
/* clang-format on */

struct group {
    GROUP(CONCEPT_MEMBER)
};
extern const concept_t group_concept;
