/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/notice.h"

#define THIS notice_kept
static const field_t fields[] = {NOTICE(CONCEPT_FIELD)};
#undef THIS

const concept_t notice_concept = {
    .number = 20,
    .name = "notice",
    .plural = "notices",
    .prefix = "ntc",
    .purpose =
        "A mail or a post to an address that the client gave for notices: something happened, and where it can be seen.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_TENANT,
    .home = HOME_KEYRING,
    .restore = RESTORE_NEVER,
    .size = sizeof(struct notice_kept),
    CONCEPT_FIELDS(fields),
};
