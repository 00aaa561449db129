/* SPDX-License-Identifier: Apache-2.0
 *
 * A request for approval of an elevation, as the endpoint tells it: what somebody there wants to run with other rights.
 * A list of one, sealed to the launch key of its subject: the person who asks, or the device for system accounts.
 *
 * minutes   how long the approval that is asked for lasts; 0: it is for one use
 * state     open; used, and emergency: it ran, with or without the approval; ended: nobody answered, or it was given up
 * args      what follows the program's name, each with a NUL behind it
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name     class     end    purpose */
#define ELEVATION(F) \
    F(1,  ID,     id,      PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(2,  ID,     account, PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(3,  COUNT,  policy,  PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(4,  MOMENT, made,    PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(5,  COUNT,  minutes, PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(6,  TEXT,   state,   PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(7,  COUNT,  runs_as, PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(8,  TEXT,   path,    PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(9,  BYTES,  args,    PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(10, TEXT,   reason,  PERSONAL, SHRED, COLLECT_LAUNCHES)
/* clang-format on */

struct elevation_asked {
    ELEVATION(CONCEPT_MEMBER)
};
extern const concept_t elevation_concept;
