/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/authenticator.h"

#include "admit/again.h"
#include "keyring/journal.h"

struct state {
    int64_t step, wrong;
    moment_t since, pending, on; /* 0: not */
};

static err_t state_read(struct ask *ask, ident_t member, struct state *out_state)
{
    OWN(rows) rows = {0};
    *out_state = (struct state){0};
    TRY(db_read(ask->db, &rows,
                "select step, wrong, since, pending, confirmed from authenticators where member = $1",
                ID(member)));
    if (row_next(&rows))
        *out_state = (struct state){row_number(&rows, 0), row_number(&rows, 1), row_number(&rows, 2),
                                    row_number(&rows, 3), row_number(&rows, 4)};
    return rows_end(&rows);
}

static err_t state_put(struct ask *ask, ident_t member, const struct state *state)
{
    return db_do(ask->db,
                 "insert into authenticators (member, step, wrong, since, pending, confirmed)"
                 " values ($1, $2, $3, $4, $5, $6) on conflict (member) do update set step = excluded.step,"
                 " wrong = excluded.wrong, since = excluded.since, pending = excluded.pending,"
                 " confirmed = excluded.confirmed",
                 ID(member), N(state->step), N(state->wrong), N(state->since), N(state->pending),
                 N(state->on));
}

err_t authenticator_forget(struct ask *ask, ident_t member)
{
    TRY(cell_destroy(ask->keyring, member, CELL_CODES));
    TRY(cell_destroy(ask->keyring, member, CELL_CODES_NEW));
    return db_do(ask->db, "delete from authenticators where member = $1", ID(member));
}

/* Not a time that is still to come: the clock was put right meanwhile, and nobody is kept out until then. */
static bool is_within(moment_t since, moment_t now, moment_t most)
{
    return since <= now && now - since < most;
}

static err_t too_many(struct ask *ask, const struct state *state)
{
    return state->wrong >= MOST_WRONG && is_within(state->since, ask->env->now(ask->env), WRONG_MS)
               ? fail(ERR_BUSY, "%d codes were wrong: none is taken for a quarter of an hour", MOST_WRONG)
               : ERR_OK;
}

err_t authenticator_wrong(struct ask *ask, ident_t member)
{
    struct state state;
    moment_t now = ask->env->now(ask->env);
    TRY(state_read(ask, member, &state));
    state.wrong = is_within(state.since, now, WRONG_MS) ? state.wrong + 1 : 1;
    state.since = state.wrong == 1 ? now : state.since;
    return state_put(ask, member, &state);
}

static err_t code_taken(struct ask *ask, ident_t member, const struct totp_secret *secret, const char *code)
{
    struct state state;
    TRY(state_read(ask, member, &state));
    TRY(too_many(ask, &state));
    TRY(totp_check(secret, str(code), ask->env->now(ask->env), &state.step));
    state.wrong = 0;
    return state_put(ask, member, &state);
}

err_t authenticator_check(struct ask *ask, ident_t member, const struct key pair[2], struct way_in *way)
{
    OWN(buf) sealed = BUF(TOTP_SECRET + BOX_EXTRA);
    OWN(buf) plain = BUF(TOTP_SECRET);
    OWN(totp_secret) secret;
    err_t there = cell_get(ask->keyring, member, CELL_CODES, &sealed);
    if (there == ERR_MISSING)
        return ERR_OK;
    TRY(there);
    if (!way->code || !*way->code)
        return fail(ERR_LOCKED, "a code of your authenticator is needed beside the password");
    TRY(box_open(&pair[0], &pair[1], buf_str(&sealed), &plain));
    memcpy(secret.bytes, plain.at, TOTP_SECRET);
    err_t taken = code_taken(ask, member, &secret, way->code);
    way->by_code = taken == ERR_OK;
    way->wrong_code = taken == ERR_DENIED;
    return way->wrong_code
               ? fail(ERR_SIGNED_OUT,
                      "the code of the authenticator is wrong, or was used: wait for the next one")
               : taken;
}

