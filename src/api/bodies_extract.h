/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests carry about what leaves the service: concepts that are sent and never kept.
 */
#pragma once
#include "api/bodies_passkeys.h"

/*    tag kind  name        class   end    purpose */
/* clang-format off */
#define BREAK_GLASS_BODY(F) \
    F(1, TEXT,  recipient,  PLAIN,  KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  password,   SECRET, SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

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
    F(3, IDS,    account,   PLAIN,  KEEP,  NAMES_THE_RECORD) /* one of these two, or both */ \
    F(4, ID,     user,      PLAIN,  KEEP,  NAMES_THE_RECORD)

#define OUTCOME_BODY(F) \
    F(1, TEXT,  outcome,    PLAIN,  KEEP,  STATE_OF_THE_RECORD) /* left out: answered */
/* clang-format on */

struct break_glass_body {
    BREAK_GLASS_BODY(CONCEPT_MEMBER)
};
/* clang-format off */
#define KEEPER_ENROL_BODY(F) \
    F(1, BYTES, public,      PLAIN,  KEEP,  PROVES_WHO_ASKS)

#define KEEPER_POLL_BODY(F) \
    F(1, FLAG,  key,         PLAIN,  KEEP,  LIMITS_ITS_USE) \
    F(2, COUNT, exports,     PLAIN,  KEEP,  STATE_OF_THE_RECORD) \
    F(3, COUNT, reports,     PLAIN,  KEEP,  STATE_OF_THE_RECORD) \
    F(4, COUNT, alerts,      PLAIN,  KEEP,  STATE_OF_THE_RECORD) \
    F(5, TEXT,  trouble,     PLAIN,  KEEP,  STATE_OF_THE_RECORD) /* may be left out */

#define KEEPER_UNLOCK_BODY(F) \
    F(1, BYTES, sealed,      SECRET, SHRED, PROVES_WHO_ASKS)

#define KEEPER_APPROVE_BODY(F) \
    F(1, TEXT,  fingerprint, PLAIN,  KEEP,  PROVES_WHO_ASKS) \
    F(2, FLAG,  releases,    PLAIN,  KEEP,  LIMITS_ITS_USE) \
    F(3, TEXT,  gives,       PLAIN,  KEEP,  LIMITS_ITS_USE) /* may be left out: to nobody */ \
    F(4, TEXT,  password,    SECRET, SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)
/* clang-format on */

/* clang-format off */
#define KEEPER_RELEASE_BODY(F) \
    F(1, TEXT,  session,     PLAIN,  KEEP,  NAMES_THE_PARENT) \
    F(2, BYTES, sealed,      SECRET, SHRED, PROVES_WHO_ASKS)
/* clang-format on */

struct keeper_release_body {
    KEEPER_RELEASE_BODY(CONCEPT_MEMBER)
};
extern const concept_t keeper_release_body_concept;

struct keeper_enrol_body {
    KEEPER_ENROL_BODY(CONCEPT_MEMBER)
};
struct keeper_poll_body {
    KEEPER_POLL_BODY(CONCEPT_MEMBER)
};
struct keeper_unlock_body {
    KEEPER_UNLOCK_BODY(CONCEPT_MEMBER)
};
struct keeper_approve_body {
    KEEPER_APPROVE_BODY(CONCEPT_MEMBER)
};
extern const concept_t keeper_enrol_body_concept, keeper_poll_body_concept, keeper_unlock_body_concept,
    keeper_approve_body_concept;

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
