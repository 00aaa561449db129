/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies_extract.h"

#define THIS break_glass_body
static const field_t break_glass_fields[] = {BREAK_GLASS_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t break_glass_body_concept = {
    .name = "break_glass",
    .purpose = "The recipient that what leaves the service is sealed to.",
    .shape = SHAPE_MESSAGE,
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
