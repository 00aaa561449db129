/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/webhook.h"

#define THIS webhook_kept
static const field_t fields[] = {WEBHOOK(CONCEPT_FIELD)};
#undef THIS

const concept_t webhook_concept = {
    .number = 30,
    .name = "webhook",
    .plural = "webhooks",
    .prefix = "whk",
    .purpose =
        "An address of the client's that notices are posted to, signed with a secret that both sides have.",
    .shape = SHAPE_ONE,
    .subject = SUBJECT_TENANT,
    .home = HOME_KEYRING,
    .restore = RESTORE_NEVER,
    .size = sizeof(struct webhook_kept),
    CONCEPT_FIELDS(fields),
};
