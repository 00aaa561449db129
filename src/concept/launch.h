/* SPDX-License-Identifier: Apache-2.0
 *
 * A launched application: what a policy lets be recorded of one launch. A list of one subject's launches, sealed to that
 * subject's launch key: the person who launched it, or the device for system accounts. What is zero was not recorded.
 *
 * decision   0 allowed, 1 denied, 2 elevated, 3 observed; emergency says that it was elevated without the approval it
 *            needed
 * count      of equal launches within a minute, beginning at `at`; 0 is 1
 * policy     the number of the policy that decided; `rule` its rule, counted from 1 over all files, 0: the default
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name      class     end    purpose */
#define LAUNCH(F) \
    F(1,  MOMENT, at,        PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(2,  COUNT,  decision,  PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(3,  COUNT,  count,     PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(4,  COUNT,  policy,    PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(5,  COUNT,  rule,      PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(6,  ID,     account,   PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(7,  TEXT,   path,      PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(8,  BYTES,  sha256,    PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(9,  TEXT,   package,   PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(10, TEXT,   parent,    PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(11, TEXT,   args,      PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(12, TEXT,   script,    PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(13, TEXT,   reason,    PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(14, FLAG,   emergency, PERSONAL, SHRED, COLLECT_LAUNCHES)
/* clang-format on */

struct launch {
    LAUNCH(CONCEPT_MEMBER)
};
extern const concept_t launch_concept;
