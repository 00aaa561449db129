/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/user.h"

#define THIS user
static const field_t fields[] = {USER(CONCEPT_FIELD)};
#undef THIS

const concept_t user_concept = {
    .number = 2,
    .name = "user",
    .plural = "users",
    .prefix = "usr",
    .purpose = "A person of the client who signs in to the console.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_PERSON,
    .home = HOME_KEYRING,
    .restore = RESTORE_NEVER,
    .size = sizeof(struct user),
    CONCEPT_FIELDS(fields),
};
