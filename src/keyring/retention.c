/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/retention.h"

#include "keyring/clock.h"
#include "keyring/contracts.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/notices.h"

static const char *const kinds[] = {"videos", "launches"};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* By the level of a warning, as retain/plan.h counts them. */
static const struct mark {
    int64_t percent;
    enum notice_kind notice;
} marks[] = {
    {0, NOTICE_COUNT}, {80, NOTICE_STORAGE_80}, {90, NOTICE_STORAGE_90}, {100, NOTICE_STORAGE_STUCK}};
enum { LEVELS = sizeof marks / sizeof *marks };

const char *retention_kind(const char *name)
{
    for (int i = 0; i < KINDS; i++)
        if (!strcmp(kinds[i], name))
            return kinds[i];
    return NULL;
}

static err_t ages_of(struct ask *ask, ident_t tenant, const char *kind, Keys__RetentionAges **out_ages)
{
    OWN(rows) rows = {0};
    Keys__RetentionAges *ages = arena_new(ask->arena, Keys__RetentionAges);
    TRY(arena_end(ask->arena));
    keys__retention_ages__init(ages);
    ages->kind = (char *)(uintptr_t)kind;
    TRY(db_read(ask->db, &rows, "select least, most from retentions where tenant = $1 and kind = $2",
                ID(tenant), T(str(kind))));
    if (row_next(&rows)) {
        ages->least = row_number(&rows, 0);
        ages->most = row_number(&rows, 1);
    }
    *out_ages = ages;
    return rows_end(&rows);
}

/* What was told of a client's room, and what was said. */
struct told {
    int64_t level, day, change, seen;
};

static err_t told_of(struct ask *ask, ident_t tenant, struct told *out_told)
{
    OWN(rows) rows = {0};
    *out_told = (struct told){0};
    TRY(db_read(ask->db, &rows, "select level, day, change, seen from storage_told where tenant = $1",
                ID(tenant)));
    if (row_next(&rows))
        *out_told = (struct told){row_number(&rows, 0), row_number(&rows, 1), row_number(&rows, 2),
                                  row_number(&rows, 3)};
    return rows_end(&rows);
}

/* The contract's capacity, and whether its clock is believed: what goes cannot be brought back. */
static err_t limits_fill(struct ask *ask, ident_t tenant, Keys__Retention *out)
{
    struct licence licence;
    TRY(licence_read(ask, tenant, &licence));
    err_t clock = clock_confirmed(ask);
    if (clock != ERR_OK && clock != ERR_DENIED)
        return clock;
    out->waits = clock == ERR_DENIED;
    out->capacity = licence.capacity * keyring_gib(ask->keyring);
    return ERR_OK;
}

static err_t retention_fill(struct ask *ask, ident_t tenant, Keys__Retention *out)
{
    struct told told;
    out->tenant = ask_bytes(ask, ident_bytes(&tenant));
    out->ages = arena_array(ask->arena, Keys__RetentionAges *, KINDS);
    TRY(arena_end(ask->arena));
    for (int i = 0; i < KINDS; i++)
        TRY(ages_of(ask, tenant, kinds[i], &out->ages[out->n_ages++]));
    TRY(told_of(ask, tenant, &told));
    out->level = told.level;
    out->change = told.change;
    out->held = arena_new(ask->arena, Keys__Held);
    TRY(arena_end(ask->arena));
    keys__held__init(out->held);
    TRY(held_message(ask, tenant, out->held));
    return limits_fill(ask, tenant, out);
}

err_t answer_retention_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    return retention_fill(ask, who.tenant, ask->out);
}

/* What the client says */

static err_t ages_check(const Keys__RetentionAges *ages)
{
    if (!retention_kind(ages->kind))
        return fail(ERR_INVALID, "only videos and launches go");
    if (ages->least < 0 || ages->most < 0 || ages->least > RETENTION_LONGEST ||
        ages->most > RETENTION_LONGEST)
        return fail(ERR_INVALID, "an age is 0 to %d days", RETENTION_LONGEST);
    if (ages->most && ages->most < ages->least)
        return fail(ERR_INVALID, "%s that are to stay for %lld days cannot go after %lld", ages->kind,
                    (long long)ages->least, (long long)ages->most);
    return ERR_OK;
}

static bool is_lowered(const Keys__RetentionAges *before, const Keys__RetentionAges *after)
{
    int64_t most_before = before->most ? before->most : INT64_MAX;
    int64_t most_after = after->most ? after->most : INT64_MAX;
    return after->least < before->least || most_after < most_before;
}

