/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/post.h"
#include "erase/erase.h"

static err_t ask_keys(void *with, const struct question *question, arena_t *arena, void *out_answer)
{
    return jobs_ask_keys(with, question, arena, out_answer);
}

err_t erasures_go_on(struct jobs *jobs, arena_t *arena)
{
    struct eraser eraser = {.store = jobs->store,
                            .store_folder = jobs->store_folder,
                            .snapshots = jobs->snapshots,
                            .ask = ask_keys,
                            .with = jobs};
    return erase_run(&eraser, arena);
}
