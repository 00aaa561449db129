/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/erasure.h"

#include "keyring/clock.h"
#include "keyring/contracts.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/notices.h"

enum { MARK_HOURS = 24, AT_ONCE = 64 };

static const ident_t service;

#define ERASURE_COLUMNS \
    "id, tenant, by, second, name, asked, state, document, request, commitment, certificate, log, log_key," \
    " requested, cooling, marked, destroyed, certified, closed, entry, follows"

static void erasure_from(struct ask *ask, const rows_t *rows, struct erasure *out)
{
    *out = (struct erasure){.id = row_ident(rows, 0),
                            .tenant = row_ident(rows, 1),
                            .by = row_ident(rows, 2),
                            .second = row_ident(rows, 3),
                            .requested = row_number(rows, 13),
                            .cooling = row_number(rows, 14),
                            .marked = row_number(rows, 15),
                            .destroyed = row_number(rows, 16),
                            .certified = row_number(rows, 17),
                            .closed = row_number(rows, 18),
                            .entry = row_number(rows, 19),
                            .after = row_is_null(rows, 20) ? (ident_t){{0}} : row_ident(rows, 20)};
    str_t *const texts[] = {&out->name,       &out->asked,       &out->state, &out->document, &out->request,
                            &out->commitment, &out->certificate, &out->log,   &out->log_key};
    for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++)
        *texts[i] = arena_copy(ask->arena, row_text(rows, 4 + i));
}

static err_t erasure_one(struct ask *ask, rows_t *rows, struct erasure *out)
{
    struct erasure erasure;
    TRY(row_one(rows));
    erasure_from(ask, rows, &erasure);
    TRY(arena_end(ask->arena));
    *out = erasure;
    return ERR_OK;
}

err_t erasure_read(struct ask *ask, ident_t id, struct erasure *out_erasure)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " ERASURE_COLUMNS " from erasures where id = $1", ID(id)));
    return erasure_one(ask, &rows, out_erasure);
}

err_t erasure_of(struct ask *ask, ident_t tenant, struct erasure *out_erasure)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " ERASURE_COLUMNS " from erasures where tenant = $1 and state <> 'withdrawn'",
                ID(tenant)));
    return erasure_one(ask, &rows, out_erasure);
}

err_t erasure_journal(struct ask *ask, const struct erasure *erasure, const struct entry *entry)
{
    const struct mention on = {"era", erasure->id};
    struct entry whole = *entry;
    whole.at = whole.at ? whole.at : ask->env->now(ask->env);
    whole.on = &on;
    whole.on_count = 1;
    TRY(journal(ask, erasure->tenant, &whole));
    return journal(ask, service, &whole);
}

/* Beginning and taking back */

static err_t name_of(struct ask *ask, const struct erasure_begin *begin, str_t *out_name)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select name from tenants where id = $1 and (public is null) = $2",
                ID(begin->tenant), N(!ident_is_zero(begin->after))));
    TRY(row_one(&rows));
    *out_name = arena_copy(ask->arena, row_text(&rows, 0));
    return arena_end(ask->arena);
}

static err_t none_under_way(struct ask *ask, const struct erasure_begin *begin)
{
    struct erasure erasure;
    if (!ident_is_zero(begin->after))
        return ERR_OK;
    err_t found = erasure_of(ask, begin->tenant, &erasure);
    if (found == ERR_MISSING)
        return ERR_OK;
    return found == ERR_OK ? fail(ERR_CONFLICT, "%s is under way", ident_text("era", erasure.id).text)
                           : found;
}

