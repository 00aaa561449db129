/* SPDX-License-Identifier: Apache-2.0
 *
 * What keeps the provider's people from errors: the certificate on file, and orders. Promise ops.procedures.
 */
#include "admit/erasures.h"
#include "admit/members.h"
#include "admit/members_kept.h"
#include "admit/orders.h"
#include "admit/passkeys.h"
#include "admit/requests.h"
#include "admit/staff.h"
#include "keyring/behind.h"
#include "keyring/journal.h"

enum { ORDER_HOURS = 12 };

static const ident_t service;

err_t answer_standard_set(struct ask *ask)
{
    const Keys__Standard *in = ask->in;
    if (!is_name(in->body) || !is_name(in->number) || !is_name(in->scope) || in->until <= 0)
        return fail(ERR_INVALID,
                    "a certificate has a body, a number, a scope and a day that it is valid until");
    TRY(db_do(ask->db,
              "insert into standards (number, body, reference, scope, until, made)"
              " select coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5 from standards",
              T(str(in->body)), T(str(in->number)), T(str(in->scope)), N(in->until),
              N(ask->env->now(ask->env))));
    return journal(ask, service, &(struct entry){ACT_STANDARD_SET});
}

static err_t standard_read(struct ask *ask, Keys__Standard *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select body, reference, scope, until, made from standards order by number desc limit 1"));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no certificate is on file");
    out->body = ask_text(ask, row_text(&rows, 0));
    out->number = ask_text(ask, row_text(&rows, 1));
    out->scope = ask_text(ask, row_text(&rows, 2));
    out->until = row_number(&rows, 3);
    out->made = row_number(&rows, 4);
    return arena_end(ask->arena);
}

err_t answer_standard_get(struct ask *ask) { return standard_read(ask, ask->out); }

/* Orders: what can be ordered, how its target is called, what will be gone, and how it is done. */
struct order {
    const char *act;
    err_t (*look)(struct ask *ask, ident_t target, Keys__Order *out);
    err_t (*carry_out)(struct ask *ask, const struct who *who, ident_t target);
    err_t (*document)(struct ask *ask,
                      const Keys__Order *order); /* it rests on one; NULL: on nothing in writing */
};

/* Only one that nobody has claimed: nothing of a client's can be in it. */
static err_t tenant_look(struct ask *ask, ident_t target, Keys__Order *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select name, state from tenants where id = $1", ID(target)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("ten", target).text);
    if (!str_eq(row_text(&rows, 1), STR("unclaimed")))
        return fail(ERR_DENIED, "the client has claimed it: only the client can have it erased");
    out->name = ask_text(ask, row_text(&rows, 0));
    out->does =
        ask_text(ask, STR("its claim link stops working, its certificate authority's key is destroyed,"
                          " and its name is free again"));
    return arena_end(ask->arena);
}

static err_t tenant_carry_out(struct ask *ask, const struct who *who, ident_t target)
{
    const struct mention on = {"ten", target};
    const struct entry entry = {ACT_TENANT_REMOVED, .by = who_mention(who), .session = who->session,
                                .on = &on, .on_count = 1};
    TRY(cell_destroy(ask->keyring, target, CELL_AUTHORITY));
    TRY(db_do(ask->db, "delete from authorities where id = $1", ID(target)));
    TRY(db_do(ask->db, "delete from tenants where id = $1 and state = 'unclaimed'", ID(target)));
    TRY(journal(ask, target, &entry));
    return journal(ask, service, &entry);
}

static err_t staff_look(struct ask *ask, ident_t target, Keys__Order *out)
{
    Keys__StaffMember member = KEYS__STAFF_MEMBER__INIT;
    TRY(staff_message(ask, target, &member));
    out->name = member.username;
    out->does = ask_text(ask, STR("its keys are destroyed, its sessions end, and every grant it holds ends"));
    return arena_end(ask->arena);
}

static err_t staff_carry_out(struct ask *ask, const struct who *who, ident_t target)
{
    TRY(requests_of_staff_end(ask, target));
    TRY(sessions_end(ask, target));
    TRY(passkeys_forget(ask, target));
    TRY(cell_destroy(ask->keyring, target, CELL_MEMBER_KEY));
    TRY(db_do(ask->db, "update members set kind = 'gone', role = 'gone', find = null where id = $1",
              ID(target)));
    return journal_one(ask, who, ACT_STAFF_ENDED, (struct mention){"stf", target});
}

static const struct order orders[] = {
    {"tenant.remove", tenant_look, tenant_carry_out, NULL},
    {"staff.end", staff_look, staff_carry_out, NULL},
    {"contract.hasten", contract_look, contract_carry_out, NULL},
    {"clock.confirm", clock_look, clock_carry_out, NULL},
    {"marks.accept", marks_look, marks_carry_out, NULL},
    {"tenant.erase", erasure_look, erasure_carry_out, erasure_document},
    {"hold.release", kept_look, kept_carry_out, erasure_document},
};

