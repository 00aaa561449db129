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

static err_t ids_put(struct call *call, const idents_t *ids, ProtobufCBinaryData **out_ids, size_t *out_count)
{
    *out_ids = arena_array(call->desk.arena, ProtobufCBinaryData, ids->count);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < ids->count; i++)
        (*out_ids)[(*out_count)++] = CALL_BYTES(ids->at[i]);
    return ERR_OK;
}

/* One level as the body says it, in fields of its own. */
struct said {
    int64_t need;
    const idents_t *members, *groups;
};

static err_t level_make(struct call *call, const struct said *said, Keys__Level *out_level)
{
    keys__level__init(out_level);
    out_level->need = said->need;
    out_level->named = said->members->count || said->groups->count;
    TRY(ids_put(call, said->members, &out_level->members, &out_level->n_members));
    return ids_put(call, said->groups, &out_level->groups, &out_level->n_groups);
}

/* A level without a need is none; one after it would be lost. */
static err_t levels_make(struct call *call, const struct process_body *body, Keys__Process *out_process)
{
    const struct said levels[LEVELS] = {{body->first_need, &body->first_members, &body->first_groups},
                                        {body->second_need, &body->second_members, &body->second_groups},
                                        {body->third_need, &body->third_members, &body->third_groups}};
    Keys__Level *made = arena_array(call->desk.arena, Keys__Level, LEVELS);
    out_process->levels = arena_array(call->desk.arena, Keys__Level *, LEVELS);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < LEVELS; i++) {
        const struct said *said = &levels[i];
        if (!said->need && (said->members->count || said->groups->count))
            return fail(ERR_INVALID, "level %zu says of whom, and needs none of them", i + 1);
        if (said->need && out_process->n_levels < i)
            return fail(ERR_INVALID, "level %zu comes after one that is not there", i + 1);
        if (!said->need)
            continue;
        TRY(level_make(call, said, &made[i]));
        out_process->levels[out_process->n_levels++] = &made[i];
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
