/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker: everything of guard/guard.h but the watching over it.
 *
 *     return work(&ask);                           once it is told to end; an error, before it has said that it is ready
 *
 * `signs` is memory that both processes see.
 */
#pragma once
#include "guard/guard.h"
#include "guard/heard.h"

#include <stdatomic.h>

struct signs {
    _Atomic uint64_t beats;    /* of the worker */
    atomic_bool ready, ending; /* the worker judges; it is to end */
    atomic_bool opening;       /* it reads the packages, and holds up no launch yet */
    atomic_bool over;          /* it has given up, whether it can end or not */
    atomic_int group;          /* the kernel's questions, by the worker's number */
    _Atomic uint64_t restarts, stops, late, stopped;
    char why[256]; /* it could not begin */
};

struct work_ask {
    const struct guard_ask *guard;
    struct ears *ears;
    struct journal *journal;
    struct signs *signs;
    moment_t began;
};
err_t work(const struct work_ask *ask);
