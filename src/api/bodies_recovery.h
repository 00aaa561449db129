/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests carry about the tenant's key and its recovery: concepts that are sent and never kept.
 */
#pragma once
#include "api/bodies_passkeys.h"

/*    tag kind  name        class   end    purpose */
/* clang-format off */
#define KEY_ROTATE_BODY(F) \
    F(1, TEXT,  typed,      PLAIN,  KEEP,  LIMITS_ITS_USE) \
    F(2, TEXT,  password,   SECRET, SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

#define RECOVERY_BODY(F) \
    F(2, COUNT, need,       PLAIN,  KEEP,  LIMITS_ITS_USE) /* these two may be left out: a printed kit */ \
    F(3, IDS,   guardians,  PLAIN,  KEEP,  RIGHTS_OF_THE_MEMBER) \
    F(1, TEXT,  password,   SECRET, SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

#define PART_BODY(F) \
    F(1, TEXT,  part,       SECRET, SHRED, PROVES_WHO_ASKS)
/* clang-format on */

struct key_rotate_body {
    KEY_ROTATE_BODY(CONCEPT_MEMBER)
};
struct recovery_body {
    RECOVERY_BODY(CONCEPT_MEMBER)
};
struct part_body {
    PART_BODY(CONCEPT_MEMBER)
};

extern const concept_t key_rotate_body_concept, recovery_body_concept, part_body_concept;
