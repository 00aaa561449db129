/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests carry of passkeys, and wherever one may stand for the password: concepts that are sent and never kept.
 */
#pragma once
#include "concept/concept.h"

/*    tag kind  name        class     end    purpose */
/* clang-format off */
enum { PROOF_FIELDS = 7 }; /* a password and an ASSERTION: either may be left out */

/* What a browser gives out of a passkey that has signed; `prf` where its authenticator has the extension. In a sign-in both of
 * the last two may be left out. */
#define ASSERTION_SIGNED(F) \
    F(11, BYTES, credential, SECRET,   SHRED, COLLECT_PASSWORD) \
    F(12, BYTES, client_data, SECRET,  SHRED, COLLECT_PASSWORD) \
    F(13, BYTES, authenticator_data, SECRET, SHRED, COLLECT_PASSWORD) \
    F(14, BYTES, signature,  SECRET,   SHRED, COLLECT_PASSWORD) \
    F(16, BYTES, prf,        SECRET,   SHRED, COLLECT_PASSWORD)
#define ASSERTION(F) \
    ASSERTION_SIGNED(F) \
    F(15, BYTES, user,       SECRET,   SHRED, COLLECT_PASSWORD)

/* Username and password typed again, for who holds no key cannot have its name read; or a passkey. All may be left out. */
#define AGAIN_BODY(F) \
    F(1, TEXT,  username,   PERSONAL, SHRED, COLLECT_USERNAME) \
    F(2, TEXT,  password,   SECRET,   SHRED, COLLECT_PASSWORD) \
    F(3, TEXT,  code,       SECRET,   SHRED, COLLECT_PASSWORD) /* of an authenticator, for who has one, to unlock */ \
    ASSERTION(F)

#define PASSWORD_CHANGE_BODY(F) \
    F(1, TEXT,  new_password, SECRET, SHRED, COLLECT_PASSWORD) \
    F(2, TEXT,  username,   PERSONAL, SHRED, COLLECT_USERNAME) \
    F(3, TEXT,  password,   SECRET,   SHRED, COLLECT_PASSWORD) /* it and what follows may be left out */ \
    ASSERTION(F)

#define CHALLENGE_BODY(F) \
    F(1, TEXT,  tenant,     PLAIN,    KEEP,  CONTRACT_FACT)

#define PASSKEY_LOGIN_BODY(F) \
    F(1, TEXT,  tenant,     PLAIN,    KEEP,  CONTRACT_FACT) \
    ASSERTION(F)

/* Of one of staff: no client is named. */
#define STAFF_PASSKEY_BODY(F) \
    ASSERTION(F)

/* What is to be done, and to which of one's passkeys, or to what else, where that is said. */
#define PASSKEY_ACT_BODY(F) \
    F(1, TEXT,  act,        PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(2, TEXT,  passkey,    PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(3, TEXT,  target,     PLAIN,    KEEP,  NAMES_THE_RECORD)

/* What an authenticator has made; the last two may be left out. */
#define PASSKEY_MADE_BODY(F) \
    F(1, BYTES, client_data, SECRET,  SHRED, COLLECT_PASSWORD) \
    F(2, BYTES, authenticator_data, SECRET, SHRED, COLLECT_PASSWORD) \
    F(3, BYTES, prf,        SECRET,   SHRED, COLLECT_PASSWORD) \
    F(4, BYTES, kept,       SECRET,   SHRED, COLLECT_PASSWORD)
/* clang-format on */

struct again_body {
    AGAIN_BODY(CONCEPT_MEMBER)
};
struct password_change_body {
    PASSWORD_CHANGE_BODY(CONCEPT_MEMBER)
};
struct challenge_body {
    CHALLENGE_BODY(CONCEPT_MEMBER)
};
struct passkey_login_body {
    PASSKEY_LOGIN_BODY(CONCEPT_MEMBER)
};
struct staff_passkey_body {
    STAFF_PASSKEY_BODY(CONCEPT_MEMBER)
};
struct passkey_act_body {
    PASSKEY_ACT_BODY(CONCEPT_MEMBER)
};
struct passkey_made_body {
    PASSKEY_MADE_BODY(CONCEPT_MEMBER)
};

extern const concept_t again_body_concept;
extern const concept_t password_change_body_concept;
extern const concept_t challenge_body_concept;
extern const concept_t passkey_login_body_concept;
extern const concept_t staff_passkey_body_concept;
extern const concept_t passkey_act_body_concept;
extern const concept_t passkey_made_body_concept;
