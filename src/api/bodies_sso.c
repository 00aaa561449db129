/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies_sso.h"

#define THIS sso_body
static const field_t sso_fields[] = {SSO_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t sso_body_concept = {
    .name = "sso",
    .purpose = "A client's sign-in provider.",
    .shape = SHAPE_MESSAGE,
    .optional = 4 + PROOF_FIELDS,
    .size = sizeof(struct sso_body),
    CONCEPT_FIELDS(sso_fields),
};

#define THIS sso_begin_body
static const field_t sso_begin_fields[] = {SSO_BEGIN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t sso_begin_body_concept = {
    .name = "sso_begin",
    .purpose = "A sign-in by single sign-on, or by it and an invitation.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct sso_begin_body),
    CONCEPT_FIELDS(sso_begin_fields),
};

#define THIS sso_come_body
static const field_t sso_come_fields[] = {SSO_COME_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t sso_come_body_concept = {
    .name = "sso_come",
    .purpose = "What a browser brings back from a sign-in provider.",
    .shape = SHAPE_MESSAGE,
    .optional = 3,
    .size = sizeof(struct sso_come_body),
    CONCEPT_FIELDS(sso_come_fields),
};

#define THIS sso_join_body
static const field_t sso_join_fields[] = {SSO_JOIN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t sso_join_body_concept = {
    .name = "sso_join",
    .purpose = "Who joins by single sign-on.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct sso_join_body),
    CONCEPT_FIELDS(sso_join_fields),
};

#define THIS first_password_body
static const field_t first_password_fields[] = {FIRST_PASSWORD_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t first_password_body_concept = {
    .name = "first_password",
    .purpose = "The first password of somebody.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct first_password_body),
    CONCEPT_FIELDS(first_password_fields),
};

#define THIS cli_approve_body
static const field_t cli_approve_fields[] = {CLI_APPROVE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t cli_approve_body_concept = {
    .name = "cli_approve",
    .purpose = "A yes to a sign-in of the command line: SHA-256 of the secret that it keeps.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct cli_approve_body),
    CONCEPT_FIELDS(cli_approve_fields),
};

#define THIS cli_take_body
static const field_t cli_take_fields[] = {CLI_TAKE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t cli_take_body_concept = {
    .name = "cli_take",
    .purpose = "A code that was approved, and that secret.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct cli_take_body),
    CONCEPT_FIELDS(cli_take_fields),
};
