/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/contracts.h"

#include "keyring/clock.h"
#include "keyring/erasure.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/notices.h"
#include "keyring/works.h"

static const struct {
    const char *name;
    size_t at;
} facts[FACT_COUNT] = {
#define F(name) {#name, offsetof(struct life_facts, name)},
    LIFE_FACTS(F)
#undef F
};

static moment_t *fact_of(struct life_facts *of, enum life_fact fact)
{
    return (moment_t *)(void *)((char *)of + facts[fact].at);
}

/* Reading and writing */

static err_t day_read(str_t text, struct date *out_date)
{
    return text.len ? date_read(text, out_date) : ERR_OK;
}

static err_t contract_row(const rows_t *rows, struct licence *out)
{
    struct contract *contract = &out->contract;
    TRY(day_read(row_text(rows, 0), &contract->licence_end));
    TRY(day_read(row_text(rows, 1), &contract->contract_end));
    TRY(day_read(row_text(rows, 2), &contract->not_renewed));
    contract->offset_minutes = (int)row_number(rows, 3);
    contract->grace_days = (int)row_number(rows, 4);
    contract->keep_months = (int)row_number(rows, 5);
    contract->keep_snapshots = (int)row_number(rows, 6);
    out->capacity = row_number(rows, 7);
    out->changed = row_number(rows, 8);
    return ERR_OK;
}

static err_t facts_read(struct ask *ask, ident_t tenant, struct life_facts *out_facts)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select fact, at from life_facts where tenant = $1", ID(tenant)));
    while (row_next(&rows))
        for (enum life_fact fact = 0; fact < FACT_COUNT; fact++)
            if (str_eq(row_text(&rows, 0), str(facts[fact].name)))
                *fact_of(out_facts, fact) = row_number(&rows, 1);
    return rows_end(&rows);
}

err_t licence_read(struct ask *ask, ident_t tenant, struct licence *out_licence)
{
    OWN(rows) rows = {0};
    struct licence licence = {.contract = contract_usual};
    TRY(db_read(ask->db, &rows,
                "select licence_end, contract_end, not_renewed, offset_minutes, grace_days, keep_months,"
                " keep_snapshots, capacity, changed from contracts where tenant = $1",
                ID(tenant)));
    if (row_next(&rows))
        TRY(contract_row(&rows, &licence));
    TRY(rows_end(&rows));
    TRY(facts_read(ask, tenant, &licence.facts));
    *out_licence = licence;
    return ERR_OK;
}

err_t licence_put(struct ask *ask, ident_t tenant, const struct licence *licence)
{
    const struct contract *contract = &licence->contract;
    date_text_t licence_end = date_text(contract->licence_end),
                contract_end = date_text(contract->contract_end);
    date_text_t not_renewed = date_text(contract->not_renewed);
    return db_do(
        ask->db,
        "insert into contracts (tenant, licence_end, contract_end, not_renewed, offset_minutes, grace_days,"
        " keep_months, keep_snapshots, capacity, changed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " on conflict (tenant) do update set licence_end = $2, contract_end = $3, not_renewed = $4,"
        " offset_minutes = $5, grace_days = $6, keep_months = $7, keep_snapshots = $8, capacity = $9,"
        " changed = $10",
        ID(tenant), T(str(licence_end.text)), T(str(contract_end.text)), T(str(not_renewed.text)),
        N(contract->offset_minutes), N(contract->grace_days), N(contract->keep_months),
        N(contract->keep_snapshots), N(licence->capacity), N(ask->env->now(ask->env)));
}

err_t life_put(struct ask *ask, ident_t tenant, enum life_fact fact, moment_t at)
{
    if (!at)
        return db_do(ask->db, "delete from life_facts where tenant = $1 and fact = $2", ID(tenant),
                     T(str(facts[fact].name)));
    return db_do(ask->db,
                 "insert into life_facts (tenant, fact, at) values ($1, $2, $3)"
                 " on conflict (tenant, fact) do update set at = $3",
                 ID(tenant), T(str(facts[fact].name)), N(at));
}

