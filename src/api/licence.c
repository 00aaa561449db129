/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's licence: what its contract says, what stands, what has happened and what will. The keys process decides by
 * it; here it is shown, and brought to it by the provider's people.
 */
#include "keyring/licence.h"
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

#define CHARS(text) ((char *)(uintptr_t)((text).len ? (text).at : ""))
enum { FORETOLD_DAYS = 3660 };

static void put_contract(const Keys__Contract *contract, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_text(&object, "licence_end", contract->licence_end);
    object_text(&object, "contract_end", contract->contract_end);
    object_text(&object, "not_renewed", contract->not_renewed);
    object_text(&object, "zone", zone_text((int)contract->offset_minutes).text);
    object_number(&object, "grace_days", contract->grace_days);
    object_number(&object, "keep_months", contract->keep_months);
    object_number(&object, "keep_snapshots", contract->keep_snapshots);
    object_number(&object, "capacity_gib", contract->capacity);
    object_end(&object);
}

/* What the keys process said, as the pure function takes it. */
struct told {
    struct contract contract;
    struct life_facts facts;
    struct standing standing;
    moment_t now;
};

static void put_dates(const struct standing *standing, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_moment(&object, "expires", standing->expires);
    object_moment(&object, "grace_ends", standing->grace_ends);
    object_moment(&object, "snapshots_end", standing->snapshots_end);
    object_moment(&object, "deletion_begins", standing->deletion_begins);
    object_moment(&object, "mark_by", standing->mark_by);
    object_moment(&object, "keys_by", standing->keys_by);
    object_moment(&object, "bytes_by", standing->bytes_by);
    object_moment(&object, "backups_by", standing->backups_by);
    object_end(&object);
}

static void put_facts(const Keys__Licence *licence, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    for (size_t i = 0; i < licence->n_facts; i++)
        object_moment(&object, licence->facts[i]->name, licence->facts[i]->at);
    object_end(&object);
}

/* All events, and the first that is still to come. */
static void put_events(const Keys__Licence *licence, const struct told *told, struct object *object)
{
    struct life_event events[LIFE_EVENTS];
    const struct life_span span = {0, told->now, told->now + DAYS(FORETOLD_DAYS)};
    size_t count =
        licence->changed || licence->n_facts ? life_events(&told->contract, &told->facts, &span, events) : 0;
    size_t next = 0;
    while (next < count && events[next].at <= told->now)
        next++;
    life_put_json(object_value(object, "events"), events, count, told->contract.offset_minutes);
    object_text(object, "next", next < count ? events[next].what : "");
    object_moment(object, "next_at", next < count ? events[next].at : 0);
}

static err_t put_licence(struct call *call, const Keys__Licence *licence)
{
    struct told told = {0};
    told.now = call->desk.env->now(call->desk.env);
    TRY(licence_told(licence, &told.contract, &told.facts));
    told.standing = life_at(&told.contract, &told.facts, told.now);
    struct object object = object_begin(&call->reply->body);
    object_id(&object, "client", "ten", licence->tenant);
    object_text(&object, "name", licence->tenant_name);
    object_text(&object, "state", life_name(told.standing.life));
    object_flag(&object, "collects", told.standing.collects);
    object_flag(&object, "readable", told.standing.readable);
    object_flag(&object, "exports", told.standing.exports);
    object_flag(&object, "renewable", told.standing.renewable);
    object_moment(&object, "now", told.now);
    object_moment(&object, "changed", licence->changed);
    put_contract(licence->contract, object_value(&object, "contract"));
    put_dates(&told.standing, object_value(&object, "dates"));
    put_facts(licence, object_value(&object, "facts"));
    object_number(&object, "holds", licence->holds);
    object_flag(&object, "clock_held", licence->clock_held);
    put_events(licence, &told, &object);
    object_end(&object);
    return ERR_OK;
}

static err_t licence_ask(struct call *call, ident_t tenant)
{
    Keys__OfTenant in = KEYS__OF_TENANT__INIT;
    Keys__Licence *licence = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.tenant = CALL_BYTES(tenant);
    TRY(call_keys(call, &(struct question){ASK_contract_get, &in}, &licence));
    return put_licence(call, licence);
}

/* The member's own client, whatever is named. */
err_t api_licence(struct call *call)
{
    static const ident_t own;
    return licence_ask(call, own);
}

static err_t client_of(struct call *call, ident_t *out_tenant)
{
    return ident_read("ten", call->id, out_tenant) == ERR_OK ? ERR_OK : fail(ERR_MISSING, "no such client");
}

err_t api_contract(struct call *call)
{
    ident_t tenant;
    TRY(client_of(call, &tenant));
    return licence_ask(call, tenant);
}

/* What is left out is as usual. */
static err_t terms_take(const struct contract_body *body, Keys__Contract *out)
{
    out->licence_end = CHARS(body->licence_end);
    out->contract_end = CHARS(body->contract_end);
    out->not_renewed = CHARS(body->not_renewed);
    out->grace_days = body->grace_days ? body->grace_days : contract_usual.grace_days;
    out->keep_months = body->keep_months ? body->keep_months : contract_usual.keep_months;
    out->keep_snapshots = body->keep_snapshots ? body->keep_snapshots : contract_usual.keep_snapshots;
    out->capacity = body->capacity_gib;
    int offset = 0;
    if (body->zone.len)
        TRY(zone_read(body->zone, &offset));
    out->offset_minutes = offset;
    return ERR_OK;
}

/* With the client's name typed it is an order, which somebody else confirms. */
err_t api_contract_set(struct call *call)
{
    const struct contract_body *body = call->body;
    Keys__ContractSet in = KEYS__CONTRACT_SET__INIT;
    Keys__Contract terms = KEYS__CONTRACT__INIT;
    Keys__Licence *licence = NULL;
    Keys__Order *order = NULL;
    ident_t tenant;
    TRY(client_of(call, &tenant));
    TRY(terms_take(body, &terms));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.tenant = CALL_BYTES(tenant);
    in.contract = &terms;
    in.typed = CHARS(body->typed);
    if (!body->typed.len) {
        TRY(call_keys(call, &(struct question){ASK_contract_set, &in}, &licence));
        return put_licence(call, licence);
    }
    TRY(call_keys(call, &(struct question){ASK_contract_order, &in}, &order));
    call->reply->status = 202;
    put_order(order, &call->reply->body);
    return ERR_OK;
}

/* Whether the service's clock is believed. */
err_t api_clock(struct call *call)
{
    Keys__Clock *clock = NULL;
    TRY(call_keys_bearer(call, ASK_clock_get, &clock));
    struct object object = object_begin(&call->reply->body);
    object_flag(&object, "held", clock->held.len > 0);
    object_id(&object, "jump", "clk", clock->held);
    object_moment(&object, "found", clock->since);
    object_moment(&object, "expected", clock->expect);
    object_moment(&object, "now", clock->now);
    object_end(&object);
    return ERR_OK;
}
