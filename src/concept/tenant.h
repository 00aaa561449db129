/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant: one client organisation. Its name is a fact of the contract, not of a person.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name     class  end   purpose */
#define TENANT(F) \
    F(1,  ID,     id,      PLAIN, KEEP, NAMES_THE_RECORD) \
    F(2,  ID,     realm,   PLAIN, KEEP, NAMES_THE_RECORD)    /* bound into every seal; a restored copy inherits it */ \
    F(3,  TEXT,   name,    PLAIN, KEEP, CONTRACT_FACT) \
    F(4,  TEXT,   state,   PLAIN, KEEP, STATE_OF_THE_RECORD) /* unclaimed, kit, open */ \
    F(5,  MOMENT, made,    PLAIN, KEEP, TIME_OF_THE_ACT)
/* clang-format on */

struct tenant {
    TENANT(CONCEPT_MEMBER)
};
extern const concept_t tenant_concept;
