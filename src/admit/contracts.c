/* SPDX-License-Identifier: Apache-2.0
 *
 * Contracts, as the provider's people set them, and the clock, as two of them confirm it. What makes anything fall due
 * earlier, or kept shorter, takes a second person; a renewal takes one, until the keys are destroyed. Whoever sets it, no
 * contract has a client erased before it could answer: that is an order of its own, which the client can withdraw.
 */
#include "keyring/contracts.h"

#include "admit/orders.h"
#include "admit/staff.h"
#include "keyring/ask.h"
#include "keyring/clock.h"
#include "keyring/journal.h"

enum { TERMS_MAX = 4096 };

static err_t claimed(struct ask *ask, ident_t tenant)
{
    int64_t count = 0;
    TRY(db_number(ask->db, &count, "select count(*) from tenants where id = $1", ID(tenant)));
    return count ? ERR_OK : fail(ERR_MISSING, "no %s", ident_text("ten", tenant).text);
}

/* A member's own client; of one of staff the one it names. */
err_t answer_contract_get(struct ask *ask)
{
    const Keys__OfTenant *in = ask->in;
    OWN(who) who = {0};
    ident_t tenant;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    if (!who.is_staff)
        return licence_message(ask, who.tenant, ask->out);
    TRY(staff_current(ask, who.member));
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(claimed(ask, tenant));
    return licence_message(ask, tenant, ask->out);
}

static err_t contract_told(struct ask *ask, const struct who *who, ident_t tenant, enum act act)
{
    static const ident_t service;
    const struct mention on = {"ten", tenant};
    const struct entry entry = {act, .by = who_mention(who), .session = who->session, .on = &on,
                                .on_count = 1};
    TRY(journal(ask, tenant, &entry));
    return journal(ask, service, &entry);
}

/* Terms that bring the deletion forward, the first ones too, leave a grace from now: the client is told meanwhile, and what
 * was set by mistake, or by one who should not have, can be set right. */
static err_t deletion_waits(struct ask *ask, const struct licence *before, const struct licence *terms)
{
    moment_t now = ask->env->now(ask->env), least = now + DAYS(terms->contract.grace_days);
    moment_t was = life_at(&before->contract, &before->facts, now).deletion_begins;
    moment_t is = life_at(&terms->contract, &before->facts, now).deletion_begins;
    if (!is || is >= least || (was && was <= is))
        return ERR_OK;
    return fail(
        ERR_INVALID,
        "the deletion would begin %s, and a client has %d days from now: where all of it has to go at "
        "once, order its erasure",
        moment_text(is).text, terms->contract.grace_days);
}

/* The terms take effect, and stand in both logs. */
static err_t contract_apply(struct ask *ask, const struct who *who, ident_t tenant,
                            const struct licence *terms)
{
    struct standing before, after;
    struct licence licence = {0};
    TRY(licence_standing(ask, tenant, &before));
    if (!before.renewable)
        return fail(ERR_CONFLICT, "the client's keys are destroyed: there is nothing to renew");
    TRY(licence_read(ask, tenant, &licence));
    TRY(deletion_waits(ask, &licence, terms));
    TRY(licence_put(ask, tenant, terms));
    TRY(licence_standing(ask, tenant, &after));
    TRY(db_do(ask->db, "delete from contract_drafts where tenant = $1", ID(tenant)));
    TRY(orders_withdraw(ask, "contract.hasten", tenant));
    if (before.life > LIFE_ACTIVE && after.life == LIFE_ACTIVE)
        TRY(contract_told(ask, who, tenant, ACT_LICENCE_RENEWED));
    return contract_told(ask, who, tenant, ACT_CONTRACT_CHANGED);
}

struct setting {
    struct who who;
    ident_t tenant;
    struct licence before, terms;
};
typedef struct setting setting_own;
static void setting_drop(struct setting *setting) { who_drop(&setting->who); }

static err_t setting_begin(struct ask *ask, struct setting *out)
{
    const Keys__ContractSet *in = ask->in;
    TRY(staff_asks(ask, in->bearer, &out->who));
    TRY(ident_from(bin(in->tenant), &out->tenant));
    TRY(claimed(ask, out->tenant));
    TRY(contract_from(in->contract, &out->terms));
    return licence_read(ask, out->tenant, &out->before);
}

/* A first contract hastens nothing that was promised: there was none. */
static bool hastens(const struct setting *setting)
{
    return setting->before.changed && contract_hastens(&setting->before.contract, &setting->terms.contract);
}

err_t answer_contract_set(struct ask *ask)
{
    OWN(setting) setting = {0};
    TRY(setting_begin(ask, &setting));
    if (hastens(&setting))
        return fail(ERR_DENIED,
                    "something would fall due earlier, or be kept shorter: order it by the client's name, "
                    "and have somebody else confirm it");
    TRY(contract_apply(ask, &setting.who, setting.tenant, &setting.terms));
    return licence_message(ask, setting.tenant, ask->out);
}

/* contract.hasten: the terms wait beside the contract, under the one order that is open about it */

