/* SPDX-License-Identifier: Apache-2.0
 *
 * A world for tests: a clock that moves only when told, randomness from a seed, a disk in memory that can be made to
 * fail at its n-th act, and a network where nobody answers.
 *
 *     OWN(world) world = {0};
 *     world_open(&world, 1);
 *     world.clock += DAYS(14);
 *     world.fail_at = 3;                   the third disk act from now fails with BROKEN, those after it too
 */
#pragma once
#include "sys/env.h"

enum { WORLD_FILES = 64, WORLD_FILE_BYTES = 4 << 20 };

struct world_file {
    char path[256];
    buf_t bytes;
};

struct world {
    struct env env; /* first: the functions find their world behind it */
    moment_t clock, boot_clock;
    uint64_t seed, drawn;
    int fail_at; /* counts down at each disk act; 0: never */
    bool failing;
    struct world_file files[WORLD_FILES];
};
typedef struct world world_own;

void world_open(struct world *world, uint64_t seed);
void world_drop(struct world *world);
