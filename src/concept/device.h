/* SPDX-License-Identifier: Apache-2.0
 *
 * A device: an enrolled endpoint. What it is called is sealed to the device's own key.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name      class     end    purpose */
#define DEVICE(F) \
    F(1,  ID,     id,       PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(2,  MOMENT, enrolled, PLAIN,    KEEP,  TIME_OF_THE_ACT) \
    F(3,  MOMENT, seen,     PLAIN,    KEEP,  TIME_OF_THE_ACT) \
    F(4,  TEXT,   name,     PERSONAL, SHRED, COLLECT_COMPUTER_NAME)
/* clang-format on */

struct device {
    DEVICE(CONCEPT_MEMBER)
};
extern const concept_t device_concept;
