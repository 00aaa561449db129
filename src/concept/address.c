/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/address.h"

#define THIS address
static const field_t fields[] = {ADDRESS(CONCEPT_FIELD)};
#undef THIS

const concept_t address_concept = {
    .number = 4,
    .name = "address",
    .plural = "addresses",
    .prefix = "adr",
    .purpose = "The addresses of a device.",
    .shape = SHAPE_LIST,
    .subject = SUBJECT_DEVICE,
    .home = HOME_TENANT,
    .restore = RESTORE_CONTENT,
    .parent = "device",
    .size = sizeof(struct address),
    CONCEPT_FIELDS(fields),
};
