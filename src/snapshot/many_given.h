/* SPDX-License-Identifier: Apache-2.0
 *
 * Many tenants at once: each worked on, taken, worked on again, and then all restored by a few threads, one tenant after the
 * other, each thread with its own handle on the store.
 *
 *     static struct given_many many;
 *     many = (struct given_many){.given = &given, .folder = test_folder(), .work = days_work};
 *     CHECK_OK(given_many_made(&many));
 *     CHECK_OK(given_many_restored(&many, &took_ms));
 *
 * `work` is called with given->tenant set to each, with turn 1 before its snapshot and turn 2 after it. A restore that
 * fails, or finds nothing to put back or take away, is ERR_BROKEN, and its reason is printed.
 */
#pragma once
#include "snapshot/given.h"
#include <stdatomic.h>

enum { GIVEN_MANY = 100, GIVEN_MANY_THREADS = 4 };

struct given_many {
    struct given *given;
    const char *folder; /* the store's */
    err_t (*work)(struct given *given, uint8_t turn);
    ident_t snapshots[GIVEN_MANY];
    atomic_size_t next, wrong;
};

CHECKED err_t given_many_made(struct given_many *many);
CHECKED err_t given_many_restored(struct given_many *many, moment_t *out_took);
