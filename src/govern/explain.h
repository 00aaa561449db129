/* SPDX-License-Identifier: Apache-2.0
 *
 * Why an attempt is decided as it is: the rule that decides, and those that nearly did.
 *
 *     struct explanation why;
 *     explain(rules, &attempt, &why);
 *     rules_text(rules, why.verdict.rule, &text);
 *
 * Nearly: of an earlier rule all conditions hold but one, or of a later one all hold. Those where a path, a digest or a
 * script fails come behind the others, since of many rules nothing else differs; then, the more conditions hold, the nearer.
 * A rule whose only condition fails is not near. Every rule is looked at, and every fact may be asked for: for people, not
 * within a launch.
 */
#pragma once
#include "govern/rules.h"

enum { NEAR_MOST = 5 };

struct near_rule {
    size_t rule;
    str_t failed; /* the condition as it was written; empty: all hold, and it came too late */
    bool unknown; /* it failed since its fact is not known, or is not there */
};

struct explanation {
    struct verdict verdict;
    struct near_rule near[NEAR_MOST]; /* the nearest first */
    size_t near_count;
    unsigned missing; /* of a recorded launch: facts, as bits, for which another rule may have decided */
};

void explain(const struct rules *rules, struct attempt *attempt, struct explanation *out_why);

/* Of a launch that was recorded, as a rehearsal knows it (govern/rehearse.h): what stands not in it is not known. */
struct recorded;
void explain_recorded(const struct rules *rules, const struct recorded *recorded,
                      struct explanation *out_why);
