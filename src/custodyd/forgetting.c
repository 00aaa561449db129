/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/forgetting.h"

#include "erase/forget.h"

/* What is in the store counts once it is there: a crash before that finds it due again. */
static err_t done_tell(struct jobs *jobs, const Keys__ForgetDue *due, arena_t *arena)
{
    Keys__ForgetDone in = KEYS__FORGET_DONE__INIT;
    Keys__None *none = NULL;
    in.ids = arena_array(arena, ProtobufCBinaryData, due->n_items + 1);
    in.kept = due->withheld;
    in.n_kept = due->n_withheld;
    TRY(arena_end(arena));
    for (; in.n_ids < due->n_items; in.n_ids++)
        in.ids[in.n_ids] = due->items[in.n_ids]->id;
    return jobs_ask_keys(jobs, &(struct question){ASK_forget_done, &in}, arena, &none);
}

err_t forgotten_clear(struct jobs *jobs, arena_t *arena)
{
    const Keys__None in = KEYS__NONE__INIT;
    Keys__ForgetDue *due = NULL;
    struct desk desk = {.env = jobs->env, .store = jobs->store, .arena = arena};
    TRY(jobs_ask_keys(jobs, &(struct question){ASK_forget_due, &in}, arena, &due));
    for (size_t i = 0; i < due->n_withheld; i++)
        TRY(withheld_rest(&desk, due->withheld[i]));
    for (size_t i = 0; i < due->n_items; i++)
        TRY(forget_rest(&desk, due->items[i]));
    return due->n_items + due->n_withheld ? done_tell(jobs, due, arena) : ERR_OK;
}