err_t erasure_begin(struct ask *ask, const struct erasure_begin *begin, struct erasure *out_erasure)
{
    ident_t id = ident_is_zero(begin->id) ? ident_new(ask->env) : begin->id;
    moment_t now = ask->env->now(ask->env);
    const struct entry entry = {ACT_ERASURE_ASKED, .by = begin->by, .session = begin->session};
    bool clocked = !strcmp(begin->asked, "expiry");
    str_t name = {0};
    TRY(name_of(ask, begin, &name));
    TRY(none_under_way(ask, begin));
    TRY(db_do(
        ask->db,
        "insert into erasures (id, tenant, name, asked, state, by, second, document, request, requested,"
        " cooling, follows) values ($1, $2, $3, $4, 'cooling', $5, $6, $7, $8, $9, $10, $11)",
        ID(id), ID(begin->tenant), T(name), T(str(begin->asked)), clocked ? NONE : ID(begin->by.id),
        ident_is_zero(begin->second) ? NONE : ID(begin->second),
        begin->document.len ? B(begin->document) : NONE, T(begin->request.len ? begin->request : STR("")),
        N(now), N(now + begin->cooling), ident_is_zero(begin->after) ? NONE : ID(begin->after)));
    TRY(erasure_read(ask, id, out_erasure));
    TRY(erasure_journal(ask, out_erasure, &entry));
    if (erasure_is_release(out_erasure)) /* nobody of the client is left to be told */
        return ERR_OK;
    return notice_add(ask, begin->tenant, &(struct notice){NOTICE_ERASURE_ASKED});
}

err_t erasure_due(struct ask *ask, ident_t tenant)
{
    struct erasure erasure;
    err_t found = erasure_of(ask, tenant, &erasure);
    if (found != ERR_MISSING)
        return found;
    const struct erasure_begin begin = {
        .tenant = tenant, .asked = "expiry", .by = {.prefix = "clock"}, .cooling = 0};
    return erasure_begin(ask, &begin, &erasure);
}

/* What the client's life takes for a fact, with the state that it comes with. */
static const struct {
    const char *state;
    enum life_fact fact;
} facts[] = {{"marked", FACT_marked},
             {"destroyed", FACT_keys_destroyed},
             {"certified", FACT_rows_removed},
             {"certified", FACT_blobs_removed},
             {"certified", FACT_snapshots_removed},
             {"certified", FACT_certified}};

static err_t facts_put(struct ask *ask, const struct erasure *erasure, const char *state, moment_t now)
{
    if (erasure_is_release(erasure)) /* its life has ended before */
        return ERR_OK;
    if (!strcmp(state, "marked") && !erasure_is_due(erasure))
        TRY(life_put(ask, erasure->tenant, FACT_requested, erasure->requested));
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (!strcmp(facts[i].state, state))
            TRY(life_put(ask, erasure->tenant, facts[i].fact, now));
    return ERR_OK;
}

err_t erasure_step(struct ask *ask, const struct erasure *erasure, const char *state, moment_t *at)
{
    moment_t now = ask->env->now(ask->env);
    *at = now;
    TRY(facts_put(ask, erasure, state, now));
    return db_do(ask->db,
                 "update erasures set state = $2, marked = case $2 when 'marked' then $3 else marked end,"
                 " destroyed = case $2 when 'destroyed' then $3 else destroyed end,"
                 " certified = case $2 when 'certified' then $3 else certified end,"
                 " closed = case $2 when 'closed' then $3 else closed end where id = $1",
                 ID(erasure->id), T(str(state)), N(now));
}

err_t answer_erasure_withdraw(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    struct erasure erasure;
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(erasure_read(ask, id, &erasure));
    if (!ident_eq(erasure.tenant, who.tenant))
        return fail(ERR_MISSING, "no %s", ident_text("era", id).text);
    if (!erasure_is(&erasure, "cooling"))
        return fail(ERR_CONFLICT, "the erasure is %.*s: it cannot be taken back", STR_ARG(erasure.state));
    if (erasure_is_due(&erasure))
        return fail(ERR_CONFLICT, "it fell due by the contract: a renewal ends it");
    const struct entry entry = {ACT_ERASURE_WITHDRAWN, .by = who_mention(&who), .session = who.session};
    TRY(erasure_step(ask, &erasure, "withdrawn", &(moment_t){0}));
    TRY(erasure_journal(ask, &erasure, &entry));
    TRY(erasure_read(ask, id, &erasure));
    return erasure_put(ask, &erasure, ask->out);
}

