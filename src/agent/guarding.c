/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/guarding.h"

#include "agent/launches.h"
#include "agent/place.h"
#include "guard/folder.h"
#include "guard/guard.h"

enum { ONLY_MOST = 16, ONLY_TEXT = 4096, DEFS_MAX = 256 * 1024, STATE_MAX = 32 * 1024 * 1024 };

static void say(const char *line)
{
    fprintf(stderr, "custody-agent guard: %s\n", line);
    fflush(stderr);
}

static struct uid_range people_read(struct env *env)
{
    OWN(buf) text = BUF(DEFS_MAX);
    if (env->read_file(env, "/etc/login.defs", &text) != ERR_OK)
        buf_clear(&text);
    return login_defs_read(buf_str(&text));
}

/* Of another's folder: a link or a pipe is not waited for, by whom everybody waits. */
static err_t state_get(const struct guarding_ask *ask, struct state *state)
{
    OWN(buf) text = BUF(STATE_MAX);
    err_t read = folder_read(ask->env, ask->folder, "state.json", &text);
    if (read == ERR_MISSING)
        return fail(ERR_MISSING, "this machine is not enrolled: run custody-agent enrol first");
    TRY(read);
    return state_read(buf_str(&text), state);
}

static void account_copy(const struct state_account *one, arena_t *arena, struct known_account *out_account)
{
    *out_account = (struct known_account){one->id, arena_copy(arena, one->name), one->uid, one->person};
}

static err_t known(void *with, arena_t *arena, struct guard_known *out_known)
{
    const struct guarding_ask *ask = with;
    OWN(state) state = {0};
    struct uid_range people = people_read(ask->env);
    size_t count = 0;
    TRY(state_get(ask, &state));
    for (const struct state_account *one = state.accounts; one; one = one->next)
        count++;
    *out_known = (struct guard_known){.accounts = arena_array(arena, struct known_account, count + 1),
                                      .people_from = people.from,
                                      .people_to = people.to,
                                      .off = !switches_allow(&state.switches, COLLECT_LAUNCHES)};
    for (const struct state_account *one = state.accounts; one && out_known->accounts; one = one->next)
        account_copy(one, arena, &out_known->accounts[out_known->count++]);
    return arena_end(arena);
}

/* The folders of "/a:/b", NULL-ended, within `text`. */
static void only_split(const char *given, char text[ONLY_TEXT], const char *out_paths[ONLY_MOST + 1])
{
    size_t count = 0;
    snprintf(text, ONLY_TEXT, "%s", given ? given : "");
    for (char *at = text; *at && count < ONLY_MOST;) {
        out_paths[count++] = at;
        at += strcspn(at, ":");
        if (*at)
            *at++ = '\0';
    }
    out_paths[count] = NULL;
}

static place_t own_place(const struct guarding_ask *ask)
{
    place_t own;
    size_t len = strlen(ask->folder);
    while (len > 1 && ask->folder[len - 1] == '/')
        len--;
    int wanted = ask->own ? snprintf(own.text, sizeof own.text, "%s", ask->own)
                          : snprintf(own.text, sizeof own.text, "%.*s.guard", (int)len, ask->folder);
    if (wanted < 0 || (size_t)wanted >= sizeof own.text)
        own.text[0] = '\0';
    return own;
}

static void other_say(const struct own *own, const struct state *state)
{
    char line[512];
    snprintf(
        line, sizeof line,
        "the machine is enrolled as %s of %s now, and the guard goes on for %s of %s, by what it has: if that was "
        "meant to change, stop it and give it --forget",
        ident_text("dev", state->device).text, ident_text("ten", state->tenant).text,
        ident_text("dev", own->device).text, ident_text("ten", own->tenant).text);
    say(line);
}

err_t guarding(const struct guarding_ask *ask)
{
    OWN(state) state = {0};
    place_t own_at = own_place(ask);
    struct own own = {.env = ask->env, .folder = own_at.text, .agent = ask->folder};
    OWN(launches) launches = {0};
    char journal[96], text[ONLY_TEXT];
    const char *only[ONLY_MOST + 1];
    TRY(state_get(ask, &state));
    TRY(own_open(&own, state.tenant, state.device));
    if (own.other)
        other_say(&own, &state);
    TRY(launches_open(ask->env, ask->folder, &launches));
    launches.own = &own;
    snprintf(journal, sizeof journal, "/run/custody-%s.journal", ident_text("dev", state.device).text);
    only_split(ask->only, text, only);
    return guard_run(&(struct guard_ask){.env = ask->env,
                                         .journal = ask->journal ? ask->journal : journal,
                                         .own = &own,
                                         .key = &launches.key,
                                         .first = launches_next(&launches),
                                         .device = state.device,
                                         .only = *only ? only : NULL,
                                         .known = known,
                                         .out = {launches_put, &launches},
                                         .with = (void *)(uintptr_t)ask,
                                         .say = say});
}

err_t guarding_forget(const struct guarding_ask *ask) { return own_forget(ask->env, own_place(ask).text); }
