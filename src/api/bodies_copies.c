/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies_copies.h"

#define THIS copy_ask_body
static const field_t copy_ask_fields[] = {COPY_ASK_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t copy_ask_body_concept = {
    .name = "copy_ask",
    .purpose = "The code that an owner of another organisation was given, to have a snapshot copied there.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct copy_ask_body),
    CONCEPT_FIELDS(copy_ask_fields),
};

#define THIS copy_give_body
static const field_t copy_give_fields[] = {COPY_GIVE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t copy_give_body_concept = {
    .name = "copy_give",
    .purpose = "A snapshot given to another organisation: its name, and the password or a passkey.",
    .shape = SHAPE_MESSAGE,
    .optional = PROOF_FIELDS,
    .size = sizeof(struct copy_give_body),
    CONCEPT_FIELDS(copy_give_fields),
};
