/* SPDX-License-Identifier: Apache-2.0
 *
 * The groups of a client: who is in them, by ids. Most are told of by its directory; an owner makes others by hand, which a
 * process of approval names like those. The directory sees all: what it changes it keeps from then on.
 */
#include "admit/process.h"
#include "admit/scim.h"
#include "keyring/journal.h"
#include "keyring/labels.h"

enum { GROUPS_MOST = 5000 };

static err_t members_read(struct ask *ask, ident_t group, Keys__ScimGroup *out)
{
    OWN(buf) users = BUF(MAX_MEMORY);
    OWN(buf) groups = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &users, "select member from scim_members where grp = $1 and is_group = 0",
                  ID(group)));
    TRY(db_idents(ask->db, &groups, "select member from scim_members where grp = $1 and is_group = 1",
                  ID(group)));
    TRY(ask_idents(ask, &users, &out->users, &out->n_users));
    return ask_idents(ask, &groups, &out->groups, &out->n_groups);
}

static err_t group_read(struct ask *ask, const struct who *who, const rows_t *rows,
                        Keys__ScimGroup **out_group)
{
    Keys__ScimGroup *group = *out_group = arena_new(ask->arena, Keys__ScimGroup);
    TRY(arena_end(ask->arena));
    keys__scim_group__init(group);
    group->id = ask_bytes(ask, row_text(rows, 0));
    group->made = row_number(rows, 1);
    group->changed = row_number(rows, 2);
    group->edition = row_number(rows, 3);
    group->by_hand = row_number(rows, 4) != 0;
    return label_get(ask, who, row_ident(rows, 0), &group->name);
}

/* Names of groups name no person: they are opened without an entry. */
err_t scim_groups_find(struct ask *ask, const struct who *who, const Keys__ScimFind *in)
{
    Keys__ScimFound *out = ask->out;
    OWN(rows) rows = {0};
    out->groups = arena_array(ask->arena, Keys__ScimGroup *, GROUPS_MOST);
    TRY(arena_end(ask->arena));
    ask->idle = true;
    TRY(db_read(
        ask->db, &rows,
        "select id, made, changed, edition, by_hand from scim_groups where tenant = $1 and (id = $2 or $3 = 1)"
        " order by made, id limit $4",
        ID(who->tenant), B(bin(in->id)), N(!in->id.len), N(GROUPS_MOST)));
    while (out->n_groups < GROUPS_MOST && row_next(&rows)) {
        Keys__ScimGroup **group = &out->groups[out->n_groups++];
        TRY(group_read(ask, who, &rows, group));
        if (in->members)
            TRY(members_read(ask, row_ident(&rows, 0), *group));
    }
    out->total = (int64_t)out->n_groups;
    return rows_end(&rows);
}

/* For whoever may read the log: with all who are in each, those of groups within it too. */
static err_t group_known(struct ask *ask, const struct who *who, const rows_t *rows,
                         Keys__ScimGroup **out_group)
{
    OWN(buf) people = BUF(MAX_MEMORY);
    TRY(group_read(ask, who, rows, out_group));
    TRY(scim_group_people(ask, row_ident(rows, 0), &people));
    return ask_idents(ask, &people, &(*out_group)->users, &(*out_group)->n_users);
}

err_t answer_group_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__ScimFound *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    out->groups = arena_array(ask->arena, Keys__ScimGroup *, GROUPS_MOST);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, made, changed, edition, by_hand from scim_groups where tenant = $1 order by made, id",
        ID(who.tenant)));
    while (out->n_groups < GROUPS_MOST && row_next(&rows))
        TRY(group_known(ask, &who, &rows, &out->groups[out->n_groups++]));
    return rows_end(&rows);
}

struct group {
    struct ask *ask;
    const Keys__ScimGroupPut *in;
    struct who *who;
    ident_t id;
    bool by_hand;
    buf_t people; /* who was in it before, and is after */
};
typedef struct group group_own;
static void group_drop(struct group *group) { buf_drop(&group->people); }