err_t licence_standing(struct ask *ask, ident_t tenant, struct standing *out_standing)
{
    struct licence licence;
    TRY(licence_read(ask, tenant, &licence));
    err_t clock = clock_confirmed(ask);
    if (clock != ERR_OK && clock != ERR_DENIED)
        return clock;
    licence.facts.clock_held = clock == ERR_DENIED;
    *out_standing = life_at(&licence.contract, &licence.facts, ask->env->now(ask->env));
    return ERR_OK;
}

/* What it lets in */

/* "2026-11-30": the day that ended at a moment of midnight is said in the contract's own words. */
static date_text_t ended_on(const struct licence *licence, moment_t end)
{
    return date_text(date_of(end - 1, licence->contract.offset_minutes));
}

static err_t licence_now(struct ask *ask, ident_t tenant, struct licence *out_licence,
                         struct standing *out_standing)
{
    TRY(licence_read(ask, tenant, out_licence));
    *out_standing = life_at(&out_licence->contract, &out_licence->facts, ask->env->now(ask->env));
    return ERR_OK;
}

static err_t refused(const struct licence *licence, const struct standing *standing)
{
    if (standing->life >= LIFE_MARKED)
        return fail(ERR_DENIED, "this client is being deleted, or was");
    return fail(ERR_DENIED,
                "the licence ended on %s, and the time to extract on %s: renewing it opens all of it again",
                ended_on(licence, standing->expires).text, ended_on(licence, standing->grace_ends).text);
}

err_t licence_answers(struct ask *ask, ident_t tenant)
{
    struct licence licence;
    struct standing standing;
    TRY(licence_now(ask, tenant, &licence, &standing));
    return standing.life < LIFE_DEACTIVATED ? ERR_OK : refused(&licence, &standing);
}

err_t licence_collects(struct ask *ask, ident_t tenant)
{
    struct licence licence;
    struct standing standing;
    TRY(licence_now(ask, tenant, &licence, &standing));
    if (standing.life >= LIFE_DEACTIVATED)
        return refused(&licence, &standing);
    return standing.collects
               ? ERR_OK
               : fail(ERR_BUSY, "the licence ended on %s: nothing is taken in until it is renewed; wait",
                      ended_on(&licence, standing.expires).text);
}

err_t licence_admits(struct ask *ask, const struct who *who, right_t right)
{
    struct licence licence;
    struct standing standing;
    if (who->is_staff)
        return ERR_OK;
    TRY(licence_now(ask, who->tenant, &licence, &standing));
    bool sees = right == RIGHT_SELF && who->is_user && role_may(role_find(who->role), RIGHT_OWN);
    return standing.life < LIFE_DEACTIVATED || sees ? ERR_OK : refused(&licence, &standing);
}

/* Each minute */

static err_t told(struct ask *ask, const struct life_turn *turn, enum act act)
{
    const struct mention on = {"ten", turn->tenant};
    return journal(ask, turn->tenant, &(struct entry){act, .on = &on, .on_count = 1});
}

static err_t grace_tell(struct ask *ask, const struct life_turn *turn)
{
    TRY(notice_add(ask, turn->tenant, &(struct notice){NOTICE_LICENCE_EXPIRED}));
    TRY(told(ask, turn, ACT_LICENCE_EXPIRED));
    return life_put(ask, turn->tenant, FACT_told_grace, turn->now);
}

err_t tenant_sessions_end(struct ask *ask, ident_t tenant)
{
    OWN(buf) members = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &members, "select distinct member from sessions where tenant = $1", ID(tenant)));
    for_each_ident(member, &members) TRY(sessions_end(ask, member));
    return ERR_OK;
}

static err_t deactivate(struct ask *ask, const struct life_turn *turn)
{
    TRY(tenant_sessions_end(ask, turn->tenant));
    TRY(told(ask, turn, ACT_TENANT_DEACTIVATED));
    return life_put(ask, turn->tenant, FACT_deactivated, turn->now);
}

static err_t deactivated_tell(struct ask *ask, const struct life_turn *turn)
{
    TRY(notice_add(ask, turn->tenant, &(struct notice){NOTICE_LICENCE_DEACTIVATED}));
    return life_put(ask, turn->tenant, FACT_told_deactivated, turn->now);
}

