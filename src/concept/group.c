/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/group.h"

#define THIS group
static const field_t fields[] = {GROUP(CONCEPT_FIELD)};
#undef THIS

const concept_t group_concept = {
    .number = 6,
    .name = "group",
    .plural = "groups",
    .prefix = "grp",
    .purpose = "The groups of a device.",
    .shape = SHAPE_LIST,
    .subject = SUBJECT_DEVICE,
    .home = HOME_TENANT,
    .restore = RESTORE_CONTENT,
    .parent = "device",
    .size = sizeof(struct group),
    CONCEPT_FIELDS(fields),
};