static err_t name_put(struct group *group)
{
    struct key hash;
    TRY(scim_group_hash(group->ask, group->who->tenant, str(group->in->name), &hash));
    err_t put = db_do(group->ask->db, "update scim_groups set hash = $2 where id = $1", ID(group->id),
                      B(key_bytes(&hash)));
    if (put == ERR_CONFLICT)
        return fail(ERR_CONFLICT, "%sanother group has this name", group->by_hand ? "" : "uniqueness: ");
    TRY(put);
    TRY(cell_destroy(group->ask->keyring, group->id, CELL_LABEL));
    return label_put(group->ask, group->who, group->id, str(group->in->name));
}

static err_t group_make(struct group *group)
{
    struct ask *ask = group->ask;
    moment_t now = ask->env->now(ask->env);
    int64_t count = 0;
    TRY(db_number(ask->db, &count, "select count(*) from scim_groups where tenant = $1",
                  ID(group->who->tenant)));
    if (count >= GROUPS_MOST)
        return fail(ERR_TOO_LARGE, "at most %d groups", GROUPS_MOST);
    group->id = ident_new(ask->env);
    return db_do(
        ask->db,
        "insert into scim_groups (id, tenant, hash, made, changed, edition) values ($1, $2, $1, $3, $3, 0)",
        ID(group->id), ID(group->who->tenant), N(now));
}

static err_t group_find(struct group *group)
{
    OWN(rows) rows = {0};
    TRY(ident_from(bin(group->in->id), &group->id));
    TRY(db_read(group->ask->db, &rows,
                "select edition, by_hand from scim_groups where id = $1 and tenant = $2", ID(group->id),
                ID(group->who->tenant)));
    if (!row_next(&rows))
        return fail(ERR_MISSING, "no %s", ident_text("grp", group->id).text);
    if (group->by_hand && !row_number(&rows, 1))
        return fail(ERR_CONFLICT, "your directory keeps this group: it is changed there");
    return !group->in->edition || group->in->edition == row_number(&rows, 0)
               ? ERR_OK
               : fail(ERR_STALE, "it was changed meanwhile: it is edition %lld",
                      (long long)row_number(&rows, 0));
}

static err_t member_there(struct group *group, const Keys__ScimStep *step)
{
    int64_t there = 0;
    TRY(db_number(
        group->ask->db, &there,
        "select count(*) from (select id, 0 as is_group from members where tenant = $1 and kind = 'user'"
        " union all select id, 1 from scim_groups where tenant = $1) where id = $2 and is_group = $3",
        ID(group->who->tenant), B(bin(step->id)), N(step->is_group)));
    return there ? ERR_OK
                 : fail(ERR_INVALID, "%sa member of the group is not here",
                        group->by_hand ? "" : "invalidValue: ");
}

static err_t step_do(struct group *group, const Keys__ScimStep *step)
{
    enum { COMES, LEAVES, ALL_LEAVE };
    struct db *db = group->ask->db;
    if (step->kind == ALL_LEAVE)
        return db_do(db, "delete from scim_members where grp = $1", ID(group->id));
    if (step->kind == LEAVES)
        return db_do(db, "delete from scim_members where grp = $1 and member = $2", ID(group->id),
                     B(bin(step->id)));
    TRY(member_there(group, step));
    return db_do(
        db, "insert into scim_members (grp, member, is_group) values ($1, $2, $3) on conflict do nothing",
        ID(group->id), B(bin(step->id)), N(step->is_group));
}

/* By hand nothing goes that the process in force names; what a directory takes away is shown where it is missed. */
static err_t not_named(struct group *group)
{
    int64_t named = 0;
    ident_t process;
    TRY(process_current(group->ask, group->who->tenant, &process));
    TRY(db_number(group->ask->db, &named, "select count(*) from level_groups where process = $1 and grp = $2",
                  ID(process), ID(group->id)));
    return named ? fail(ERR_CONFLICT, "your process of approval names this group: change it first") : ERR_OK;
}

