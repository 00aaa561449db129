/* SPDX-License-Identifier: Apache-2.0
 *
 * What an endpoint is told to withhold: the accounts of people who were forgotten, by their ids alone (tlog/withhold.h), and
 * whether it has acknowledged. Its id is the device's. It never goes back: of two the one with the larger number stands.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name    class  end   purpose */
#define WITHHELD(F) \
    F(1,  ID,     id,     PLAIN, KEEP, NAMES_THE_RECORD) \
    F(2,  COUNT,  number, PLAIN, KEEP, STATE_OF_THE_RECORD) \
    F(3,  MOMENT, made,   PLAIN, KEEP, TIME_OF_THE_ACT) \
    F(4,  COUNT,  told,   PLAIN, KEEP, STATE_OF_THE_RECORD) /* the number that the endpoint obeys, as it said last */ \
    F(5,  MOMENT, heard,  PLAIN, KEEP, TIME_OF_THE_ACT)     /* when it said so first */ \
    F(6,  TEXT,   note,   PLAIN, KEEP, STATE_OF_THE_RECORD)
/* clang-format on */

struct withheld {
    WITHHELD(CONCEPT_MEMBER)
};
extern const concept_t withheld_concept;
