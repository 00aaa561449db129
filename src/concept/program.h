/* SPDX-License-Identifier: Apache-2.0
 *
 * The programs installed on a device, sealed to it.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind  name     class     end    purpose */
#define PROGRAM(F) \
    F(1,  TEXT, name,    PERSONAL, SHRED, COLLECT_PROGRAMS) \
    F(2,  TEXT, version, PERSONAL, SHRED, COLLECT_PROGRAMS)
/* clang-format on */

struct program {
    PROGRAM(CONCEPT_MEMBER)
};
extern const concept_t program_concept;
