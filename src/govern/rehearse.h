/* SPDX-License-Identifier: Apache-2.0
 *
 * A rehearsal: what a rule set would have decided about launches that were recorded, before it is enforced.
 *
 *     OWN(rehearsal) rehearsal = REHEARSAL(rules);
 *     while (…) rehearse(&rehearsal, &(struct recorded){&launch, device, of_device});
 *     TRY(rehearsal_end(&rehearsal));
 *
 * A record has only what the policy of its day let be recorded: never who is in which group, whether a file is trusted, or
 * what an empty field would have been. Where the new rules would decide by such a fact, the launch is counted as not
 * judged, with the facts that were missing; it is never guessed. What is known: the account, whether it is a person's,
 * the device, and what stands in the record. Arguments that were hidden in part are not known. %home is known not to match
 * a path outside /home, /root, /Users and the folders alike.
 *
 * Launches count as often as they happened. Memory: that of the changes that are kept. Fails with BUSY or TOO_LARGE at
 * the end, and judges nothing from then on.
 */
#pragma once
#include "concept/launch.h"
#include "govern/rules.h"

enum { DECISIONS = 4, CHANGES_MOST = 200 };

/* One path and account whose launches would be decided otherwise than they were. */
struct change {
    str_t path;
    ident_t account; /* zero: not known */
    ident_t device;  /* zero: more than one */
    enum decision was, would;
    size_t rule; /* that would decide: rules_text() */
    uint64_t count;
};

struct rehearsal {
    const struct rules *rules;
    uint64_t judged, not_judged;
    uint64_t counts[DECISIONS][DECISIONS]; /* [was][would] */
    unsigned missing;                      /* facts, as bits, RECORD_PATH, and RECORD_WHO */
    struct change changes[CHANGES_MOST];   /* the first ones; by path, account and both decisions */
    size_t change_count;
    uint64_t left_out; /* launches that would be decided otherwise, and are in none of them */
    arena_t arena;     /* of their paths */
};
typedef struct rehearsal rehearsal_own;
void rehearsal_drop(struct rehearsal *rehearsal);

/* clang-format off */
#define REHEARSAL(of_rules) {.rules = (of_rules), .arena = ARENA(16 * 1024 * 1024)}
/* clang-format on */

struct recorded {
    const struct launch *launch;
    ident_t device;
    bool of_device; /* sealed to it: a system account's, or nobody's; else a person's */
};
void rehearse(struct rehearsal *rehearsal, const struct recorded *recorded);
CHECKED err_t rehearsal_end(const struct rehearsal *rehearsal);