static err_t draft_put(struct ask *ask, ident_t tenant, const Keys__Contract *terms)
{
    OWN(buf) packed = BUF(TERMS_MAX);
    char *at = buf_room(&packed, protobuf_c_message_get_packed_size(&terms->base));
    TRY(buf_end(&packed));
    if (at)
        protobuf_c_message_pack(&terms->base, (uint8_t *)at);
    return db_do(
        ask->db,
        "insert into contract_drafts (tenant, terms) values ($1, $2) on conflict (tenant) do update set terms = $2",
        ID(tenant), B(buf_str(&packed)));
}

static err_t draft_read(struct ask *ask, ident_t tenant, struct licence *out_terms)
{
    OWN(rows) rows = {0};
    ProtobufCAllocator allocator = arena_allocator(ask->arena);
    TRY(db_read(ask->db, &rows, "select terms from contract_drafts where tenant = $1", ID(tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_CONFLICT, "the contract was changed meanwhile: nothing waits for this client");
    const Keys__Contract *terms =
        keys__contract__unpack(&allocator, row_text(&rows, 0).len, (const uint8_t *)row_text(&rows, 0).at);
    return terms ? contract_from(terms, out_terms) : fail(ERR_BROKEN, "terms that cannot be read");
}

static void change_put(buf_t *out, const char *what, moment_t before, moment_t after)
{
    if (before == after)
        return;
    buf_putf(out, "%s%s ", out->len ? "; " : "", what);
    buf_putf(out, before ? "%s" : "never", moment_text(before).text);
    buf_put(out, STR(" → "));
    buf_putf(out, after ? "%s" : "never", moment_text(after).text);
}

err_t contract_look(struct ask *ask, ident_t target, Keys__Order *out)
{
    OWN(buf) does = BUF(1024);
    struct licence licence = {0}, terms = {0};
    Keys__Tenant *tenant = NULL;
    TRY(licence_read(ask, target, &licence));
    TRY(draft_read(ask, target, &terms));
    TRY(tenant_message(ask, target, &tenant));
    moment_t now = ask->env->now(ask->env);
    struct standing was = life_at(&licence.contract, &licence.facts, now);
    struct standing is = life_at(&terms.contract, &licence.facts, now);
    change_put(&does, "licence ends", was.expires, is.expires);
    change_put(&does, "grace ends", was.grace_ends, is.grace_ends);
    change_put(&does, "snapshots kept until", was.snapshots_end, is.snapshots_end);
    change_put(&does, "deletion begins", was.deletion_begins, is.deletion_begins);
    if (licence.contract.keep_snapshots != terms.contract.keep_snapshots)
        buf_putf(&does, "; snapshots kept %d → %d", licence.contract.keep_snapshots,
                 terms.contract.keep_snapshots);
    TRY(buf_end(&does));
    out->name = tenant->name;
    out->does = ask_text(ask, buf_str(&does));
    return arena_end(ask->arena);
}

err_t contract_carry_out(struct ask *ask, const struct who *who, ident_t target)
{
    struct licence terms = {0};
    TRY(draft_read(ask, target, &terms));
    return contract_apply(ask, who, target, &terms);
}

err_t answer_contract_order(struct ask *ask)
{
    const Keys__ContractSet *in = ask->in;
    Keys__Order *out = ask->out;
    OWN(setting) setting = {0};
    TRY(setting_begin(ask, &setting));
    if (!hastens(&setting))
        return fail(ERR_CONFLICT, "nothing falls due earlier by it: it takes no second person");
    TRY(deletion_waits(ask, &setting.before, &setting.terms));
    TRY(orders_withdraw(ask, "contract.hasten", setting.tenant));
    TRY(draft_put(ask, setting.tenant, in->contract));
    TRY(contract_look(ask, setting.tenant, out));
    if (strcmp(in->typed, out->name) != 0)
        return fail(ERR_INVALID, "the name typed is not the client's");
    out->act = ask_text(ask, STR("contract.hasten"));
    out->target = ask_bytes(ask, ident_bytes(&setting.tenant));
    return order_put(ask, &setting.who, setting.tenant, out);
}

/* The clock */

err_t answer_clock_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Clock *out = ask->out;
    OWN(who) who = {0};
    struct clock_state state;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(clock_state(ask, &state));
    out->now = ask->env->now(ask->env);
    if (ident_is_zero(state.held))
        return ERR_OK;
    out->held = ask_bytes(ask, ident_bytes(&state.held));
    out->since = state.since;
    out->expect = state.expect;
    return arena_end(ask->arena);
}

err_t clock_look(struct ask *ask, ident_t target, Keys__Order *out)
{
    OWN(buf) does = BUF(512);
    struct clock_state state;
    moment_t now = ask->env->now(ask->env);
    TRY(clock_state(ask, &state));
    if (ident_is_zero(state.held) || !ident_eq(state.held, target))
        return fail(ERR_MISSING, "no jump of the clock %s is held", ident_text("clk", target).text);
    buf_putf(&does, "the clock jumped from %s to %s; it shows %s now, and is believed from here on",
             moment_text(state.expect).text, moment_text(state.since).text, moment_text(now).text);
    TRY(buf_end(&does));
    out->name = ask_text(ask, str(date_text(date_of(now, 0)).text));
    out->does = ask_text(ask, buf_str(&does));
    return arena_end(ask->arena);
}

err_t clock_carry_out(struct ask *ask, const struct who *who, ident_t target)
{
    TRY(clock_accept(ask));
    return journal_one(ask, who, ACT_CLOCK_CONFIRMED, (struct mention){"clk", target});
}
