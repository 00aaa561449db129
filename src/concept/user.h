/* SPDX-License-Identifier: Apache-2.0
 *
 * A user: a person of the client who signs in to the console. Lives in the keyring, in no snapshot.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name       class     end    purpose */
#define USER(F) \
    F(1,  ID,     id,        PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(2,  TEXT,   role,      PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER) \
    F(3,  MOMENT, made,      PLAIN,    KEEP,  TIME_OF_THE_ACT) \
    F(4,  TEXT,   full_name, PERSONAL, SHRED, COLLECT_FULL_NAME) \
    F(5,  TEXT,   username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(6,  TEXT,   email,     PERSONAL, SHRED, COLLECT_EMAIL) \
    F(7,  BYTES,  password,  SECRET,   SHRED, COLLECT_PASSWORD) /* a verifier, never the password */
/* clang-format on */

struct user {
    USER(CONCEPT_MEMBER)
};
extern const concept_t user_concept;
