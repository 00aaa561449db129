/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches that never were, for what measures and for the dictionary that short lists of them are compressed with
 * (concept/launches.dict). Seven of ten are programs of a usual Debian machine, which the dictionary knows; the others are
 * named at random for each device, and it knows none of them. Of each what is recorded by default: path, parent, package.
 *
 *     struct maker maker = {.seed = 7, .device = number};
 *     made_launch(&maker, at, account, &launch);         its texts live in the maker until the next one but 15
 */
#pragma once
#include "concept/launch.h"

enum { MADE_KEPT = 16, MADE_TEXT = 64 };

struct maker {
    uint64_t seed, device, drawn, kept;
    char texts[MADE_KEPT][MADE_TEXT];
};
uint64_t made_number(struct maker *maker, uint64_t below);
void made_launch(struct maker *maker, moment_t at, ident_t account, struct launch *out_launch);
