/* SPDX-License-Identifier: Apache-2.0
 *
 * What an endpoint says of the policy it follows: which number is in force, and a word for what is in the way; and what
 * happened to what enforces it, in numbers. Its id is the device's.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name       class  end   purpose */
#define FOLLOWING(F) \
    F(1,  ID,     id,        PLAIN, KEEP, NAMES_THE_RECORD) \
    F(2,  COUNT,  number,    PLAIN, KEEP, STATE_OF_THE_RECORD) /* 0: none is in force */ \
    F(3,  FLAG,   enforcing, PLAIN, KEEP, STATE_OF_THE_RECORD) /* launches are judged, and not only recorded */ \
    F(4,  TEXT,   trouble,   PLAIN, KEEP, STATE_OF_THE_RECORD) /* a word of govern/policy.h */ \
    F(5,  MOMENT, since,     PLAIN, KEEP, TIME_OF_THE_ACT)     /* the number has been in force, as far as was told */ \
    F(6,  COUNT,  restarts,  PLAIN, KEEP, STATE_OF_THE_RECORD) /* what happened to the guard since it began: guard/guard.h */ \
    F(7,  COUNT,  stops,     PLAIN, KEEP, STATE_OF_THE_RECORD) \
    F(8,  COUNT,  late,      PLAIN, KEEP, STATE_OF_THE_RECORD) \
    F(9,  COUNT,  stopped,   PLAIN, KEEP, STATE_OF_THE_RECORD) \
    F(10, COUNT,  lost,      PLAIN, KEEP, STATE_OF_THE_RECORD)
/* clang-format on */

struct following {
    FOLLOWING(CONCEPT_MEMBER)
};
extern const concept_t following_concept;
