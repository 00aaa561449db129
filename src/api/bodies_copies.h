/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests carry about copies into another client: concepts that are sent and never kept.
 */
#pragma once
#include "api/bodies_passkeys.h"

/*    tag kind  name        class   end    purpose */
/* clang-format off */
#define COPY_ASK_BODY(F) \
    F(1, TEXT,  code,       SECRET, SHRED, PROVES_WHO_ASKS)

#define COPY_GIVE_BODY(F) \
    F(1, TEXT,  typed,      PLAIN,  KEEP,  LIMITS_ITS_USE) \
    F(2, TEXT,  password,   SECRET, SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)
/* clang-format on */

struct copy_ask_body {
    COPY_ASK_BODY(CONCEPT_MEMBER)
};
struct copy_give_body {
    COPY_GIVE_BODY(CONCEPT_MEMBER)
};

extern const concept_t copy_ask_body_concept, copy_give_body_concept;
