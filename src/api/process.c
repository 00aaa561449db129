/* SPDX-License-Identifier: Apache-2.0
 *
 * Who has to say yes to requests.
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/put.h"

enum { LEVELS = 3 };

err_t api_process(struct call *call)
{
    Keys__Process *process = NULL;
    TRY(call_keys_bearer(call, ASK_process_get, &process));
    put_process(process, &call->reply->body);
    return ERR_OK;
}

static err_t level_make(struct call *call, int64_t need, const idents_t *members, Keys__Level *out_level)
{
    keys__level__init(out_level);
    out_level->need = need;
    out_level->named = members->count > 0;
    out_level->members = arena_array(call->desk.arena, ProtobufCBinaryData, members->count);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < members->count; i++)
        out_level->members[out_level->n_members++] = CALL_BYTES(members->at[i]);
    return ERR_OK;
}

/* A level without a need is none; one after it would be lost. */
static err_t levels_make(struct call *call, const struct process_body *body, Keys__Process *out_process)
{
    const int64_t needs[] = {body->first_need, body->second_need, body->third_need};
    const idents_t *const members[] = {&body->first_members, &body->second_members, &body->third_members};
    Keys__Level *levels = arena_array(call->desk.arena, Keys__Level, LEVELS);
    out_process->levels = arena_array(call->desk.arena, Keys__Level *, LEVELS);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < LEVELS; i++) {
        if (!needs[i] && members[i]->count)
            return fail(ERR_INVALID, "level %zu names members, and needs none of them", i + 1);
        if (needs[i] && out_process->n_levels < i)
            return fail(ERR_INVALID, "level %zu comes after one that is not there", i + 1);
        if (!needs[i])
            continue;
        TRY(level_make(call, needs[i], members[i], &levels[i]));
        out_process->levels[out_process->n_levels++] = &levels[i];
    }
    return ERR_OK;
}

err_t api_process_change(struct call *call)
{
    const struct process_body *body = call->body;
    Keys__ProcessSet in = KEYS__PROCESS_SET__INIT;
    Keys__Process wanted = KEYS__PROCESS__INIT, *process = NULL;
    wanted.longest = body->longest_minutes;
    TRY(levels_make(call, body, &wanted));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.process = &wanted;
    TRY(call_keys(call, &(struct question){ASK_process_set, &in}, &process));
    put_process(process, &call->reply->body);
    return ERR_OK;
}
