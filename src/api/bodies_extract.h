/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests carry about what leaves the service: concepts that are sent and never kept.
 */
#pragma once
#include "concept/concept.h"

/*    tag kind  name        class   end    purpose */
/* clang-format off */
#define BREAK_GLASS_BODY(F) \
    F(1, TEXT,  recipient,  PLAIN,  KEEP,  CONTRACT_FACT)

/* `request`: a subject access, and `recipient` another age recipient than the break-glass key, for its archive. */
#define EXPORT_BODY(F) \
    F(1, TEXT,  typed,      PLAIN,  KEEP,  LIMITS_ITS_USE) \
    F(2, TEXT,  request,    PLAIN,  KEEP,  NAMES_THE_PARENT) /* these two may be left out */ \
    F(3, TEXT,  recipient,  PLAIN,  KEEP,  CONTRACT_FACT)

#define TICKET_BODY(F) \
    F(1, TEXT,  ticket,     SECRET, SHRED, PROVES_WHO_ASKS)

#define SUBJECT_ACCESS_BODY(F) \
    F(1, TEXT,   regime,    PLAIN,  KEEP,  CONTRACT_FACT) \
    F(2, MOMENT, received,  PLAIN,  KEEP,  TIME_OF_THE_ACT) \
    F(3, IDS,    account,   PLAIN,  KEEP,  NAMES_THE_RECORD) /* one of these two */ \
    F(4, ID,     user,      PLAIN,  KEEP,  NAMES_THE_RECORD)

#define OUTCOME_BODY(F) \
    F(1, TEXT,  outcome,    PLAIN,  KEEP,  STATE_OF_THE_RECORD) /* left out: answered */
/* clang-format on */

struct break_glass_body {
    BREAK_GLASS_BODY(CONCEPT_MEMBER)
};
struct export_body {
    EXPORT_BODY(CONCEPT_MEMBER)
};
struct ticket_body {
    TICKET_BODY(CONCEPT_MEMBER)
};
struct subject_access_body {
    SUBJECT_ACCESS_BODY(CONCEPT_MEMBER)
};
struct outcome_body {
    OUTCOME_BODY(CONCEPT_MEMBER)
};

extern const concept_t break_glass_body_concept, export_body_concept, ticket_body_concept,
    subject_access_body_concept, outcome_body_concept;
