/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/process.h"

#include "keyring/journal.h"

err_t process_current(struct ask *ask, ident_t tenant, ident_t *out_process)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select id from processes where tenant = $1 order by number desc limit 1",
                ID(tenant)));
    *out_process = row_next(&rows) ? row_ident(&rows, 0) : (ident_t){{0}};
    return rows_end(&rows);
}

err_t process_longest(struct ask *ask, ident_t process, int64_t *out_minutes)
{
    *out_minutes = LONGEST_MINUTES;
    return ident_is_zero(process)
               ? ERR_OK
               : db_number(ask->db, out_minutes, "select longest from processes where id = $1", ID(process));
}

err_t process_level(struct ask *ask, ident_t process, int64_t level, int64_t *out_need)
{
    OWN(rows) rows = {0};
    *out_need = level == 1;
    if (ident_is_zero(process))
        return ERR_OK;
    TRY(db_read(ask->db, &rows, "select need from levels where process = $1 and level = $2", ID(process),
                N(level)));
    *out_need = row_next(&rows) ? row_number(&rows, 0) : 0;
    return rows_end(&rows);
}

/* Of process $1 and its level $2: who is in the groups that it names, or in a group within one, at this moment. */
#define GROUPED \
    "with recursive down (id, is_group) as (" \
    " select grp, 1 from level_groups where process = $1 and level = $2" \
    " union select inner_.member, inner_.is_group from scim_members inner_ join down" \
    " on down.is_group = 1 and inner_.grp = down.id)"

err_t process_names(struct ask *ask, ident_t process, int64_t level, ident_t member, bool *out_may)
{
    int64_t found = 0;
    *out_may = true;
    if (ident_is_zero(process))
        return ERR_OK;
    TRY(db_number(ask->db, &found,
                  GROUPED
                  " select (select count(*) from levels where process = $1 and level = $2 and named = 0) +"
                  " (select count(*) from level_members where process = $1 and level = $2 and member = $3) +"
                  " (select count(*) from down where is_group = 0 and id = $3)",
                  ID(process), N(level), ID(member)));
    *out_may = found > 0;
    return ERR_OK;
}

static err_t level_read(struct ask *ask, ident_t process, int64_t number, Keys__Level *out)
{
    OWN(buf) members = BUF(MAX_ASK);
    OWN(buf) groups = BUF(MAX_ASK);
    keys__level__init(out);
    TRY(process_level(ask, process, number, &out->need));
    TRY(db_idents(ask->db, &members, "select member from level_members where process = $1 and level = $2",
                  ID(process), N(number)));
    TRY(db_idents(ask->db, &groups, "select grp from level_groups where process = $1 and level = $2",
                  ID(process), N(number)));
    out->named = members.len > 0 || groups.len > 0;
    TRY(ask_idents(ask, &members, &out->members, &out->n_members));
    return ask_idents(ask, &groups, &out->groups, &out->n_groups);
}

err_t process_read(struct ask *ask, ident_t process, Keys__Process **out_process)
{
    Keys__Process *out = *out_process = arena_new(ask->arena, Keys__Process);
    Keys__Level *levels = arena_array(ask->arena, Keys__Level, LEVELS_MOST);
    Keys__Level **list = arena_array(ask->arena, Keys__Level *, LEVELS_MOST);
    TRY(arena_end(ask->arena));
    keys__process__init(out);
    out->levels = list;
    TRY(process_longest(ask, process, &out->longest));
    for (int i = 0; i < LEVELS_MOST; i++) {
        TRY(level_read(ask, process, i + 1, &levels[i]));
        if (!levels[i].need)
            break;
        list[out->n_levels++] = &levels[i];
    }
    return ERR_OK;
}

err_t process_count(struct ask *ask, ident_t tenant, ident_t process, Keys__Process *out_process)
{
    static const ident_t nobody;
    for (size_t i = 0; i < out_process->n_levels; i++) {
        Keys__Level *level = out_process->levels[i];
        const struct process_place place = {tenant, process, (int64_t)i + 1};
        TRY(process_able(ask, &place, nobody, &level->able));
        level->counted = true;
    }
    return ERR_OK;
}

