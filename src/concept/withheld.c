/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/withheld.h"

#define THIS withheld
static const field_t fields[] = {WITHHELD(CONCEPT_FIELD)};
#undef THIS

const concept_t withheld_concept = {
    .number = 25,
    .name = "withholding",
    .plural = "withholdings",
    .prefix = "wth",
    .purpose =
        "Which accounts an endpoint is told to withhold, by their ids, in a note that the client signed.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_DEVICE,
    .home = HOME_TENANT,
    .restore = RESTORE_MONOTONE,
    .size = sizeof(struct withheld),
    CONCEPT_FIELDS(fields),
};
