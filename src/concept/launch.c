/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/launch.h"

#define THIS launch
static const field_t fields[] = {LAUNCH(CONCEPT_FIELD)};
#undef THIS

const concept_t launch_concept = {
    .number = 10,
    .name = "launch",
    .plural = "launches",
    .prefix = "lau",
    .purpose = "Applications that were launched on a device.",
    .shape = SHAPE_LIST,
    .subject = SUBJECT_PERSON_OR_DEVICE,
    .home = HOME_NONE,
    .restore = RESTORE_CONTENT,
    .parent = "device",
    .size = sizeof(struct launch),
    CONCEPT_FIELDS(fields),
};
