/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/account.h"

#define THIS account
static const field_t fields[] = {ACCOUNT(CONCEPT_FIELD)};
#undef THIS

const concept_t account_concept = {
    .number = 5,
    .name = "account",
    .plural = "accounts",
    .prefix = "acc",
    .purpose = "The accounts of a device.",
    .shape = SHAPE_LIST,
    .subject = SUBJECT_PERSON_OR_DEVICE,
    .home = HOME_TENANT,
    .restore = RESTORE_CONTENT,
    .parent = "device",
    .size = sizeof(struct account),
    CONCEPT_FIELDS(fields),
};
