/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies_recovery.h"

#define THIS key_rotate_body
static const field_t key_rotate_fields[] = {KEY_ROTATE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t key_rotate_body_concept = {
    .name = "key_rotate",
    .purpose = "A rotation of the client's key: the organisation's name, and the password or a passkey.",
    .shape = SHAPE_MESSAGE,
    .optional = PROOF_FIELDS,
    .size = sizeof(struct key_rotate_body),
    CONCEPT_FIELDS(key_rotate_fields),
};

#define THIS recovery_body
static const field_t recovery_fields[] = {RECOVERY_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t recovery_body_concept = {
    .name = "recovery",
    .purpose = "Another recovery key: the password or a passkey, and the guardians it is split for.",
    .prefix = "usr", /* of its guardians */
    .shape = SHAPE_MESSAGE,
    .optional = 2 + PROOF_FIELDS,
    .size = sizeof(struct recovery_body),
    CONCEPT_FIELDS(recovery_fields),
};

#define THIS part_body
static const field_t part_fields[] = {PART_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t part_body_concept = {
    .name = "part",
    .purpose = "A guardian's part of the recovery key, or the kit, typed back.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct part_body),
    CONCEPT_FIELDS(part_fields),
};
