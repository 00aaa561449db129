/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/report.h"

#include "agent/collect.h"
#include "agent/draft.h"
#include "agent/policy.h"
#include "agent/subjects.h"
#include "agent/withhold.h"
#include "base/limits.h"
#include "concept/custody.pb-c.h"

typedef Custody__Report *message_own;
static void message_drop(Custody__Report **message)
{
    if (*message)
        custody__report__free_unpacked(*message, NULL);
}

/* What the parts of one cycle share. */
struct cycle {
    const struct reporter *by;
    struct state state;
    struct spool spool;
    size_t sent;
    err_t policy; /* what came of asking for it */
    char policy_note[256];
    bool withholds; /* something else than before */
};
typedef struct cycle cycle_own;

static void cycle_drop(struct cycle *cycle)
{
    state_drop(&cycle->state);
    spool_drop(&cycle->spool);
}

static err_t cycle_save(struct cycle *cycle)
{
    return state_save(cycle->by->env, cycle->by->folder, &cycle->state);
}

static err_t cycle_post(const struct cycle *cycle, const char *path, str_t body)
{
    OWN(buf) answer = BUF(MAX_BODY);
    struct service_request request = {path, "application/x-protobuf", body};
    return cycle->by->send(cycle->by->context, &request, &answer);
}

static err_t cycle_begin(struct cycle *cycle)
{
    const struct reporter *by = cycle->by;
    TRY(state_load(by->env, by->folder, &cycle->state));
    TRY(spool_open(by->env, by->folder, &cycle->state, &cycle->spool));
    if (by->spool_limit)
        cycle->spool.limit = by->spool_limit;
    return spool_clean(&cycle->spool, &cycle->state);
}

/* The state first: files that it knows as ended are removed by the next cycle. */
static err_t start_over(struct cycle *cycle)
{
    uint64_t first = cycle->state.answered + 1;
    state_start_over(&cycle->state);
    TRY(cycle_save(cycle));
    for (uint64_t number = first; number <= cycle->state.sequence; number++)
        TRY(spool_remove(&cycle->spool, number));
    return ERR_OK;
}

/* The files first: they are named by numbers of the epoch that ends, and missing ones are a reason to start over. */
static err_t start_epoch(struct cycle *cycle)
{
    for (uint64_t number = cycle->state.answered + 1; number <= cycle->state.sequence; number++)
        TRY(spool_remove(&cycle->spool, number));
    state_start_over(&cycle->state);
    cycle->state.epoch = ident_new(cycle->by->env);
    cycle->state.sequence = cycle->state.answered = 0;
    return cycle_save(cycle);
}

/* What the client lets be collected */

static void policy_ask(struct cycle *cycle, str_t settings)
{
    cycle->policy = policy_follow(cycle->by, cycle->state.tenant, settings);
    if (cycle->policy != ERR_OK)
        snprintf(cycle->policy_note, sizeof cycle->policy_note, "%s", err_note());
}

static err_t settings_get(struct cycle *cycle, buf_t *out_answer)
{
    OWN(buf) path = BUF(512);
    TRY(policy_settings_path(cycle->by, &path));
    TRY(withhold_path(&cycle->state, &path));
    struct service_request request = {.path = path.at};
    return cycle->by->send(cycle->by->context, &request, out_answer);
}

/* What is in the way of it is told as what is in the policy's is: the rest goes on, and it is asked for again. */
static void withhold_ask(struct cycle *cycle, str_t settings)
{
    const struct withhold_ask ask = {cycle->by, &cycle->state};
    err_t followed = withhold_follow(&ask, settings, &cycle->withholds);
    if (followed != ERR_OK && cycle->policy == ERR_OK) {
        cycle->policy = followed;
        snprintf(cycle->policy_note, sizeof cycle->policy_note, "%s", err_note());
    }
}

/* A service that has no settings (MISSING) switches nothing off. */
static err_t switches_ask(struct cycle *cycle, struct switches *out_switches)
{
    OWN(buf) answer = BUF(MAX_BODY);
    err_t asked = settings_get(cycle, &answer);
    if (asked == ERR_MISSING) {
        *out_switches = cycle->state.switches;
        return ERR_OK;
    }
    TRY(asked);
    TRY(switches_read(buf_str(&answer), out_switches));
    policy_ask(cycle, buf_str(&answer));
    withhold_ask(cycle, buf_str(&answer));
    return ERR_OK;
}

static err_t switches_take(struct cycle *cycle, const struct switches *switches)
{
    if (switches_same(switches, &cycle->state.switches) && !cycle->withholds)
        return ERR_OK;
    cycle->state.switches = *switches;
    return start_over(cycle);
}