/* What a member does with it */

static err_t codes_tell(struct ask *ask, const struct who *who)
{
    Keys__Codes *out = ask->out;
    struct state state;
    TRY(state_read(ask, who->member, &state));
    out->on = state.on;
    return ERR_OK;
}

err_t answer_codes_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    return codes_tell(ask, &who);
}

/* Until it is confirmed the secret stands in a cell of the keyring: nothing is signed in with it yet. */
static err_t begin_act(struct again *again)
{
    struct ask *ask = again->ask;
    Keys__Codes *out = ask->out;
    OWN(totp_secret) secret;
    OWN(buf) text = BUF(64);
    struct state state;
    const ident_t member = again->who.member;
    TRY(state_read(ask, member, &state));
    if (state.on)
        return fail(ERR_CONFLICT, "you have an authenticator: remove it before you add another");
    ask->env->random(ask->env, secret.bytes, sizeof secret.bytes);
    state = (struct state){.pending = ask->env->now(ask->env)};
    TRY(cell_destroy(ask->keyring, member, CELL_CODES_NEW));
    TRY(cell_put(ask->keyring, again->who.tenant, member, CELL_CODES_NEW,
                 str_bytes(secret.bytes, sizeof secret.bytes)));
    TRY(state_put(ask, member, &state));
    totp_put(&secret, &text);
    out->secret = ask_text(ask, buf_str(&text));
    return arena_end(ask->arena);
}

err_t answer_codes_begin(struct ask *ask)
{
    return again_run(ask, &(struct again_what){"authenticator.add", begin_act});
}

static err_t secret_keep(struct ask *ask, const struct who *who, const struct totp_secret *secret)
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(TOTP_SECRET + BOX_EXTRA);
    struct key public;
    TRY(db_read(ask->db, &rows, "select public from members where id = $1", ID(who->member)));
    TRY(row_one(&rows));
    TRY(key_from(row_text(&rows, 0), &public));
    box_seal(&public, str_bytes(secret->bytes, TOTP_SECRET), &sealed);
    TRY(buf_end(&sealed));
    TRY(cell_destroy(ask->keyring, who->member, CELL_CODES_NEW));
    return cell_put(ask->keyring, who->tenant, who->member, CELL_CODES, buf_str(&sealed));
}

static err_t pending_read(struct ask *ask, ident_t member, struct state *out_state,
                          struct totp_secret *out_secret)
{
    OWN(buf) plain = BUF(TOTP_SECRET);
    TRY(state_read(ask, member, out_state));
    if (!out_state->pending || ask->env->now(ask->env) - out_state->pending > PENDING_MS)
        return fail(ERR_MISSING, "no authenticator is being added: begin again");
    TRY(cell_get(ask->keyring, member, CELL_CODES_NEW, &plain));
    memcpy(out_secret->bytes, plain.at, TOTP_SECRET);
    return ERR_OK;
}

err_t answer_codes_confirm(struct ask *ask)
{
    const Keys__CodesConfirm *in = ask->in;
    OWN(who) who = {0};
    OWN(totp_secret) secret;
    struct state state;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(pending_read(ask, who.member, &state, &secret));
    TRY(totp_check(&secret, str(in->code), ask->env->now(ask->env), &state.step));
    TRY(secret_keep(ask, &who, &secret));
    state.pending = 0;
    state.on = ask->env->now(ask->env);
    TRY(state_put(ask, who.member, &state));
    TRY(codes_tell(ask, &who));
    return journal_one(ask, &who, ACT_AUTHENTICATOR_ADDED, (struct mention){0});
}

static err_t end_act(struct again *again)
{
    TRY(authenticator_forget(again->ask, again->who.member));
    return journal_one(again->ask, &again->who, ACT_AUTHENTICATOR_REMOVED, (struct mention){0});
}

err_t answer_codes_end(struct ask *ask)
{
    return again_run(ask, &(struct again_what){"authenticator.remove", end_act});
}