/* The version in force, with how many could answer it now. */
static err_t current_answer(struct ask *ask, ident_t tenant)
{
    Keys__Process *process = NULL;
    ident_t current;
    TRY(process_current(ask, tenant, &current));
    TRY(process_read(ask, current, &process));
    TRY(process_count(ask, tenant, current, process));
    *(Keys__Process *)ask->out = *process;
    return ERR_OK;
}

err_t answer_process_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    return current_answer(ask, who.tenant);
}

/* Whether the member is a person of the tenant whose role may answer requests. */
static err_t may_answer(struct ask *ask, ident_t tenant, ident_t member)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select role from members where id = $1 and tenant = $2 and kind = 'user' and disabled = 0",
                ID(member), ID(tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    return found && role_may(role_find(row_text(&rows, 0)), RIGHT_APPROVE)
               ? ERR_OK
               : fail(ERR_INVALID, "%s is not a member who may answer requests: an owner or an approver",
                      ident_text("usr", member).text);
}

static err_t able_find(struct ask *ask, const struct process_place *place, ident_t without, buf_t *out_ids)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        GROUPED
        " select role, id from members where tenant = $3 and kind = 'user' and id <> $4 and disabled = 0"
        " and ($5 = 1 or exists (select 1 from levels where process = $1 and level = $2 and named = 0)"
        " or id in (select member from level_members where process = $1 and level = $2)"
        " or id in (select id from down where is_group = 0))",
        ID(place->process), N(place->level), ID(place->tenant), ID(without),
        N(ident_is_zero(place->process))));
    while (row_next(&rows))
        if (role_may(role_find(row_text(&rows, 0)), RIGHT_APPROVE))
            buf_put(out_ids, row_text(&rows, 1));
    TRY(rows_end(&rows));
    return buf_end(out_ids);
}

err_t process_able(struct ask *ask, const struct process_place *place, ident_t without, int64_t *out_able)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(able_find(ask, place, without, &ids));
    *out_able = (int64_t)(ids.len / sizeof(ident_t));
    return ERR_OK;
}

/* Who could say yes at each level, and how many have to. */
struct seats {
    buf_t able[LEVELS_MOST];
    int64_t need[LEVELS_MOST];
};
typedef struct seats seats_own;

static void seats_drop(struct seats *seats)
{
    for (int i = 0; i < LEVELS_MOST; i++)
        buf_drop(&seats->able[i]);
}

static bool is_able(const buf_t *able, ident_t member)
{
    for_each_ident(id, able) if (ident_eq(id, member)) return true;
    return false;
}

/* Whether a level before this one counts the member. Of `levels` each bit is one that is looked at. */
static bool is_counted(const struct seats *seats, unsigned levels, int level, ident_t member)
{
    for (int i = 0; i < level; i++)
        if ((levels >> i & 1) && is_able(&seats->able[i], member))
            return true;
    return false;
}

/* Whether who could answer at any of these levels is as many as they need together. */
static bool are_enough(const struct seats *seats, unsigned levels)
{
    int64_t people = 0, need = 0;
    for (int i = 0; i < LEVELS_MOST; i++) {
        if (!(levels >> i & 1))
            continue;
        need += seats->need[i];
        for_each_ident(id, &seats->able[i]) people += !is_counted(seats, levels, i, id);
    }
    return people >= need;
}

/* Each of several levels finds people of its own where any of them together have as many as they need (Hall, 1935). */
err_t process_meets(struct ask *ask, const struct process_place *of, ident_t without, bool *out_meets)
{
    OWN(seats) seats = {.able = {BUF(MAX_ASK), BUF(MAX_ASK), BUF(MAX_ASK)}};
    *out_meets = true;
    for (int i = 0; i < LEVELS_MOST; i++) {
        const struct process_place place = {of->tenant, of->process, i + 1};
        TRY(process_level(ask, place.process, place.level, &seats.need[i]));
        if (seats.need[i])
            TRY(able_find(ask, &place, without, &seats.able[i]));
    }
    for (unsigned levels = 1; levels < 1u << LEVELS_MOST; levels++)
        *out_meets &= are_enough(&seats, levels);
    return ERR_OK;
}

