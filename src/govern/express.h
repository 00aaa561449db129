/* SPDX-License-Identifier: Apache-2.0
 *
 * A rule set as far as an agent of another kind can hold it that knows digests, two expressions over paths, and a mode for
 * all else: first a rule by digest decides, then the expression that refuses, then the one that lets run, then the mode.
 *
 *     TRY(rules_express(rules, device, arena, &expressed));
 *
 * What is expressed decides as the whole set does. A rule is left out where it asks for anything else than path and digest
 * of the file (and the device, which is known here), where %home is in it, or where a rule before it with the other effect
 * may stand in its way and would not there. A rule that refuses is left out for that, and the mode lets run what no rule
 * decides, as long as a rule that lets run is left out: nothing is ever refused that the set lets run. Rules at the end
 * that decide as the mode does need no word of their own. `elevate` and `observe` let run.
 *
 * Expressions are in ICU's syntax, anchored at both ends.
 */
#pragma once
#include "govern/rules.h"

enum { MAX_EXPRESSION = 16 * 1024 }; /* bytes of one of them; rules past that are left out */

struct expressed_digest {
    uint8_t sha256[DIGEST_SIZE];
    bool allow;
};
struct expressed {
    bool lockdown;          /* what nothing decides is refused */
    str_t allowed, blocked; /* over paths; empty: none */
    struct expressed_digest *digests;
    size_t count;
    size_t left_out; /* rules, and the default, that had to be */
};
CHECKED err_t rules_express(const struct rules *rules, ident_t device, arena_t *arena,
                            struct expressed *out_expressed);
