/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests carry of single sign-on, and of a sign-in of the command line by a browser: concepts that are sent and never
 * kept.
 */
#pragma once
#include "api/bodies_passkeys.h"

/*    tag kind  name          class     end    purpose */
/* clang-format off */
#define SSO_BODY(F) \
    F(1, TEXT,  issuer,       PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  client,       PLAIN,    KEEP,  CONTRACT_FACT) \
    F(3, TEXT,  opens,        PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER) /* passkey, passphrase, keeper; spaces between */ \
    F(4, TEXT,  claim,        PLAIN,    KEEP,  CONTRACT_FACT)        /* these four may be left out: sub */ \
    F(5, TEXT,  joins,        PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER) /* a role; nobody joins without an invitation */ \
    F(6, TEXT,  secret,       SECRET,   SHRED, PROVES_WHO_ASKS)      /* there is none, or the one that is there stays: */ \
    F(7, FLAG,  keep_secret,  PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(8, TEXT,  password,     SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

#define SSO_BEGIN_BODY(F) \
    F(1, TEXT,  tenant,       PLAIN,    KEEP,  CONTRACT_FACT)        /* one of the two */ \
    F(2, TEXT,  invitation,   SECRET,   SHRED, PROVES_WHO_ASKS)

#define SSO_COME_BODY(F) \
    F(1, TEXT,  state,        SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(2, TEXT,  code,         SECRET,   SHRED, PROVES_WHO_ASKS)      /* what the address has of these three */ \
    F(3, TEXT,  issuer,       PLAIN,    KEEP,  PROVES_WHO_ASKS) \
    F(4, TEXT,  error,        PLAIN,    KEEP,  PROVES_WHO_ASKS)

#define SSO_JOIN_BODY(F) \
    F(1, TEXT,  state,        SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(2, TEXT,  username,     PERSONAL, SHRED, COLLECT_USERNAME) \
    F(3, TEXT,  full_name,    PERSONAL, SHRED, COLLECT_FULL_NAME) \
    F(4, TEXT,  email,        PERSONAL, SHRED, COLLECT_EMAIL)

#define FIRST_PASSWORD_BODY(F) \
    F(1, TEXT,  username,     PERSONAL, SHRED, COLLECT_USERNAME) \
    F(2, TEXT,  password,     SECRET,   SHRED, COLLECT_PASSWORD)

#define CLI_APPROVE_BODY(F) \
    F(1, BYTES, challenge,    PLAIN,    KEEP,  PROVES_WHO_ASKS)

#define CLI_TAKE_BODY(F) \
    F(1, TEXT,  code,         SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(2, BYTES, secret,       SECRET,   SHRED, PROVES_WHO_ASKS)
/* clang-format on */

struct sso_body {
    SSO_BODY(CONCEPT_MEMBER)
};
struct sso_begin_body {
    SSO_BEGIN_BODY(CONCEPT_MEMBER)
};
struct sso_come_body {
    SSO_COME_BODY(CONCEPT_MEMBER)
};
struct sso_join_body {
    SSO_JOIN_BODY(CONCEPT_MEMBER)
};
struct first_password_body {
    FIRST_PASSWORD_BODY(CONCEPT_MEMBER)
};
struct cli_approve_body {
    CLI_APPROVE_BODY(CONCEPT_MEMBER)
};
struct cli_take_body {
    CLI_TAKE_BODY(CONCEPT_MEMBER)
};

extern const concept_t sso_body_concept;
extern const concept_t sso_begin_body_concept;
extern const concept_t sso_come_body_concept;
extern const concept_t sso_join_body_concept;
extern const concept_t first_password_body_concept;
extern const concept_t cli_approve_body_concept;
extern const concept_t cli_take_body_concept;
