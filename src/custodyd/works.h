/* SPDX-License-Identifier: Apache-2.0
 *
 * Works carried out (keyring/works.h): a few at once, each on a thread of its own, none for a tenant that has one running.
 *
 *     struct workers workers = {.jobs = &jobs};
 *     TRY(workers_begin(&workers));
 *     …
 *     workers_end(&workers);                   once jobs->stop is readable and what runs has seen it
 *
 * For a tenant that is being erased works_end_of() has what runs end, and is true once nothing does: from its mark on the keys
 * process gives out none of its works any more, and what was given before stands in `jobs->works`.
 *
 * A kind is a row of the table in works.c. Its function may be ended at any point and begun again from the start; it asks
 * work_stopped() between its steps, tells with work_progress() how far it is, and says in `note` what came of it.
 */
#pragma once
#include "custodyd/post.h"

struct working {
    struct jobs *jobs;
    const struct work_running *running;
    arena_t *arena;
    const Keys__Work *work;
    ident_t id, tenant, target;
    moment_t told; /* by the boot clock */
    int64_t done, total;
    buf_t note;
};
typedef err_t (*work_run_t)(struct working *working);

/* At most once a second to the keys process: cheap to call. `with` is the struct working. */
void work_progress(void *with, int64_t done, int64_t total);
bool work_stopped(const struct working *working);

bool works_end_of(struct jobs *jobs, ident_t tenant);

struct workers {
    struct jobs *jobs;
    struct worker {
        struct jobs *jobs;
        struct work_running *running;
        pthread_t thread;
    } at[WORKERS];
    size_t count;
};
CHECKED err_t workers_begin(struct workers *workers);
void workers_end(struct workers *workers);
