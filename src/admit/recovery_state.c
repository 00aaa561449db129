/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said about the recovery key: who keeps it, who of them is there, and how many ways in there are.
 */
#include "admit/recovery.h"

#include "admit/rekey.h"
#include "crypt/part.h"
#include "keyring/notices.h"

/* $2 is now; a member who signed in before days were kept counts from when it was made. */
#define GUARDIAN_COLUMNS \
    "recovery_parts.member, recovery_parts.number, seen, confirmed, rehearsed," \
    " coalesce(case when members.used > members.made then members.used else members.made end, 0)," \
    " case when members.kind is null or members.kind <> 'user' then 'removed' when" \
    " members.disabled > 0 then 'disabled' when not exists" \
    " (select 1 from cells where cells.id = members.id and cell = $3) then 'waiting' when" \
    " members.used < $2 and members.made < $2 then 'inactive' else 'active' end"

static Keys__Guardian *guardian_from(struct ask *ask, const rows_t *rows)
{
    Keys__Guardian *guardian = arena_new(ask->arena, Keys__Guardian);
    if (!guardian)
        return NULL;
    keys__guardian__init(guardian);
    guardian->member = ask_bytes(ask, row_text(rows, 0));
    guardian->number = row_number(rows, 1);
    guardian->seen = row_number(rows, 2);
    guardian->confirmed = row_number(rows, 3);
    guardian->rehearsed = row_number(rows, 4);
    guardian->active = row_number(rows, 5);
    guardian->state = ask_text(ask, row_text(rows, 6));
    return guardian;
}

static err_t guardians_read(struct ask *ask, ident_t recovery, Keys__RecoverySet *out)
{
    OWN(rows) rows = {0};
    out->guardians = arena_array(ask->arena, Keys__Guardian *, GUARDIANS_MOST);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " GUARDIAN_COLUMNS " from recovery_parts left join members on members.id = member"
                " where recovery = $1 order by recovery_parts.number",
                ID(recovery), N(ask->env->now(ask->env) - DAYS(GUARDIAN_DAYS)), N(CELL_TENANT_KEY)));
    while (out->n_guardians < GUARDIANS_MOST && row_next(&rows))
        out->guardians[out->n_guardians++] = guardian_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* NULL: there is none in that state. */
static err_t set_read(struct ask *ask, ident_t tenant, const char *state, Keys__RecoverySet **out_set)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select id, number, need, by, made, since from recoveries where tenant = $1 and state = $2",
                ID(tenant), T(str(state))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return ERR_OK;
    Keys__RecoverySet *set = *out_set = arena_new(ask->arena, Keys__RecoverySet);
    TRY(arena_end(ask->arena));
    keys__recovery_set__init(set);
    set->number = row_number(&rows, 1);
    set->need = row_number(&rows, 2);
    set->by = ask_bytes(ask, row_text(&rows, 3));
    set->made = row_number(&rows, 4);
    set->since = row_number(&rows, 5);
    return guardians_read(ask, row_ident(&rows, 0), set);
}

/* Who keeps a part that counts, and has not signed in since $1. */
#define INACTIVE \
    " from recovery_parts join recoveries on recoveries.id = recovery_parts.recovery and recoveries.state = 'live'" \
    " join tenants on tenants.id = recoveries.tenant and tenants.state = 'open' join members on members.id = recovery_parts.member" \
    " and members.kind = 'user' and members.disabled = 0 where members.used < $1 and members.made < $1 and told = 0"

static err_t guardians_tell(struct ask *ask, ident_t tenant, moment_t since)
{
    struct notice notice = {NOTICE_GUARDIAN_INACTIVE};
    TRY(db_number(ask->db, &notice.count, "select count(*)" INACTIVE " and recoveries.tenant = $2", N(since),
                  ID(tenant)));
    TRY(notice_add(ask, tenant, &notice));
    return db_do(ask->db,
                 "update recovery_parts set told = $3 where id in (select recovery_parts.id" INACTIVE
                 " and recoveries.tenant = $2)",
                 N(since), ID(tenant), N(ask->env->now(ask->env)));
}

/* Once for each who turns inactive; whoever has signed in since may do so again. */
err_t guardians_turn(struct ask *ask)
{
    moment_t since = ask->env->now(ask->env) - DAYS(GUARDIAN_DAYS);
    OWN(buf) tenants = BUF(MAX_MEMORY);
    TRY(db_do(
        ask->db,
        "update recovery_parts set told = 0 where told > 0 and member in (select id from members where used >= $1)",
        N(since)));
    TRY(db_idents(ask->db, &tenants, "select distinct recoveries.tenant" INACTIVE, N(since)));
    for_each_ident(tenant, &tenants) TRY(guardians_tell(ask, tenant, since));
    return ERR_OK;
}

static bool opens_if_needed(const Keys__Recovery *recovery)
{
    int64_t able = 0;
    const Keys__RecoverySet *live = recovery->live;
    if (!recovery->confirmed || recovery->used)
        return false;
    if (!live || live->need == 1)
        return true;
    for (size_t i = 0; i < live->n_guardians; i++)
        able += !strcmp(live->guardians[i]->state, "active");
    return able >= live->need;
}

/* Owners who have the tenant's key, and an opener of their own for it: a password, or a passkey that opens. */
static err_t owners_count(struct ask *ask, ident_t tenant, int64_t *out_count)
{
    return db_number(ask->db, out_count,
                     "select count(*) from members where tenant = $1 and kind = 'user' and role = 'owner'"
                     " and disabled = 0"
                     " and exists (select 1 from cells where cells.id = members.id and cell = $2)"
                     " and (exists (select 1 from cells where cells.id = members.id and cell = $3) or exists"
                     " (select 1 from passkeys join cells on cells.id = passkeys.id and cell = $4"
                     " where passkeys.member = members.id))",
                     ID(tenant), N(CELL_TENANT_KEY), N(CELL_MEMBER_KEY), N(CELL_PASSKEY_KEY));
}

static err_t tenant_read(struct ask *ask, ident_t tenant, Keys__Recovery *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select state, recovery_used from tenants where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    out->confirmed = str_eq(row_text(&rows, 0), STR("open"));
    out->used = row_number(&rows, 1);
    return ERR_OK;
}

err_t answer_recovery_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Recovery *out = ask->out;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    out->key = arena_new(ask->arena, Keys__TenantKey);
    TRY(arena_end(ask->arena));
    keys__tenant_key__init(out->key);
    TRY(tenant_key_message(ask, who.tenant, out->key));
    TRY(tenant_read(ask, who.tenant, out));
    TRY(set_read(ask, who.tenant, "live", &out->live));
    TRY(set_read(ask, who.tenant, "waiting", &out->waiting));
    TRY(owners_count(ask, who.tenant, &out->owners));
    out->opens = opens_if_needed(out);
    return arena_end(ask->arena);
}
