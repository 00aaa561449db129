/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/tenant.h"

#define THIS tenant
static const field_t fields[] = {TENANT(CONCEPT_FIELD)};
#undef THIS

const concept_t tenant_concept = {
    .number = 1,
    .name = "tenant",
    .plural = "tenants",
    .prefix = "ten",
    .purpose = "A client organisation.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_TENANT,
    .home = HOME_CONTROL,
    .restore = RESTORE_NEVER,
    .size = sizeof(struct tenant),
    CONCEPT_FIELDS(fields),
};