/* One level of a new version. */
struct new_level {
    ident_t tenant, process;
    int64_t number;
    const Keys__Level *level;
};

static err_t members_put(struct ask *ask, const struct new_level *new)
{
    for (size_t i = 0; i < new->level->n_members; i++) {
        ident_t member;
        TRY(ident_from(bin(new->level->members[i]), &member));
        TRY(may_answer(ask, new->tenant, member));
        TRY(db_do(ask->db,
                  "insert into level_members (process, level, member) values ($1, $2, $3)"
                  " on conflict do nothing",
                  ID(new->process), N(new->number), ID(member)));
    }
    return ERR_OK;
}

static err_t groups_put(struct ask *ask, const struct new_level *new)
{
    for (size_t i = 0; i < new->level->n_groups; i++) {
        ident_t group;
        int64_t there = 0;
        TRY(ident_from(bin(new->level->groups[i]), &group));
        TRY(db_number(ask->db, &there, "select count(*) from scim_groups where id = $1 and tenant = $2",
                      ID(group), ID(new->tenant)));
        if (!there)
            return fail(ERR_INVALID, "%s is no group of yours", ident_text("grp", group).text);
        TRY(db_do(ask->db,
                  "insert into level_groups (process, level, grp) values ($1, $2, $3) on conflict do nothing",
                  ID(new->process), N(new->number), ID(group)));
    }
    return ERR_OK;
}

static err_t level_put(struct ask *ask, const struct new_level *new)
{
    static const ident_t nobody;
    const Keys__Level *level = new->level;
    int64_t able = 0;
    TRY(members_put(ask, new));
    TRY(groups_put(ask, new));
    TRY(db_do(ask->db, "insert into levels (process, level, need, named) values ($1, $2, $3, $4)",
              ID(new->process), N(new->number), N(level->need), N(level->n_members || level->n_groups)));
    TRY(process_able(ask, &(struct process_place){new->tenant, new->process, new->number}, nobody, &able));
    if (level->need < 1 || level->need > able)
        return fail(ERR_INVALID, "level %lld needs %lld to say yes, and %lld could", (long long)new->number,
                    (long long)level->need, (long long)able);
    return ERR_OK;
}

err_t answer_process_set(struct ask *ask)
{
    const Keys__ProcessSet *in = ask->in;
    const Keys__Process *process = in->process;
    OWN(who) who = {0};
    ident_t id = ident_new(ask->env);
    static const ident_t nobody;
    bool meets = false;
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    if (!process || !process->n_levels || process->n_levels > LEVELS_MOST)
        return fail(ERR_INVALID, "a process has 1 to %d levels", LEVELS_MOST);
    if (process->longest < 1 || process->longest > LONGEST_MINUTES)
        return fail(ERR_INVALID, "a grant lasts 1 to %d minutes", LONGEST_MINUTES);
    TRY(db_do(ask->db,
              "insert into processes (id, tenant, number, longest)"
              " select $1, $2, coalesce(max(number), 0) + 1, $3 from processes where tenant = $2",
              ID(id), ID(who.tenant), N(process->longest)));
    for (size_t i = 0; i < process->n_levels; i++)
        TRY(level_put(ask, &(struct new_level){who.tenant, id, (int64_t)i + 1, process->levels[i]}));
    TRY(process_meets(ask, &(struct process_place){.tenant = who.tenant, .process = id}, nobody, &meets));
    if (!meets)
        return fail(ERR_INVALID,
                    "nobody answers twice: the levels together need more people than could answer them");
    TRY(current_answer(ask, who.tenant));
    const struct entry entry = {ACT_PROCESS_CHANGED, .by = who_mention(&who), .session = who.session,
                                .count = (int64_t)process->n_levels};
    return journal(ask, who.tenant, &entry);
}
