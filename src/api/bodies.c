/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"

#define THIS claim_body
static const field_t claim_fields[] = {CLAIM_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t claim_body_concept = {
    .name = "claim",
    .purpose = "The first owner of a tenant.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct claim_body),
    CONCEPT_FIELDS(claim_fields),
};

#define THIS kit_body
static const field_t kit_fields[] = {KIT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t kit_body_concept = {
    .name = "kit",
    .purpose = "A recovery kit typed back.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct kit_body),
    CONCEPT_FIELDS(kit_fields),
};

#define THIS sign_in_body
static const field_t sign_in_fields[] = {SIGN_IN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t sign_in_body_concept = {
    .name = "sign_in",
    .purpose = "A sign-in.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct sign_in_body),
    CONCEPT_FIELDS(sign_in_fields),
};

#define THIS recover_body
static const field_t recover_fields[] = {RECOVER_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t recover_body_concept = {
    .name = "recover",
    .purpose = "A sign-in by recovery kit.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct recover_body),
    CONCEPT_FIELDS(recover_fields),
};

#define THIS token_body
static const field_t token_fields[] = {TOKEN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t token_body_concept = {
    .name = "token",
    .purpose = "A token to make.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct token_body),
    CONCEPT_FIELDS(token_fields),
};

#define THIS deployment_body
static const field_t deployment_fields[] = {DEPLOYMENT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t deployment_body_concept = {
    .name = "deployment",
    .purpose = "A deployment key to make.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct deployment_body),
    CONCEPT_FIELDS(deployment_fields),
};

#define THIS enrol_body
static const field_t enrol_fields[] = {ENROL_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t enrol_body_concept = {
    .name = "enrol",
    .purpose = "An endpoint that enrols.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct enrol_body),
    CONCEPT_FIELDS(enrol_fields),
};

#define THIS tenant_body
static const field_t tenant_fields[] = {TENANT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t tenant_body_concept = {
    .name = "tenant",
    .purpose = "A tenant to make.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct tenant_body),
    CONCEPT_FIELDS(tenant_fields),
};

#define THIS settings_body
static const field_t settings_fields[] = {SETTINGS_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t settings_body_concept = {
    .name = "settings",
    .purpose = "What may be collected.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct settings_body),
    CONCEPT_FIELDS(settings_fields),
};