/* Whether it is time */

/* What would be due of it now if the clock is right; a request counts once it has cooled off. */
static err_t standing_of(struct ask *ask, const struct erasure *erasure, struct standing *out_standing)
{
    struct licence licence;
    TRY(licence_read(ask, erasure->tenant, &licence));
    licence.facts.clock_held = false;
    if (!erasure_is_due(erasure))
        licence.facts.requested = erasure->requested;
    *out_standing = life_at(&licence.contract, &licence.facts, ask->env->now(ask->env));
    return ERR_OK;
}

err_t erasure_judge(struct ask *ask, const struct erasure *erasure)
{
    struct standing standing;
    if (!erasure_is(erasure, "cooling"))
        return fail(ERR_DENIED, "the erasure is %.*s", STR_ARG(erasure->state));
    if (erasure->cooling > ask->env->now(ask->env))
        return fail(ERR_DENIED, "the cooling-off is not over");
    if (erasure_is_release(erasure))
        return clock_confirmed(ask);
    TRY(standing_of(ask, erasure, &standing));
    if (!standing.due[DUE_MARK])
        return fail(ERR_DENIED, "by its contract it is not due");
    TRY(holds_settled(ask, erasure->tenant));
    return clock_confirmed(ask);
}

/* Whoever renews in time ends what the clock has begun. */
static err_t renewed(struct ask *ask, ident_t id)
{
    struct erasure erasure;
    struct standing standing;
    const struct entry entry = {ACT_ERASURE_WITHDRAWN, .by = {.prefix = "clock"}};
    TRY(erasure_read(ask, id, &erasure));
    TRY(standing_of(ask, &erasure, &standing));
    if (standing.due[DUE_MARK])
        return ERR_OK;
    TRY(erasure_step(ask, &erasure, "withdrawn", &(moment_t){0}));
    return erasure_journal(ask, &erasure, &entry);
}

static err_t renewed_withdraw(struct ask *ask)
{
    OWN(buf) ids = BUF(AT_ONCE * sizeof(ident_t));
    TRY(db_idents(ask->db, &ids,
                  "select id from erasures where state = 'cooling' and asked = 'expiry' limit 64"));
    for_each_ident(id, &ids) TRY(renewed(ask, id));
    return ERR_OK;
}

/* As messages */

