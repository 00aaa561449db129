/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/forgetting.h"

#include "erase/forget.h"

enum { ONE_MEMORY = 64 * 1024 * 1024 };

/* What is in the store counts once it is there: a crash before that finds it due again. */
static err_t done_tell(struct jobs *jobs, const Keys__ForgetDone *done, arena_t *arena)
{
    Keys__None *none = NULL;
    return done->n_ids + done->n_kept
               ? jobs_ask_keys(jobs, &(struct question){ASK_forget_done, done}, arena, &none)
               : ERR_OK;
}

static err_t note_keep(struct jobs *jobs, const Keys__Withheld *withheld)
{
    OWN(arena) arena = ARENA(ONE_MEMORY);
    return withheld_rest(&(struct desk){.env = jobs->env, .store = jobs->store, .arena = &arena}, withheld);
}

static err_t rows_clear(struct jobs *jobs, const Keys__Forgotten *forgotten)
{
    OWN(arena) arena = ARENA(ONE_MEMORY);
    return forget_rest(&(struct desk){.env = jobs->env, .store = jobs->store, .arena = &arena}, forgotten);
}

/* What one client's store refuses stays due, and holds up no other's; the error is the last one's. */
static err_t each_clear(struct jobs *jobs, const Keys__ForgetDue *due, Keys__ForgetDone *io_done)
{
    err_t result = ERR_OK;
    for (size_t i = 0; i < due->n_withheld; i++) {
        err_t kept = note_keep(jobs, due->withheld[i]);
        if (kept == ERR_OK)
            io_done->kept[io_done->n_kept++] = due->withheld[i];
        result = kept == ERR_OK ? result : kept;
    }
    for (size_t i = 0; i < due->n_items; i++) {
        err_t cleared = rows_clear(jobs, due->items[i]);
        if (cleared == ERR_OK)
            io_done->ids[io_done->n_ids++] = due->items[i]->id;
        result = cleared == ERR_OK ? result : cleared;
    }
    return result;
}

err_t forgotten_clear(struct jobs *jobs, arena_t *arena)
{
    const Keys__None in = KEYS__NONE__INIT;
    Keys__ForgetDue *due = NULL;
    Keys__ForgetDone done = KEYS__FORGET_DONE__INIT;
    TRY(jobs_ask_keys(jobs, &(struct question){ASK_forget_due, &in}, arena, &due));
    done.ids = arena_array(arena, ProtobufCBinaryData, due->n_items + 1);
    done.kept = arena_array(arena, Keys__Withheld *, due->n_withheld + 1);
    TRY(arena_end(arena));
    err_t cleared = each_clear(jobs, due, &done);
    TRY(done_tell(jobs, &done, arena));
    return cleared;
}
