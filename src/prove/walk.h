/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's evidence log as checks walk through it: from its files alone, each entry once, in order.
 *
 *     struct log_walk walk = {.proving = proving, .look = entry_look, .with = &seen};
 *     TRY(log_walk(&walk));
 *     if (walk.fault) …                                   NULL: whole, signed, and to its end
 *
 * A log that cannot be read as it was signed is no error: the fault says so, and what was seen may be a part of it.
 * Cost: about 3 µs an entry, and up to a second where entries wait for their signature.
 */
#pragma once
#include "log/read.h"
#include "prove/checks.h"

struct log_walk {
    struct proving *proving;
    void (*look)(void *with, str_t entry);
    void *with;
    uint64_t entries;
    const char *fault; /* what was found; in the desk's arena */
};
CHECKED err_t log_walk(struct log_walk *walk);
