/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/device.h"

#define THIS device
static const field_t fields[] = {DEVICE(CONCEPT_FIELD)};
#undef THIS

const concept_t device_concept = {
    .number = 3,
    .name = "device",
    .plural = "devices",
    .prefix = "dev",
    .purpose = "An enrolled endpoint.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_DEVICE,
    .home = HOME_TENANT,
    .restore = RESTORE_CONTENT,
    .size = sizeof(struct device),
    CONCEPT_FIELDS(fields),
};
