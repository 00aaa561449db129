/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/following.h"

#define THIS following
static const field_t fields[] = {FOLLOWING(CONCEPT_FIELD)};
#undef THIS

const concept_t following_concept = {
    .number = 17,
    .name = "following",
    .plural = "followings",
    .prefix = "fol",
    .purpose = "What an endpoint says of the policy it follows.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_DEVICE,
    .home = HOME_TENANT,
    .restore = RESTORE_CONTENT,
    .size = sizeof(struct following),
    CONCEPT_FIELDS(fields),
};
