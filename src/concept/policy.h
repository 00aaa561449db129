/* SPDX-License-Identifier: Apache-2.0
 *
 * A signed policy, as the service keeps it: its text stands in clear, since endpoints have to read it, and is one of the
 * exceptions that are counted. What it says is in govern/policy.h.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name    class  end   purpose */
#define KEPT_POLICY(F) \
    F(1,  ID,     id,     PLAIN, KEEP, NAMES_THE_RECORD) \
    F(2,  COUNT,  number, PLAIN, KEEP, STATE_OF_THE_RECORD) \
    F(3,  MOMENT, made,   PLAIN, KEEP, TIME_OF_THE_ACT) \
    F(4,  MOMENT, until,  PLAIN, KEEP, LIMITS_ITS_USE) \
    F(5,  TEXT,   by,     PLAIN, KEEP, NAMES_THE_PARENT)    /* usr_… or tok_… */ \
    F(6,  TEXT,   digest, PLAIN, KEEP, STATE_OF_THE_RECORD) /* SHA-256 of the note, base64url */ \
    F(7,  TEXT,   note,   PLAIN, KEEP, POLICY_TEXT)
/* clang-format on */

struct kept_policy {
    KEPT_POLICY(CONCEPT_MEMBER)
};
extern const concept_t policy_concept;
