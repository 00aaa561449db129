/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/policy.h"

#define THIS kept_policy
static const field_t fields[] = {KEPT_POLICY(CONCEPT_FIELD)};
#undef THIS

const concept_t policy_concept = {
    .number = 16,
    .name = "policy",
    .plural = "policies",
    .prefix = "pol",
    .purpose = "A signed policy, which the endpoints follow.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_TENANT,
    .home = HOME_TENANT,
    .restore = RESTORE_MONOTONE,
    .size = sizeof(struct kept_policy),
    CONCEPT_FIELDS(fields),
};
