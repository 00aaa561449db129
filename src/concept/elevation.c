/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/elevation.h"

#define THIS elevation_asked
static const field_t fields[] = {ELEVATION(CONCEPT_FIELD)};
#undef THIS

const concept_t elevation_concept = {
    .number = 12,
    .name = "elevation",
    .plural = "elevations",
    .prefix = "elv",
    .purpose = "Requests for approval of what is to run with other rights on a device.",
    .shape = SHAPE_LIST,
    .subject = SUBJECT_PERSON_OR_DEVICE,
    .home = HOME_NONE,
    .restore = RESTORE_NEVER,
    .parent = "device",
    .size = sizeof(struct elevation_asked),
    CONCEPT_FIELDS(fields),
};
