/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/works.h"
#include "erase/erase.h"

static err_t ask_keys(void *with, const struct question *question, arena_t *arena, void *out_answer)
{
    return jobs_ask_keys(with, question, arena, out_answer);
}

static bool works_quiet(void *with, ident_t tenant) { return works_end_of(with, tenant); }

err_t erasures_go_on(struct jobs *jobs, arena_t *arena)
{
    struct eraser eraser = {.store = jobs->store,
                            .store_folder = jobs->store_folder,
                            .snapshots = jobs->snapshots,
                            .ask = ask_keys,
                            .quiet = works_quiet,
                            .with = jobs};
    return erase_run(&eraser, arena);
}