/* One that failed is tried again within the hour, not at each look. */
static err_t freeze(struct ask *ask, const struct life_turn *turn)
{
    bool waits = false;
    int64_t tried = 0;
    ident_t id;
    TRY(work_waits(ask, turn->tenant, "freeze", &waits));
    TRY(db_number(ask->db, &tried,
                  "select count(*) from works where tenant = $1 and kind = 'freeze' and made > $2",
                  ID(turn->tenant), N(turn->now - HOURS(1))));
    return waits || tried ? ERR_OK
                          : work_make(ask, &(struct work){.kind = "freeze", .tenant = turn->tenant}, &id);
}

static err_t erase(struct ask *ask, const struct life_turn *turn) { return erasure_due(ask, turn->tenant); }

static life_act *const acts[DUE_COUNT] = {
    [DUE_FREEZE] = freeze,
    [DUE_TELL_GRACE] = grace_tell,
    [DUE_DEACTIVATE] = deactivate,
    [DUE_TELL_DEACTIVATED] = deactivated_tell,
    [DUE_MARK] = erase,
};

static err_t tenant_turn(struct ask *ask, ident_t tenant)
{
    struct standing standing;
    TRY(licence_standing(ask, tenant, &standing));
    const struct life_turn turn = {tenant, &standing, ask->env->now(ask->env)};
    for (enum due due = 0; due < DUE_COUNT; due++)
        if (standing.due[due] && acts[due])
            TRY(acts[due](ask, &turn));
    return ERR_OK;
}

static bool is_due(const struct standing *standing)
{
    bool any = false;
    for (enum due due = 0; due < DUE_COUNT; due++)
        any |= standing->due[due] && acts[due];
    return any;
}

/* Only what has a contract, or a fact, can have anything due. */
err_t answer_licence_due(struct ask *ask)
{
    Keys__LicenceDue *out = ask->out;
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids, "select tenant from contracts union select tenant from life_facts"));
    out->tenants = arena_array(ask->arena, ProtobufCBinaryData, ids.len / sizeof(ident_t));
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids)
    {
        struct standing standing;
        TRY(licence_standing(ask, id, &standing));
        if (is_due(&standing))
            out->tenants[out->n_tenants++] = ask_bytes(ask, ident_bytes(&id));
    }
    return arena_end(ask->arena);
}

err_t answer_life_turn(struct ask *ask)
{
    const Keys__OfTenant *in = ask->in;
    ident_t tenant;
    TRY(ident_from(bin(in->tenant), &tenant));
    return tenant_turn(ask, tenant);
}

/* The set that lived at expiry is in jobs' hands: nothing that could not be undone hangs on its word. */
err_t answer_frozen_told(struct ask *ask)
{
    const Keys__Frozen *in = ask->in;
    struct standing standing;
    ident_t tenant, snapshot;
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(licence_standing(ask, tenant, &standing));
    ask->idle = !standing.due[DUE_FREEZE];
    if (ask->idle)
        return ERR_OK;
    TRY(db_do(ask->db, "delete from frozen_snapshots where tenant = $1", ID(tenant)));
    for (size_t i = 0; i < in->n_snapshots; i++) {
        TRY(ident_from(bin(in->snapshots[i]), &snapshot));
        TRY(db_do(ask->db,
                  "insert into frozen_snapshots (tenant, snapshot) values ($1, $2) on conflict do nothing",
                  ID(tenant), ID(snapshot)));
    }
    const struct mention on = {"ten", tenant};
    TRY(journal(
        ask, tenant,
        &(struct entry){ACT_SNAPSHOTS_FROZEN, .on = &on, .on_count = 1, .count = (int64_t)in->n_snapshots}));
    return life_put(ask, tenant, FACT_frozen, ask->env->now(ask->env));
}

/* Kept while they have to be: a renewal, or the end of that time, leaves none. */
err_t answer_frozen_get(struct ask *ask)
{
    const Keys__OfTenant *in = ask->in;
    Keys__Frozen *out = ask->out;
    OWN(buf) ids = BUF(MAX_ASK);
    struct standing standing;
    ident_t tenant;
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(licence_standing(ask, tenant, &standing));
    moment_t now = ask->env->now(ask->env);
    bool kept = standing.expires && now >= standing.expires && now < standing.snapshots_end;
    if (kept)
        TRY(db_idents(ask->db, &ids, "select snapshot from frozen_snapshots where tenant = $1", ID(tenant)));
    out->tenant = in->tenant;
    out->snapshots = arena_array(ask->arena, ProtobufCBinaryData, ids.len / sizeof(ident_t));
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids) out->snapshots[out->n_snapshots++] = ask_bytes(ask, ident_bytes(&id));
    return arena_end(ask->arena);
}

