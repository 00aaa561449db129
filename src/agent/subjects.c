/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/subjects.h"

#include "agent/place.h"
#include "base/limits.h"
#include "seal/vouch.h"

enum { ASK_MOST = 1024, PEM_MAX = 64 * 1024, NOTE_MAX = 128 * 1024, VOUCHED_MAX = 1024 * 1024 };

static bool is_wanted(const struct state_account *one)
{
    return one->person && !one->withheld && !one->sealable && (one->present || !one->announced);
}

/* From `*io_next` on, which is the one to go on with; so that what the service knows no key of is asked for once. */
static err_t ids_gather(const struct state *state, struct state_account **io_next, buf_t *out_ids)
{
    size_t count = 0;
    if (*io_next == state->accounts && !state->sealable) {
        buf_put(out_ids, ident_bytes(&state->device));
        count++;
    }
    for (; *io_next && count < ASK_MOST; *io_next = (*io_next)->next)
        if (is_wanted(*io_next)) {
            buf_put(out_ids, ident_bytes(&(*io_next)->id));
            count++;
        }
    return buf_end(out_ids);
}

static err_t vouched_get(const struct subjects_ask *ask, str_t ids, arena_t *arena, struct vouched *out)
{
    OWN(buf) note = BUF(NOTE_MAX);
    OWN(buf) authority = BUF(PEM_MAX);
    struct env *env = ask->by->env;
    struct service_request request = {"/agent/v1/subjects", "application/x-protobuf", ids};
    err_t asked = ask->by->send(ask->by->context, &request, &note);
    if (asked == ERR_MISSING)
        return fail(ERR_MISSING, "the service gives no keys to seal to: it is older than this agent");
    TRY(asked);
    TRY(env->read_file(env, place(ask->by->folder, "authority.pem").text, &authority));
    TRY(vouch_get(buf_str(&authority), buf_str(&note), arena, out));
    return ident_eq(out->tenant, ask->state->tenant) && ident_eq(out->device, ask->state->device)
               ? ERR_OK
               : fail(ERR_DENIED, "keys to seal to came for another machine");
}

static void vouched_take(struct state *state, const struct vouched *vouched, str_t ids)
{
    for (size_t at = 0; at < ids.len; at += sizeof(ident_t)) {
        ident_t id;
        memcpy(id.bytes, ids.at + at, sizeof id.bytes);
        state_announced(state, id);
    }
    state->realm = vouched->realm;
    for (size_t i = 0; i < vouched->count; i++)
        state_set_public(state, vouched->keys[i].subject, &vouched->keys[i].public);
}

err_t subjects_ask(const struct subjects_ask *ask)
{
    struct state_account *next = ask->state->accounts;
    do {
        OWN(arena) arena = ARENA(VOUCHED_MAX);
        OWN(buf) ids = BUF((ASK_MOST + 1) * sizeof(ident_t));
        struct vouched vouched = {.count = 0};
        TRY(ids_gather(ask->state, &next, &ids));
        if (!ids.len)
            return ERR_OK;
        TRY(vouched_get(ask, buf_str(&ids), &arena, &vouched));
        vouched_take(ask->state, &vouched, buf_str(&ids));
        TRY(state_save(ask->by->env, ask->by->folder, ask->state));
    } while (next);
    return ERR_OK;
}
