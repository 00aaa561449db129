/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/withhold.h"

#include "agent/object.h"
#include "agent/place.h"
#include "tlog/withhold.h"

enum { KEY_MAX = 1024 };

err_t withhold_path(const struct state *state, buf_t *out_path)
{
    bool more = memchr(out_path->at, '?', out_path->len) != NULL;
    if (state->withheld)
        buf_putf(out_path, "%cwithheld=%llu", more ? '&' : '?', (unsigned long long)state->withheld);
    return buf_end(out_path);
}

/* The pin */

static err_t get(const struct reporter *by, const char *path, buf_t *out_answer)
{
    struct service_request request = {.path = path};
    return by->send(by->context, &request, out_answer);
}

static err_t pin_read(const struct withhold_ask *ask, struct note_key *out_key)
{
    OWN(buf) text = BUF(KEY_MAX);
    struct env *env = ask->by->env;
    TRY(env->read_file(env, place(ask->by->folder, "withholder").text, &text));
    return withhold_key_read(str_trim(buf_str(&text)), ask->state->tenant, out_key);
}

static err_t pin_take(const struct withhold_ask *ask)
{
    OWN(buf) text = BUF(KEY_MAX);
    struct env *env = ask->by->env;
    struct note_key key;
    err_t asked = get(ask->by, "/agent/v1/withholder", &text);
    if (asked == ERR_MISSING) /* none was made yet, or an older service */
        return ERR_OK;
    TRY(asked);
    TRY(withhold_key_read(str_trim(buf_str(&text)), ask->state->tenant, &key));
    buf_put_byte(&text, '\n');
    return env->write_file(env, place(ask->by->folder, "withholder").text, buf_str(&text), 0600);
}

/* The note */

/* A new item of what is withheld: the service is told nothing of it, not even that it is gone. */
static void account_turn(struct state *state, struct state_account *account, bool withheld)
{
    state_forget_item(state, account->id);
    if (withheld)
        account->withheld = true;
    else
        state_forget_account(state, account->id);
    state->changed = true;
}

static void note_obey(struct state *state, const struct withhold *note)
{
    for (struct state_account *one = state->accounts, *next; one; one = next) {
        bool withheld = one->person && withhold_names(note, one->id);
        next = one->next;
        if (withheld != one->withheld)
            account_turn(state, one, withheld);
    }
    state->withheld = note->number;
    state->changed = true;
}

static err_t note_take(const struct withhold_ask *ask, const struct note_key *key, bool *out_changed)
{
    OWN(buf) text = BUF(2 * WITHHOLD_MAX);
    struct withhold note;
    TRY(get(ask->by, "/agent/v1/withheld", &text));
    TRY(withhold_open(buf_str(&text), key, &note));
    if (!ident_eq(note.tenant, ask->state->tenant) || !ident_eq(note.device, ask->state->device))
        return fail(ERR_DENIED, "what came to be withheld is for another machine");
    *out_changed = note.number > ask->state->withheld;
    if (*out_changed)
        note_obey(ask->state, &note);
    return ERR_OK;
}

err_t withhold_follow(const struct withhold_ask *ask, str_t settings, bool *out_changed)
{
    OWN(json) object = NULL;
    struct note_key key;
    uint64_t newest = 0;
    TRY(object_read(settings, &object));
    if (json_object_get(object, "withheld"))
        TRY(object_number(object, "withheld", &newest));
    err_t pinned = pin_read(ask, &key);
    if (pinned == ERR_MISSING && (newest || !ask->state->answered)) {
        TRY(pin_take(ask));
        pinned = pin_read(ask, &key);
    }
    if (newest <= ask->state->withheld)
        return ERR_OK;
    TRY(pinned);
    return note_take(ask, &key, out_changed);
}

err_t withhold_forget(struct env *env, const char *folder)
{
    return env->remove_file(env, place(folder, "withholder").text);
}

err_t withhold_says(struct env *env, const char *folder, ident_t account, bool *out_so)
{
    OWN(state) state = {0};
    err_t loaded = state_load(env, folder, &state);
    *out_so = loaded == ERR_OK && state_withholds(&state, account);
    return loaded == ERR_MISSING ? ERR_OK : loaded;
}
