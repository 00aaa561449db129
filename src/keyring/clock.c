/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/clock.h"

#include "keyring/journal.h"

/* What is believed: the wall clock at a moment of the boot clock; and both, as they were seen last. */
struct belief {
    bool any;
    moment_t wall, boot, seen, seen_boot;
    struct clock_state state;
};

static err_t belief_read(struct ask *ask, struct belief *out)
{
    OWN(rows) rows = {0};
    *out = (struct belief){0};
    TRY(db_read(ask->db, &rows,
                "select wall, boot, seen, seen_boot, held, since, expect from confirmed_clock"));
    if (row_next(&rows))
        *out = (struct belief){true,
                               row_number(&rows, 0),
                               row_number(&rows, 1),
                               row_number(&rows, 2),
                               row_number(&rows, 3),
                               .state = {row_ident(&rows, 4), row_number(&rows, 5), row_number(&rows, 6)}};
    return rows_end(&rows);
}

/* The last checkpoint of any log speaks too, where the keyring is older than it. */
static err_t last_seen(struct ask *ask, const struct belief *belief, moment_t *out_seen)
{
    TRY(db_number(ask->db, out_seen, "select coalesce(max(signed), 0) from logs"));
    *out_seen = belief->seen > *out_seen ? belief->seen : *out_seen;
    return ERR_OK;
}

static bool is_near(moment_t one, moment_t other) { return llabs(one - other) <= CLOCK_JUMP_MS; }

/* What the clock should show now. A boot clock that is behind is that of a later start of the machine. */
static err_t expected(struct ask *ask, const struct belief *belief, moment_t *out_expected)
{
    moment_t boot = ask->env->boot(ask->env);
    if (belief->any && boot >= belief->seen_boot) {
        *out_expected = belief->wall + (boot - belief->boot);
        return ERR_OK;
    }
    return last_seen(ask, belief, out_expected);
}

err_t clock_state(struct ask *ask, struct clock_state *out_state)
{
    struct belief belief;
    TRY(belief_read(ask, &belief));
    *out_state = belief.state;
    return ERR_OK;
}

err_t clock_confirmed(struct ask *ask)
{
    struct belief belief;
    moment_t expect = 0, now = ask->env->now(ask->env);
    TRY(belief_read(ask, &belief));
    TRY(expected(ask, &belief, &expect));
    bool jumped = expect && !is_near(now, expect);
    return ident_is_zero(belief.state.held) && !jumped
               ? ERR_OK
               : fail(ERR_DENIED,
                      "the clock jumped by more than an hour: nothing that cannot be undone is done before "
                      "two of staff have confirmed it");
}

err_t clock_is_held(struct ask *ask, bool *out_held)
{
    err_t confirmed = clock_confirmed(ask);
    *out_held = confirmed == ERR_DENIED;
    return *out_held ? ERR_OK : confirmed;
}

static err_t belief_put(struct ask *ask, const struct belief *belief)
{
    return db_do(ask->db,
                 "insert into confirmed_clock (one, wall, boot, seen, seen_boot, held, since, expect)"
                 " values (1, $1, $2, $3, $4, $5, $6, $7) on conflict (one) do update set"
                 " wall = $1, boot = $2, seen = $3, seen_boot = $4, held = $5, since = $6, expect = $7",
                 N(belief->wall), N(belief->boot), N(belief->seen), N(belief->seen_boot),
                 ID(belief->state.held), N(belief->state.since), N(belief->state.expect));
}

static err_t clock_hold(struct ask *ask, struct belief *belief, moment_t expect)
{
    static const ident_t service;
    belief->state = (struct clock_state){ident_new(ask->env), ask->env->now(ask->env), expect};
    const struct mention on = {"clk", belief->state.held};
    TRY(belief_put(ask, belief));
    fprintf(stderr, "keys: the clock jumped from %s to %s: what cannot be undone is held\n",
            moment_text(expect).text, moment_text(belief->state.since).text);
    return journal(ask, service, &(struct entry){ACT_CLOCK_HELD, .on = &on, .on_count = 1});
}

/* Within one start of the machine the first moment that was believed stays the one that is counted from, so that many small
 * steps do not go further than one. */
err_t clock_watch(struct ask *ask)
{
    struct belief belief;
    moment_t expect = 0, now = ask->env->now(ask->env), boot = ask->env->boot(ask->env);
    TRY(belief_read(ask, &belief));
    TRY(expected(ask, &belief, &expect));
    if (!ident_is_zero(belief.state.held))
        return ERR_OK;
    if (expect && !is_near(now, expect))
        return clock_hold(ask, &belief, expect);
    if (!belief.any || boot < belief.seen_boot)
        belief = (struct belief){.wall = now, .boot = boot};
    belief.seen = now;
    belief.seen_boot = boot;
    return belief_put(ask, &belief);
}

err_t clock_accept(struct ask *ask)
{
    moment_t now = ask->env->now(ask->env), boot = ask->env->boot(ask->env);
    return belief_put(ask, &(struct belief){.wall = now, .boot = boot, .seen = now, .seen_boot = boot});
}