static err_t group_gone(struct group *group)
{
    if (group->by_hand)
        TRY(not_named(group));
    TRY(db_do(group->ask->db, "delete from scim_members where grp = $1 or member = $1", ID(group->id)));
    TRY(cell_destroy(group->ask->keyring, group->id, CELL_LABEL));
    return db_do(group->ask->db, "delete from scim_groups where id = $1", ID(group->id));
}

static err_t group_change(struct group *group)
{
    const Keys__ScimGroupPut *in = group->in;
    if (in->remove)
        return group_gone(group);
    if (*in->name)
        TRY(name_put(group));
    for (size_t i = 0; i < in->n_steps; i++)
        TRY(step_do(group, in->steps[i]));
    return db_do(group->ask->db,
                 "update scim_groups set edition = edition + 1, changed = $2, by_hand = $3 where id = $1",
                 ID(group->id), N(group->ask->env->now(group->ask->env)), N(group->by_hand));
}

/* Whoever was in it, or is now, has the role that their groups give. Nobody twice: ids that came again are known by order. */
static int by_value(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static err_t everybody_follows(struct group *group)
{
    ident_t last = {{0}};
    if (group->people.len)
        qsort(group->people.at, group->people.len / sizeof(ident_t), sizeof(ident_t), by_value);
    for_each_ident(id, &group->people)
    {
        if (!ident_eq(id, last))
            TRY(scim_role_follow(group->ask, group->who, id));
        last = id;
    }
    return ERR_OK;
}

static err_t group_told(struct group *group)
{
    int64_t members = 0;
    const struct mention on = {"grp", group->id};
    TRY(db_number(group->ask->db, &members, "select count(*) from scim_members where grp = $1",
                  ID(group->id)));
    const struct entry told = {ACT_GROUP_CHANGED, .by = who_mention(group->who), .on = &on, .on_count = 1,
                               .count = members};
    return journal(group->ask, group->who->tenant, &told);
}

static err_t group_put(struct group *group)
{
    struct ask *ask = group->ask;
    Keys__ScimFind found = KEYS__SCIM_FIND__INIT;
    TRY(group->in->id.len ? group_find(group) : group_make(group));
    TRY(scim_group_people(ask, group->id, &group->people));
    TRY(group_change(group));
    TRY(scim_group_people(ask, group->id, &group->people));
    TRY(everybody_follows(group));
    TRY(group_told(group));
    if (group->in->remove)
        return ERR_OK;
    found.id = ask_bytes(ask, ident_bytes(&group->id));
    found.members = true;
    TRY(scim_groups_find(ask, group->who, &found));
    ask->idle = false;
    return ERR_OK;
}

err_t answer_scim_put_group(struct ask *ask)
{
    const Keys__ScimGroupPut *in = ask->in;
    OWN(who) who = {0};
    OWN(group) group = {.ask = ask, .in = in, .who = &who, .people = BUF(MAX_MEMORY)};
    TRY(scim_asks(ask, in->bearer, &who));
    TRY(scim_heard(ask, who.tenant, in->ignored));
    if (!in->id.len && !is_name(in->name))
        return fail(ERR_INVALID, "invalidValue: displayName is text of 1 to %d bytes", MAX_NAME);
    return group_put(&group);
}

err_t answer_group_put(struct ask *ask)
{
    const Keys__ScimGroupPut *in = ask->in;
    OWN(who) who = {0};
    OWN(group) group = {.ask = ask, .in = in, .who = &who, .by_hand = true, .people = BUF(MAX_MEMORY)};
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    if (!in->remove && !is_name(in->name))
        return fail(ERR_INVALID, "a group has a name of 1 to %d bytes", MAX_NAME);
    return group_put(&group);
}