static err_t stores_put(struct ask *ask, ident_t id, Keys__Erasure *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select store, items, bytes, at from erased_stores where erasure = $1",
                ID(id)));
    out->stores = arena_array(ask->arena, Keys__ErasureStore *, ERASED_COUNT);
    TRY(arena_end(ask->arena));
    while (out->n_stores < ERASED_COUNT && row_next(&rows)) {
        Keys__ErasureStore *store = out->stores[out->n_stores++] = arena_new(ask->arena, Keys__ErasureStore);
        TRY(arena_end(ask->arena));
        keys__erasure_store__init(store);
        store->name = ask_text(ask, row_text(&rows, 0));
        store->items = row_number(&rows, 1);
        store->bytes = row_number(&rows, 2);
        store->at = row_number(&rows, 3);
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

static err_t kept_put(struct ask *ask, ident_t id, Keys__Erasure *out)
{
    OWN(rows) rows = {0};
    out->kept = arena_array(ask->arena, Keys__ErasureKept *, CERTIFICATE_KEPT);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows, "select hold, items, bytes from erasure_kept where erasure = $1", ID(id)));
    while (out->n_kept < CERTIFICATE_KEPT && row_next(&rows)) {
        Keys__ErasureKept *kept = out->kept[out->n_kept++] = arena_new(ask->arena, Keys__ErasureKept);
        TRY(arena_end(ask->arena));
        keys__erasure_kept__init(kept);
        kept->hold = ask_bytes(ask, row_text(&rows, 0));
        kept->items = row_number(&rows, 1);
        kept->bytes = row_number(&rows, 2);
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* While the client's log is open it says so itself. */
static err_t log_put(struct ask *ask, const struct erasure *erasure, Keys__Erasure *out)
{
    OWN(rows) rows = {0};
    out->log = ask_text(ask, erasure->log);
    out->log_key = ask_text(ask, erasure->log_key);
    TRY(db_read(ask->db, &rows, "select origin, key from logs where id = $1", ID(erasure->tenant)));
    if (row_next(&rows)) {
        out->log = ask_text(ask, row_text(&rows, 0));
        out->log_key = ask_text(ask, row_text(&rows, 1));
    }
    return rows_end(&rows);
}

static err_t held_put(struct ask *ask, const struct erasure *erasure, Keys__Erasure *out)
{
    if (!erasure_is(erasure, "cooling") || erasure->cooling > ask->env->now(ask->env))
        return ERR_OK;
    err_t judged = erasure_judge(ask, erasure);
    if (judged == ERR_DENIED)
        out->held = ask_text(ask, str(err_note()));
    return judged == ERR_DENIED ? ERR_OK : judged;
}

err_t erasure_put(struct ask *ask, const struct erasure *erasure, Keys__Erasure *out)
{
    keys__erasure__init(out);
    out->id = ask_bytes(ask, ident_bytes(&erasure->id));
    out->tenant = ask_bytes(ask, ident_bytes(&erasure->tenant));
    out->by = ask_bytes(ask, ident_bytes(&erasure->by));
    out->second = ask_bytes(ask, ident_bytes(&erasure->second));
    out->document = ask_bytes(ask, erasure->document);
    out->name = ask_text(ask, erasure->name);
    out->asked = ask_text(ask, erasure->asked);
    out->state = ask_text(ask, erasure->state);
    out->request = ask_text(ask, erasure->request);
    out->commitment = ask_text(ask, erasure->commitment);
    out->certificate = ask_text(ask, erasure->certificate);
    out->requested = erasure->requested;
    out->cooling_until = erasure->cooling;
    out->mark_by = erasure->requested + HOURS(MARK_HOURS);
    out->marked = erasure->marked;
    out->destroyed = erasure->destroyed;
    out->certified = erasure->certified;
    out->closed = erasure->closed;
    out->entry = erasure->entry;
    if (!ident_is_zero(erasure->after))
        out->after = ask_bytes(ask, ident_bytes(&erasure->after));
    TRY(held_put(ask, erasure, out));
    TRY(kept_put(ask, erasure->id, out));
    TRY(log_put(ask, erasure, out));
    TRY(certifier_key(ask, &out->key));
    return stores_put(ask, erasure->id, out);
}

static err_t list_from(struct ask *ask, rows_t *rows, Keys__Erasures *out)
{
    out->items = arena_array(ask->arena, Keys__Erasure *, AT_ONCE);
    TRY(arena_end(ask->arena));
    while (out->n_items < AT_ONCE && row_next(rows)) {
        struct erasure erasure;
        Keys__Erasure *item = out->items[out->n_items++] = arena_new(ask->arena, Keys__Erasure);
        TRY(arena_end(ask->arena));
        erasure_from(ask, rows, &erasure);
        TRY(erasure_put(ask, &erasure, item));
    }
    TRY(rows_end(rows));
    return arena_end(ask->arena);
}

/* Beyond what was promised: a step counts from when it was done, or until now where it has not been. */
static err_t record_put(struct ask *ask, Keys__Erasure *out)
{
    OWN(rows) rows = {0};
    Keys__ErasureRecord *record = out->record = arena_new(ask->arena, Keys__ErasureRecord);
    TRY(arena_end(ask->arena));
    keys__erasure_record__init(record);
    TRY(db_read(
        ask->db, &rows,
        "select count(*), sum(marked - requested > $2), sum(max(destroyed, (destroyed = 0) * $1) - marked > $3),"
        " sum(max(certified, (certified = 0) * $1) - marked > $2),"
        " sum(max(certified, (certified = 0) * $1) - requested > $4),"
        " max(max(destroyed - marked, 0)), sum((select count(*) from erased_stores where erasure = erasures.id"
        " and at > 0) = $5), sum(certificate <> '') from erasures where marked > 0",
        N(ask->env->now(ask->env)), N(HOURS(24)), N(HOURS(1)), N(DAYS(180)), N(ERASED_COUNT)));
    TRY(row_one(&rows));
    int64_t *const counts[] = {&record->begun,       &record->late_marks,   &record->late_keys,
                               &record->late_stores, &record->late_backups, &record->slowest_keys,
                               &record->emptied,     &record->certified};
    for (int i = 0; i < (int)(sizeof counts / sizeof *counts); i++)
        *counts[i] = row_number(&rows, i);
    return ERR_OK;
}

/* Of the client itself: its erasure, where there is one, and what there is to be destroyed. */
/* The last notice goes by mail: webhooks end with their client. */
static err_t untold_put(struct ask *ask, ident_t tenant, Keys__Erasure *out)
{
    int64_t addresses = 0;
    TRY(db_number(ask->db, &addresses, "select count(*) from notice_addresses where tenant = $1",
                  ID(tenant)));
    out->untold = !addresses;
    return ERR_OK;
}

err_t answer_erasure_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Erasure *out = ask->out;
    OWN(who) who = {0};
    struct erasure erasure;
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    err_t found = erasure_of(ask, who.tenant, &erasure);
    if (found == ERR_OK)
        TRY(erasure_put(ask, &erasure, out));
    else if (found == ERR_MISSING)
        TRY(certifier_key(ask, &out->key));
    else
        return found;
    TRY(record_put(ask, out));
    TRY(untold_put(ask, who.tenant, out));
    return erasure_counts(ask, who.tenant, out);
}