/* Messages */

static err_t facts_message(struct ask *ask, struct life_facts *of, Keys__Licence *out)
{
    out->facts = arena_array(ask->arena, Keys__LifeFact *, FACT_COUNT);
    TRY(arena_end(ask->arena));
    for (enum life_fact fact = 0; fact < FACT_COUNT; fact++) {
        if (!*fact_of(of, fact))
            continue;
        Keys__LifeFact *one = out->facts[out->n_facts++] = arena_new(ask->arena, Keys__LifeFact);
        TRY(arena_end(ask->arena));
        keys__life_fact__init(one);
        one->name = ask_text(ask, str(facts[fact].name));
        one->at = *fact_of(of, fact);
    }
    return arena_end(ask->arena);
}

static err_t contract_message(struct ask *ask, const struct licence *licence, Keys__Contract **out_contract)
{
    const struct contract *contract = &licence->contract;
    Keys__Contract *out = *out_contract = arena_new(ask->arena, Keys__Contract);
    TRY(arena_end(ask->arena));
    keys__contract__init(out);
    out->licence_end = ask_text(ask, str(date_text(contract->licence_end).text));
    out->contract_end = ask_text(ask, str(date_text(contract->contract_end).text));
    out->not_renewed = ask_text(ask, str(date_text(contract->not_renewed).text));
    out->offset_minutes = contract->offset_minutes;
    out->grace_days = contract->grace_days;
    out->keep_months = contract->keep_months;
    out->keep_snapshots = contract->keep_snapshots;
    out->capacity = licence->capacity;
    return arena_end(ask->arena);
}

err_t licence_message(struct ask *ask, ident_t tenant, Keys__Licence *out)
{
    struct licence licence;
    struct clock_state clock;
    Keys__Tenant *named = NULL;
    TRY(licence_read(ask, tenant, &licence));
    TRY(clock_state(ask, &clock));
    TRY(tenant_message(ask, tenant, &named));
    TRY(holds_count(ask, tenant, &out->holds));
    TRY(db_number(ask->db, &out->frozen, "select count(*) from frozen_snapshots where tenant = $1",
                  ID(tenant)));
    out->tenant = ask_bytes(ask, ident_bytes(&tenant));
    out->tenant_name = named->name;
    out->made = named->made;
    out->changed = licence.changed;
    out->clock_held = !ident_is_zero(clock.held);
    TRY(facts_message(ask, &licence.facts, out));
    return contract_message(ask, &licence, &out->contract);
}

err_t contract_from(const Keys__Contract *in, struct licence *out_licence)
{
    enum { CAPACITY_MOST = 1 << 20, NUMBER_MOST = 10000 };
    struct licence licence = {.contract = contract_usual};
    if (!in)
        return fail(ERR_INVALID, "no contract");
    const int64_t numbers[] = {in->offset_minutes, in->grace_days, in->keep_months, in->keep_snapshots};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] < -NUMBER_MOST || numbers[i] > NUMBER_MOST)
            return fail(ERR_INVALID, "a contract's number is out of all bounds");
    if (in->capacity < 0 || in->capacity > CAPACITY_MOST)
        return fail(ERR_INVALID, "the plan's capacity is 1 to %d GiB", CAPACITY_MOST);
    TRY(day_read(str(in->licence_end), &licence.contract.licence_end));
    TRY(day_read(str(in->contract_end), &licence.contract.contract_end));
    TRY(day_read(str(in->not_renewed), &licence.contract.not_renewed));
    licence.contract.offset_minutes = (int)in->offset_minutes;
    licence.contract.grace_days = (int)in->grace_days;
    licence.contract.keep_months = (int)in->keep_months;
    licence.contract.keep_snapshots = (int)in->keep_snapshots;
    licence.capacity = in->capacity;
    TRY(contract_check(&licence.contract));
    *out_licence = licence;
    return ERR_OK;
}
