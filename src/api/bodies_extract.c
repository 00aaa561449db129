/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies_extract.h"

#define THIS break_glass_body
static const field_t break_glass_fields[] = {BREAK_GLASS_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t break_glass_body_concept = {
    .name = "break_glass",
    .purpose = "The recipient that what leaves the service is sealed to.",
    .shape = SHAPE_MESSAGE,
    .optional = PROOF_FIELDS,
    .size = sizeof(struct break_glass_body),
    CONCEPT_FIELDS(break_glass_fields),
};

#define THIS export_body
static const field_t export_fields[] = {EXPORT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t export_body_concept = {
    .name = "export",
    .purpose = "An export to make, with the client's name typed under the warning.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct export_body),
    CONCEPT_FIELDS(export_fields),
};

#define THIS ticket_body
static const field_t ticket_fields[] = {TICKET_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t ticket_body_concept = {
    .name = "ticket",
    .purpose = "What an export gave to whoever made it.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct ticket_body),
    CONCEPT_FIELDS(ticket_fields),
};

#define THIS subject_access_body
static const field_t subject_access_fields[] = {SUBJECT_ACCESS_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t subject_access_body_concept = {
    .name = "subject_access",
    .purpose = "A person's request for what is kept about them.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct subject_access_body),
    CONCEPT_FIELDS(subject_access_fields),
};

#define THIS outcome_body
static const field_t outcome_fields[] = {OUTCOME_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t outcome_body_concept = {
    .name = "outcome",
    .purpose = "What became of a person's request.",
    .shape = SHAPE_MESSAGE,
    .optional = 1,
    .size = sizeof(struct outcome_body),
    CONCEPT_FIELDS(outcome_fields),
};

#define THIS keeper_enrol_body
static const field_t keeper_enrol_fields[] = {KEEPER_ENROL_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t keeper_enrol_body_concept = {
    .name = "keeper_enrol",
    .purpose = "A keeper: the public half of the pair that was born in the client's network.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct keeper_enrol_body),
    CONCEPT_FIELDS(keeper_enrol_fields),
};

#define THIS keeper_poll_body
static const field_t keeper_poll_fields[] = {KEEPER_POLL_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t keeper_poll_body_concept = {
    .name = "keeper_poll",
    .purpose = "What a keeper asks now and then, and what it has done so far.",
    .shape = SHAPE_MESSAGE,
    .optional = 1,
    .size = sizeof(struct keeper_poll_body),
    CONCEPT_FIELDS(keeper_poll_fields),
};

#define THIS keeper_unlock_body
static const field_t keeper_unlock_fields[] = {KEEPER_UNLOCK_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t keeper_unlock_body_concept = {
    .name = "keeper_unlock",
    .purpose = "The tenant's key, sealed by a keeper to the pair that it was told.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct keeper_unlock_body),
    CONCEPT_FIELDS(keeper_unlock_fields),
};

#define THIS keeper_approve_body
static const field_t keeper_approve_fields[] = {KEEPER_APPROVE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t keeper_approve_body_concept = {
    .name = "keeper_approve",
    .purpose = "The fingerprint that was compared, and what the keeper may do.",
    .shape = SHAPE_MESSAGE,
    .optional = 1 + PROOF_FIELDS,
    .size = sizeof(struct keeper_approve_body),
    CONCEPT_FIELDS(keeper_approve_fields),
};

#define THIS keeper_release_body
static const field_t keeper_release_fields[] = {KEEPER_RELEASE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t keeper_release_body_concept = {
    .name = "keeper_release",
    .purpose = "The tenant's key, sealed by a keeper to the one-time pair of a session by single sign-on.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct keeper_release_body),
    CONCEPT_FIELDS(keeper_release_fields),
};