/* Whoever has the id, which nobody can guess. Who asked for it is not told. */
err_t answer_erasure_show(struct ask *ask)
{
    const Keys__ErasureNamed *in = ask->in;
    Keys__Erasure *out = ask->out;
    struct erasure erasure;
    ident_t id;
    TRY(ident_from(bin(in->id), &id));
    TRY(erasure_read(ask, id, &erasure));
    TRY(erasure_put(ask, &erasure, out));
    out->by = out->second = (ProtobufCBinaryData){0};
    out->name = out->request = ask_text(ask, STR(""));
    return arena_end(ask->arena);
}

/* What the provider's people see: that there are erasures, and how far they are. */
err_t answer_erasure_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_STAFF, &who));
    TRY(db_read(ask->db, &rows, "select " ERASURE_COLUMNS " from erasures order by requested desc limit 64"));
    return list_from(ask, &rows, ask->out);
}

/* Those that the process that answers the network still has something open of. */
err_t answer_erasure_watch(struct ask *ask)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " ERASURE_COLUMNS
                " from erasures where state in ('marked', 'destroyed') and not exists"
                " (select 1 from erased_stores where erasure = erasures.id and store = 'writers' and at > 0)"
                " limit 64"));
    return list_from(ask, &rows, ask->out);
}

/* Those that something can be done for; the clock's own work is done on the way. One whose log a legal hold keeps open may stay
 * so for years, and one that is refused for long: neither is to be in the way of those that came after. */
err_t answer_erasure_due(struct ask *ask)
{
    OWN(rows) rows = {0};
    TRY(last_notices_expire(ask));
    TRY(renewed_withdraw(ask));
    TRY(db_read(ask->db, &rows,
                "select " ERASURE_COLUMNS " from erasures where state not in ('withdrawn', 'closed')"
                " and (state <> 'cooling' or cooling <= $1) and (state <> 'certified' or not exists"
                " (select 1 from holds where holds.tenant = erasures.tenant and released = 0))"
                " order by random() limit 64",
                N(ask->env->now(ask->env))));
    return list_from(ask, &rows, ask->out);
}