/* One kind as it is from now on; whether more of it may go than before. */
static err_t ages_keep(struct ask *ask, ident_t tenant, const Keys__RetentionAges *after, bool *io_lowered)
{
    TRY(ages_check(after));
    Keys__RetentionAges *before = NULL;
    TRY(ages_of(ask, tenant, after->kind, &before));
    *io_lowered |= is_lowered(before, after);
    return db_do(ask->db,
                 "insert into retentions (tenant, kind, least, most) values ($1, $2, $3, $4)"
                 " on conflict (tenant, kind) do update set least = excluded.least, most = excluded.most",
                 ID(tenant), T(str(after->kind)), N(after->least), N(after->most));
}

static err_t name_typed(struct ask *ask, ident_t tenant, const char *typed)
{
    Keys__Tenant *about = NULL;
    TRY(tenant_message(ask, tenant, &about));
    return !strcmp(about->name, typed)
               ? ERR_OK
               : fail(ERR_CONFLICT,
                      "more may go than before: the organisation's name has to be typed for that");
}

err_t answer_retention_set(struct ask *ask)
{
    const Keys__RetentionSet *in = ask->in;
    OWN(who) who = {0};
    bool lowered = false;
    TRY(who_asks(ask, in->bearer, RIGHT_KEEP, &who));
    for (size_t i = 0; i < in->n_ages; i++)
        TRY(ages_keep(ask, who.tenant, in->ages[i], &lowered));
    if (lowered)
        TRY(name_typed(ask, who.tenant, in->name));
    TRY(db_do(ask->db,
              "insert into storage_told (tenant, level, day, change, seen) values ($1, 0, 0, 1, 0)"
              " on conflict (tenant) do update set change = change + 1",
              ID(who.tenant)));
    const struct entry entry = {ACT_RETENTION_CHANGED, .by = who_mention(&who), .session = who.session,
                                .count = lowered};
    TRY(journal(ask, who.tenant, &entry));
    return retention_fill(ask, who.tenant, ask->out);
}

/* What the jobs process asks and tells: of a client whose keys were destroyed nothing, its file is not opened again. */

#define NOT_DESTROYED \
    " not exists (select 1 from life_facts where life_facts.tenant = tenants.id and fact = 'keys_destroyed')"

err_t answer_retention_list(struct ask *ask)
{
    Keys__Retentions *out = ask->out;
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(db_number(ask->db, &room,
                  "select count(*) from tenants where state in ('kit', 'open') and" NOT_DESTROYED));
    out->items = arena_array(ask->arena, Keys__RetentionDue *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, coalesce(change > seen, 1) from tenants left join storage_told on storage_told.tenant = id"
        " where state in ('kit', 'open') and" NOT_DESTROYED " order by id"));
    while (out->n_items < (size_t)room && row_next(&rows)) {
        Keys__RetentionDue *one = arena_new(ask->arena, Keys__RetentionDue);
        TRY(arena_end(ask->arena));
        keys__retention_due__init(one);
        one->tenant = ask_bytes(ask, row_text(&rows, 0));
        one->due = row_number(&rows, 1) != 0;
        out->items[out->n_items++] = one;
    }
    return rows_end(&rows);
}

err_t answer_retention_of(struct ask *ask)
{
    const Keys__RetentionAsk *in = ask->in;
    ident_t tenant;
    int64_t there = 0;
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(db_number(ask->db, &there, "select count(*) from tenants where id = $1 and" NOT_DESTROYED,
                  ID(tenant)));
    return there ? retention_fill(ask, tenant, ask->out)
                 : fail(ERR_MISSING, "nothing is kept of this client");
}

/* Only a mark that is passed upwards is told of. */
static err_t level_tell(struct ask *ask, ident_t tenant, int64_t before, int64_t now)
{
    if (now <= before)
        return ERR_OK;
    TRY(notice_add(ask, tenant, &(struct notice){marks[now].notice, .count = marks[now].percent}));
    return journal(ask, tenant,
                   &(struct entry){ACT_STORAGE_WARNED, .by = BY_SERVICE, .count = marks[now].percent});
}

err_t answer_retention_told(struct ask *ask)
{
    const Keys__RetentionTold *in = ask->in;
    ident_t tenant;
    struct told told;
    TRY(ident_from(bin(in->tenant), &tenant));
    if (in->level < 0 || in->level >= LEVELS || in->went < 0)
        return fail(ERR_INVALID, "a warning that there is not");
    TRY(told_of(ask, tenant, &told));
    TRY(level_tell(ask, tenant, told.level, in->level));
    if (in->day > told.day && in->went)
        TRY(notice_add(ask, tenant, &(struct notice){NOTICE_STORAGE_EVICTED, .count = in->went}));
    return db_do(ask->db,
                 "insert into storage_told (tenant, level, day, change, seen)"
                 " select id, $2, $3, 0, $4 from tenants where id = $1 and state <> 'erased'"
                 " on conflict (tenant) do update set level = excluded.level, day = max(day, excluded.day),"
                 " seen = max(seen, excluded.seen)",
                 ID(tenant), N(in->level), N(in->day), N(in->change));
}
