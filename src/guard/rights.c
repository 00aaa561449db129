/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/rights.h"

#include "guard/heard.h"
#include "guard/process.h"
#include "guard/record.h"

#include <fcntl.h>

struct rights {
    struct rights_ask ask;
    struct elevate_host host;
    struct elevate_door *door;
    struct order *held; /* while one question is answered */
    struct file file;
    char parent[FILE_PATH];
    str_t ancestor;
};

static void law(void *with, struct elevate_law *out_law)
{
    struct rights *rights = with;
    rights->held = order_take(rights->ask.orders);
    bool none = !rights->held->number;
    *out_law =
        (struct elevate_law){none ? NULL : rights->held->rules, rights->held->number, rights->held->until};
}

static void law_end(void *with)
{
    struct rights *rights = with;
    order_leave(rights->held);
    rights->held = NULL;
}

static err_t account(void *with, uid_t uid, ident_t *out_account)
{
    struct rights *rights = with;
    struct order *order = order_take(rights->ask.orders);
    bool known = names_account(order->names, uid, out_account);
    order_leave(order);
    return known ? ERR_OK : fail(ERR_MISSING, "an account without an id");
}

static void package_learn(struct rights *rights, struct attempt *attempt)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%.*s", STR_ARG(attempt->path));
    struct seen seen;
    OWN(fd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd <= 0 || !facts_see(fd, &seen) ||
        facts_find(rights->ask.facts, &seen, gettid(), &rights->file) != ERR_OK)
        return;
    facts_learn(rights->ask.facts, fd, FACT_PACKAGE, &rights->file);
    facts_learn(rights->ask.facts, fd, FACT_STATE, &rights->file);
    attempt->package = str(rights->file.package);
    attempt->state = rights->file.state;
    attempt->known |= FACT_PACKAGE;
}

static void home_learn(const struct rights *rights, struct attempt *attempt)
{
    attempt->home = names_home(rights->held->names, attempt->uid);
    attempt->known |= attempt->home.len ? FACT_HOME : 0;
}

static void learn(void *with, pid_t sudo, struct attempt *attempt, enum fact fact)
{
    struct rights *rights = with;
    struct process process;
    if (fact == FACT_PACKAGE)
        package_learn(rights, attempt);
    if (fact == FACT_HOME)
        home_learn(rights, attempt);
    if (fact != FACT_PARENT || process_read(sudo, &process) != ERR_OK)
        return;
    if (!facts_program(rights->ask.facts, process.parent, rights->parent))
        rights->parent[0] = '\0';
    rights->ancestor = str(rights->parent);
    attempt->ancestors = &rights->ancestor;
    attempt->ancestor_count = rights->ancestor.len ? 1 : 0;
    attempt->known |= rights->ancestor.len ? FACT_PARENT : 0;
}

static void record(void *with, const struct elevate_event *event)
{
    struct rights *rights = with;
    OWN(buf) reason = BUF(FILE_PATH);
    struct order *order = order_take(rights->ask.orders);
    const struct recorder recorder = {rights->ask.env, rights->ask.journal, order,
                                      atomic_load(rights->ask.off)};
    rights->file = (struct file){0};
    snprintf(rights->file.path, FILE_PATH, "%.*s", STR_ARG(event->path));
    buf_put(&reason, event->reason);
    record_launch(&recorder, &(struct told){.at = heard_now(),
                                            .uid = event->uid,
                                            .login = (uid_t)-1,
                                            .decision = event->elevated ? DECISION_ELEVATE : DECISION_DENY,
                                            .elevation = true,
                                            .emergency = event->emergency,
                                            .rule = event->rule,
                                            .record = event->record,
                                            .file = &rights->file,
                                            .reason = reason.at,
                                            .args = event->args});
    order_leave(order);
}

static void open_door(struct rights **rights, const struct rights_ask *ask, const struct note_key *key)
{
    struct rights *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return;
    fresh->ask = *ask;
    fresh->host = (struct elevate_host){.with = fresh,
                                        .env = ask->env,
                                        .folder = ask->law->own->agent,
                                        .own = ask->law->own->folder,
                                        .tenant = ask->law->own->tenant,
                                        .device = ask->law->own->device,
                                        .signer = *key,
                                        .law = law,
                                        .law_end = law_end,
                                        .account = account,
                                        .learn = learn,
                                        .record = record};
    if (elevate_door_open(&fresh->host, &fresh->door) == ERR_OK)
        *rights = fresh;
    else
        free(fresh);
}

void rights_look(struct rights **rights, const struct rights_ask *ask)
{
    struct note_key key;
    if (!*rights && law_key(ask->law, &key) == ERR_OK)
        open_door(rights, ask, &key);
}