/* The service learns at once that it is obeyed: a word that is lost is said again with the next settings. */
static void withholds_tell(struct cycle *cycle)
{
    OWN(buf) answer = BUF(MAX_BODY);
    if (cycle->withholds)
        (void)!settings_get(cycle, &answer);
}

/* The first thing is that the ids are kept here: the service is told of none that this machine could forget. */
static err_t subjects_learn(struct cycle *cycle)
{
    TRY(cycle_save(cycle));
    return subjects_ask(&(struct subjects_ask){cycle->by, &cycle->state});
}

/* Sending what is in the spool */

/* LOCKED where it is not the report that was put there. */
static err_t report_get(const struct cycle *cycle, uint64_t number, buf_t *out_bytes,
                        Custody__Report **out_message)
{
    TRY(spool_get(&cycle->spool, number, out_bytes));
    *out_message = custody__report__unpack(NULL, out_bytes->len, (const uint8_t *)out_bytes->at);
    return *out_message ? ERR_OK : fail(ERR_LOCKED, "report %llu is none", (unsigned long long)number);
}

/* A person's account that the service knows as gone leaves this machine's memory too. */
static err_t report_acknowledged(struct cycle *cycle, const Custody__Report *message)
{
    struct state *state = &cycle->state;
    for (size_t i = 0; i < message->n_items; i++) {
        const Custody__Item *item = message->items[i];
        ident_t id;
        TRY(ident_from(str_bytes(item->id.data, item->id.len), &id));
        if (item->list.len || item->sealed.len || !state_has_account(state, id))
            continue;
        state_forget_item(state, id);
        state_forget_account(state, id);
    }
    state->answered++;
    state->changed = true;
    return cycle_save(cycle);
}

static err_t report_refused(struct cycle *cycle, err_t code)
{
    char note[256];
    snprintf(note, sizeof note, "%s", err_note());
    if (code == ERR_INVALID || code == ERR_TOO_LARGE)
        TRY(start_over(cycle));
    if (code == ERR_CONFLICT)
        TRY(start_epoch(cycle));
    return fail(code, "%s", note);
}

static err_t report_send(struct cycle *cycle, const Custody__Report *message, str_t bytes)
{
    err_t posted = cycle_post(cycle, "/agent/v1/report", bytes);
    if (posted != ERR_OK)
        return report_refused(cycle, posted);
    TRY(report_acknowledged(cycle, message));
    cycle->sent += message->n_items;
    return spool_remove(&cycle->spool, message->sequence);
}

static err_t spool_send(struct cycle *cycle)
{
    const struct state *state = &cycle->state;
    while (state->answered < state->sequence) {
        OWN(buf) bytes = BUF(MAX_REPORT);
        OWN(message) message = NULL;
        err_t got = report_get(cycle, state->answered + 1, &bytes, &message);
        if (got == ERR_LOCKED)
            return start_over(cycle);
        TRY(got);
        TRY(report_send(cycle, message, buf_str(&bytes)));
    }
    return ERR_OK;
}

/* The cycle */

/* While the service is away, what is about somebody new waits until it has given a key. */
static err_t spool_fill(struct cycle *cycle, struct draft *draft, bool is_there)
{
    OWN(arena) arena = ARENA(COLLECT_MAX);
    struct list items;
    const struct reporter *by = cycle->by;
    TRY(collect(&(struct collect_ask){by->env, by->root, &cycle->state}, &arena, &items));
    if (is_there)
        TRY(subjects_learn(cycle));
    TRY(draft_items(draft, &items));
    return cycle_save(cycle);
}

err_t report_cycle(const struct reporter *reporter, size_t *out_items)
{
    OWN(cycle) cycle = {.by = reporter};
    struct draft draft = {.spool = &cycle.spool, .state = &cycle.state};
    struct switches switches;
    char why[256];
    TRY(cycle_begin(&cycle));
    err_t asked = switches_ask(&cycle, &switches);
    if (asked != ERR_OK && !cycle.state.switches.known)
        return asked;
    snprintf(why, sizeof why, "%s", err_note());
    if (asked == ERR_OK) {
        TRY(switches_take(&cycle, &switches));
        withholds_tell(&cycle);
        TRY(spool_send(&cycle));
    }
    if (cycle.state.answered == cycle.state.sequence)
        TRY(spool_fill(&cycle, &draft, asked == ERR_OK));
    if (asked != ERR_OK)
        return fail(asked, "%s", why);
    TRY(spool_send(&cycle));
    *out_items = cycle.sent;
    if (draft.trouble != ERR_OK)
        return fail(draft.trouble, "%s", draft.note);
    return cycle.policy == ERR_OK ? ERR_OK : fail(cycle.policy, "%s", cycle.policy_note);
}
