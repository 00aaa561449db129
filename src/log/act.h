/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written into the evidence log: every act that has one, as one table. A row is a name that stands in the log
 * for ever, and what it means to the client who reads it.
 */
#pragma once
#include "base/bytes.h"

/* clang-format off */
/*    constant             name in the log        meaning */
#define ACTS(A) \
    A(TENANT_MADE,         "tenant.made",         "an operator made the tenant; nobody has claimed it") \
    A(TENANT_CLAIMED,      "tenant.claimed",      "the first owner made the tenant's key") \
    A(KIT_CONFIRMED,       "kit.confirmed",       "the owner typed the recovery kit back") \
    A(KIT_USED,            "kit.used",            "the recovery kit brought a locked-out owner back") \
    A(SESSION_OPENED,      "session.opened",      "a person signed in, which released the key to the session") \
    A(SESSION_ENDED,       "session.ended",       "a person signed out, which took the key away") \
    A(RECORDS_OPENED,      "records.opened",      "records of these subjects were opened") \
    A(TOKEN_MADE,          "token.made",          "a program got a token with a key of its own") \
    A(TOKEN_ENDED,         "token.ended",         "a token's key was destroyed") \
    A(DEPLOYMENT_MADE,     "deployment.made",     "a deployment key was made, which enrols endpoints") \
    A(DEPLOYMENT_ENDED,    "deployment.ended",    "a deployment key was ended; with the endpoints it enrolled, where count says how many") \
    A(DEVICE_ENROLLED,     "device.enrolled",     "an endpoint got its certificate") \
    A(DEVICE_RENEWED,      "device.renewed",      "an endpoint got a new certificate for the same key") \
    A(DEVICE_APPROVED,     "device.approved",     "an endpoint that waited, or was revoked, was let in") \
    A(DEVICE_REVOKED,      "device.revoked",      "an endpoint's certificate is refused from now on") \
    A(DEVICE_DESTROYED,    "device.destroyed",    "an endpoint's keys were destroyed, and those of its accounts") \
    A(ACCOUNTS_KNOWN,      "accounts.known",      "keys were made for accounts of an endpoint") \
    A(COLLECTION_CHANGED,  "collection.changed",  "what may be collected was changed; count is the new version")
/* clang-format on */

enum act {
    ACT_NONE,
#define A(constant, name, meaning) ACT_##constant,
    ACTS(A)
#undef A
        ACT_COUNT
};

const char *act_name(enum act act);
const char *act_meaning(enum act act);
void describe_acts(buf_t *out);                        /* Markdown: each act and what it means */
CHECKED err_t act_find(str_t name, enum act *out_act); /* INVALID where there is none */