static const struct order *order_find(str_t act)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (str_eq(str(orders[i].act), act))
            return &orders[i];
    return NULL;
}

static err_t no_order(void)
{
    enum { COUNT = sizeof orders / sizeof *orders };
    OWN(buf) acts = BUF(512);
    for (size_t i = 0; i < COUNT; i++)
        buf_putf(&acts, "%s%s", !i ? "" : i + 1 < COUNT ? ", " : " and ", orders[i].act);
    TRY(buf_end(&acts));
    return fail(ERR_INVALID, "what can be ordered is %s", acts.at);
}

err_t orders_withdraw(struct ask *ask, const char *act, ident_t target)
{
    return db_do(ask->db,
                 "update orders set state = 'withdrawn' where act = $1 and target = $2 and state = 'open'",
                 T(str(act)), ID(target));
}

err_t order_put(struct ask *ask, const struct who *who, ident_t target, Keys__Order *out)
{
    ident_t id = ident_new(ask->env);
    out->id = ask_bytes(ask, ident_bytes(&id));
    out->state = ask_text(ask, STR("open"));
    out->by = ask_bytes(ask, ident_bytes(&who->member));
    out->made = ask->env->now(ask->env);
    out->until = out->made + HOURS(ORDER_HOURS);
    TRY(arena_end(ask->arena));
    TRY(db_do(ask->db,
              "insert into orders (id, act, target, name, by, made, until, state, second)"
              " values ($1, $2, $3, $4, $5, $6, $7, 'open', null)",
              ID(id), T(str(out->act)), ID(target), T(str(out->name)), ID(who->member), N(out->made),
              N(out->until)));
    return journal_one(ask, who, ACT_ORDER_MADE, (struct mention){"ord", id});
}

err_t answer_order_make(struct ask *ask)
{
    const Keys__OrderMake *in = ask->in;
    Keys__Order *out = ask->out;
    OWN(who) who = {0};
    ident_t target;
    const struct order *order = order_find(str(in->act));
    TRY(staff_asks(ask, in->bearer, &who));
    TRY(ident_from(bin(in->target), &target));
    if (!order)
        return no_order();
    TRY(order->look(ask, target, out));
    out->act = ask_text(ask, str(order->act));
    out->target = ask_bytes(ask, ident_bytes(&target));
    ask->idle = !*in->typed;
    if (!*in->typed)
        return arena_end(ask->arena);
    if (strcmp(in->typed, out->name) != 0)
        return fail(ERR_INVALID, "the name typed is not that of what would be gone");
    TRY(order_put(ask, &who, target, out));
    return order->document ? order->document(ask, out) : ERR_OK;
}

#define ORDER_COLUMNS "id, act, target, name, by, made, until, state, second"

static err_t order_from(struct ask *ask, const rows_t *rows, Keys__Order *out)
{
    struct user user = {0};
    moment_t now = ask->env->now(ask->env);
    keys__order__init(out);
    out->id = ask_bytes(ask, row_text(rows, 0));
    out->act = ask_text(ask, row_text(rows, 1));
    out->target = ask_bytes(ask, row_text(rows, 2));
    out->name = ask_text(ask, row_text(rows, 3));
    out->by = ask_bytes(ask, row_text(rows, 4));
    out->made = row_number(rows, 5);
    out->until = row_number(rows, 6);
    bool open = str_eq(row_text(rows, 7), STR("open"));
    out->state = ask_text(ask, open && out->until <= now ? STR("void") : row_text(rows, 7));
    TRY(staff_read(ask, row_ident(rows, 4), &user));
    out->by_name = ask_text(ask, user.full_name);
    if (!row_text(rows, 8).len)
        return arena_end(ask->arena);
    out->second = ask_bytes(ask, row_text(rows, 8));
    TRY(staff_read(ask, row_ident(rows, 8), &user));
    out->second_name = ask_text(ask, user.full_name);
    return arena_end(ask->arena);
}

/* What an open order would still do; nothing, where what it was for is gone. */
static err_t order_does(struct ask *ask, Keys__Order *out)
{
    Keys__Order now = KEYS__ORDER__INIT;
    const struct order *order = order_find(str(out->act));
    ident_t target;
    TRY(ident_from(bin(out->target), &target));
    if (order && !strcmp(out->state, "open") && order->look(ask, target, &now) == ERR_OK)
        out->does = now.does;
    return arena_end(ask->arena);
}

err_t answer_order_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Orders *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(staff_asks(ask, in->bearer, &who));
    out->items = arena_array(ask->arena, Keys__Order *, MAX_PAGE);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows, "select " ORDER_COLUMNS " from orders order by made desc limit 500"));
    while (out->n_items < MAX_PAGE && row_next(&rows)) {
        Keys__Order *order = out->items[out->n_items++] = arena_new(ask->arena, Keys__Order);
        TRY(arena_end(ask->arena));
        TRY(order_from(ask, &rows, order));
        TRY(order_does(ask, order));
    }
    return rows_end(&rows);
}

