/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/program.h"

#define THIS program
static const field_t fields[] = {PROGRAM(CONCEPT_FIELD)};
#undef THIS

const concept_t program_concept = {
    .number = 7,
    .name = "program",
    .plural = "programs",
    .prefix = "prg",
    .purpose = "The programs installed on a device.",
    .shape = SHAPE_LIST,
    .subject = SUBJECT_DEVICE,
    .home = HOME_TENANT,
    .restore = RESTORE_CONTENT,
    .parent = "device",
    .size = sizeof(struct program),
    CONCEPT_FIELDS(fields),
};
