/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests carry: concepts that are sent and never kept.
 */
#pragma once
#include "concept/collection.h"

/*    tag kind  name       class     end    purpose */
/* clang-format off */
#define CLAIM_BODY(F) \
    F(1, TEXT,  claim,     SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(2, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(3, TEXT,  full_name, PERSONAL, SHRED, COLLECT_FULL_NAME) \
    F(4, TEXT,  email,     PERSONAL, SHRED, COLLECT_EMAIL) \
    F(5, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD)

#define KIT_BODY(F) \
    F(1, TEXT,  kit,       SECRET,   SHRED, PROVES_WHO_ASKS)

#define SIGN_IN_BODY(F) \
    F(1, TEXT,  tenant,    PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(3, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD)

#define RECOVER_BODY(F) \
    F(1, TEXT,  tenant,    PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  kit,       SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(3, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(4, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD)

#define TOKEN_BODY(F) \
    F(1, TEXT,  name,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(2, TEXT,  role,      PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER) \
    F(3, COUNT, days,      PLAIN,    KEEP,  LIMITS_ITS_USE)

#define DEPLOYMENT_BODY(F) \
    F(1, TEXT,  name,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(2, COUNT, uses,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(3, COUNT, days,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(4, TEXT,  pattern,   PLAIN,    KEEP,  LIMITS_ITS_USE) /* these two may be left out */ \
    F(5, FLAG,  hold,      PLAIN,    KEEP,  LIMITS_ITS_USE)

#define ENROL_BODY(F) \
    F(1, TEXT,  key,       SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(2, TEXT,  name,      PERSONAL, SHRED, COLLECT_COMPUTER_NAME) \
    F(3, BYTES, request,   PLAIN,    KEEP,  PROVES_WHO_ASKS)

#define SETTINGS_BODY(F) COLLECTION_SWITCHES(F)

#define TENANT_BODY(F) \
    F(1, TEXT,  name,      PLAIN,    KEEP,  CONTRACT_FACT)
/* clang-format on */

struct claim_body {
    CLAIM_BODY(CONCEPT_MEMBER)
};
struct kit_body {
    KIT_BODY(CONCEPT_MEMBER)
};
struct sign_in_body {
    SIGN_IN_BODY(CONCEPT_MEMBER)
};
struct recover_body {
    RECOVER_BODY(CONCEPT_MEMBER)
};
struct token_body {
    TOKEN_BODY(CONCEPT_MEMBER)
};
struct deployment_body {
    DEPLOYMENT_BODY(CONCEPT_MEMBER)
};
struct enrol_body {
    ENROL_BODY(CONCEPT_MEMBER)
};
struct settings_body {
    SETTINGS_BODY(CONCEPT_MEMBER)
};
struct tenant_body {
    TENANT_BODY(CONCEPT_MEMBER)
};

extern const concept_t claim_body_concept, kit_body_concept, sign_in_body_concept, recover_body_concept,
    token_body_concept, deployment_body_concept, enrol_body_concept, settings_body_concept,
    tenant_body_concept;