static err_t order_open(struct ask *ask, ident_t id, Keys__Order *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " ORDER_COLUMNS " from orders where id = $1", ID(id)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("ord", id).text);
    TRY(order_from(ask, &rows, out));
    return strcmp(out->state, "open") == 0 ? ERR_OK : fail(ERR_CONFLICT, "the order is %s", out->state);
}

static err_t order_turn(struct ask *ask, const struct who *who, ident_t id, enum act act)
{
    bool done = act == ACT_ORDER_CONFIRMED;
    TRY(db_do(ask->db, "update orders set state = $2, second = $3 where id = $1", ID(id),
              T(done ? STR("done") : STR("withdrawn")), done ? ID(who->member) : NONE));
    return journal_one(ask, who, act, (struct mention){"ord", id});
}

/* Looked at anew: what it was ordered for may have changed. */
err_t answer_order_confirm(struct ask *ask)
{
    const Keys__OrderNamed *in = ask->in;
    Keys__Order *out = ask->out, now = KEYS__ORDER__INIT;
    OWN(who) who = {0};
    ident_t id, target;
    TRY(staff_asks(ask, in->bearer, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(order_open(ask, id, out));
    TRY(ident_from(bin(out->target), &target));
    if (str_eq(bin(out->by), ident_bytes(&who.member)))
        return fail(ERR_DENIED, "you made this order: a second person has to confirm it");
    if (ident_eq(target, who.member))
        return fail(ERR_DENIED, "it is about you: somebody else has to confirm it");
    const struct order *order = order_find(str(out->act));
    if (!order)
        return fail(ERR_BROKEN, "an order of a kind that there is not");
    TRY(order->look(ask, target, &now));
    TRY(order_turn(ask, &who, id, ACT_ORDER_CONFIRMED));
    TRY(order->carry_out(ask, &who, target));
    out->state = ask_text(ask, STR("done"));
    out->second = ask_bytes(ask, ident_bytes(&who.member));
    return arena_end(ask->arena);
}

err_t answer_order_withdraw(struct ask *ask)
{
    const Keys__OrderNamed *in = ask->in;
    OWN(who) who = {0};
    Keys__Order order = KEYS__ORDER__INIT;
    ident_t id;
    TRY(staff_asks(ask, in->bearer, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(order_open(ask, id, &order));
    return order_turn(ask, &who, id, ACT_ORDER_WITHDRAWN);
}

err_t answer_duties(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Duties *out = ask->out;
    OWN(who) who = {0};
    OWN(buf) ids = BUF(MAX_ASK);
    struct members_kept kept;
    Keys__Standard *standard = arena_new(ask->arena, Keys__Standard);
    TRY(arena_end(ask->arena));
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    TRY(db_idents(ask->db, &ids, "select id from members where role = 'staff'"));
    for_each_ident(id, &ids)
    {
        out->staff++;
        out->current += staff_current(ask, id) == ERR_OK;
    }
    TRY(staff_unbound(ask, &out->unbound));
    TRY(db_number(ask->db, &out->trained_at, "select coalesce(max(at), 0) from trainings"));
    TRY(db_number(ask->db, &out->orders_done,
                  "select count(*) from orders where state = 'done' and second is not null"));
    TRY(db_number(ask->db, &out->orders_alone,
                  "select count(*) from orders where state = 'done' and second is null"));
    TRY(db_number(ask->db, &out->addresses, "select count(*) from notice_addresses where tenant = $1",
                  ID(who.tenant)));
    TRY(db_number(ask->db, &out->members, "select count(*) from members where tenant = $1 and kind = 'user'",
                  ID(who.tenant)));
    TRY(members_kept(ask, who.tenant, &kept));
    out->unsealed = kept.unsealed;
    out->beyond = kept.beyond;
    TRY(db_number(ask->db, &out->passkeys, "select count(*) from passkeys where tenant = $1",
                  ID(who.tenant)));
    TRY(db_number(ask->db, &out->authenticators,
                  "select count(*) from authenticators join members on members.id = authenticators.member"
                  " where members.tenant = $1 and confirmed > 0",
                  ID(who.tenant)));
    TRY(db_number(ask->db, &out->webhooks, "select count(*) from webhooks where tenant = $1",
                  ID(who.tenant)));
    TRY(db_number(ask->db, &out->patterns,
                  "select count(*) from deployments where tenant = $1 and pattern not in ('', '*')",
                  ID(who.tenant)));
    keys__standard__init(standard);
    err_t filed = standard_read(ask, standard);
    if (filed == ERR_OK)
        out->standard = standard;
    return filed == ERR_MISSING ? ERR_OK : filed;
}
