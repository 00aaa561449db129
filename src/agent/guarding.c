/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/guarding.h"

#include "agent/launches.h"
#include "agent/place.h"
#include "guard/guard.h"

enum { ONLY_MOST = 16, ONLY_TEXT = 4096, DEFS_MAX = 256 * 1024 };

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
    TRY(state_load(ask->env, ask->folder, &state));
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

err_t guarding(const struct guarding_ask *ask)
{
    OWN(state) state = {0};
    OWN(launches) launches = {0};
    char journal[96], text[ONLY_TEXT];
    const char *only[ONLY_MOST + 1];
    TRY(state_load(ask->env, ask->folder, &state));
    TRY(launches_open(ask->env, ask->folder, &launches));
    snprintf(journal, sizeof journal, "/run/custody-%s.journal", ident_text("dev", state.device).text);
    only_split(ask->only, text, only);
    return guard_run(&(struct guard_ask){.env = ask->env,
                                         .folder = ask->folder,
                                         .journal = ask->journal ? ask->journal : journal,
                                         .key = &launches.key,
                                         .first = launches_next(&launches),
                                         .tenant = state.tenant,
                                         .device = state.device,
                                         .only = *only ? only : NULL,
                                         .known = known,
                                         .out = {launches_put, &launches},
                                         .with = (void *)(uintptr_t)ask,
                                         .say = say});
}
