/* SPDX-License-Identifier: Apache-2.0
 *
 * Which role a member has by the groups of the client's directory.
 */
#include "admit/people.h"
#include "admit/requests.h"
#include "admit/scim.h"
#include "admit/signing.h"
#include "keyring/journal.h"
#include "keyring/labels.h"

enum { RULES_MOST = 100 };
#define OTHERWISE "viewer" /* who has not got the key yet, and so sees nothing */

/* Made with the first group or rule of a tenant. */
static err_t groups_key(struct ask *ask, ident_t tenant, struct key *out_key)
{
    OWN(buf) plain = BUF(KEY_SIZE);
    err_t got = cell_get(ask->keyring, tenant, CELL_GROUPS, &plain);
    if (got != ERR_MISSING)
        return got == ERR_OK ? key_from(buf_str(&plain), out_key) : got;
    key_random(ask->env, out_key);
    return cell_put(ask->keyring, tenant, tenant, CELL_GROUPS, key_bytes(out_key));
}

err_t scim_group_hash(struct ask *ask, ident_t tenant, str_t name, struct key *out_hash)
{
    OWN(key) key = {{0}};
    OWN(buf) lower = BUF(MAX_NAME);
    for (size_t i = 0; i < name.len; i++)
        buf_put_byte(&lower,
                     (uint8_t)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] - 'A' + 'a' : name.at[i]));
    TRY(buf_end(&lower));
    TRY(groups_key(ask, tenant, &key));
    key_derive(&key, "custody group name", buf_str(&lower), out_hash);
    return ERR_OK;
}

err_t scim_group_people(struct ask *ask, ident_t group, buf_t *out_ids)
{
    return db_idents(
        ask->db, out_ids,
        "with recursive down (id, is_group) as (select member, is_group from scim_members where grp = $1"
        " union select inner_.member, inner_.is_group from scim_members inner_ join down"
        " on down.is_group = 1 and inner_.grp = down.id)"
        " select id from down where is_group = 0",
        ID(group));
}

err_t scim_role_otherwise(struct ask *ask, ident_t tenant, str_t *out_role)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select otherwise from scim_setups where tenant = $1", ID(tenant)));
    *out_role = row_next(&rows) ? arena_copy(ask->arena, row_text(&rows, 0)) : STR(OTHERWISE);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* Of several groups the one that gives most. `union` lets no group be looked at twice: so circles end. */
static err_t role_given(struct ask *ask, ident_t member, const struct role **out_role)
{
    OWN(rows) rows = {0};
    *out_role = NULL;
    TRY(db_read(ask->db, &rows,
                "with recursive up (id) as (select grp from scim_members where member = $1"
                " union select outer_.grp from scim_members outer_ join up on outer_.member = up.id)"
                " select scim_roles.role from up join scim_groups on scim_groups.id = up.id join scim_roles"
                " on scim_roles.tenant = scim_groups.tenant and scim_roles.hash = scim_groups.hash"
                " where scim_groups.by_hand = 0",
                ID(member)));
    while (row_next(&rows)) {
        const struct role *role = role_find(row_text(&rows, 0));
        if (role && (!*out_role || role < *out_role)) /* the table's order: who may most comes first */
            *out_role = role;
    }
    return rows_end(&rows);
}

struct standing_role {
    str_t now;
    bool by_directory;
};

static err_t standing_read(struct ask *ask, const struct who *who, ident_t member, struct standing_role *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select role, directory from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(member), ID(who->tenant)));
    TRY(row_one(&rows));
    *out = (struct standing_role){arena_copy(ask->arena, row_text(&rows, 0)), row_number(&rows, 1) != 0};
    return arena_end(ask->arena);
}

static err_t asked_already(struct ask *ask, ident_t member, str_t role, bool *out_asked)
{
    int64_t open = 0;
    TRY(db_number(
        ask->db, &open,
        "select count(*) from requests where member = $1 and kind = 'role' and state = 'open' and acts = $2"
        " and until > $3",
        ID(member), T(role), N(ask->env->now(ask->env))));
    *out_asked = open > 0;
    return ERR_OK;
}

static err_t trusted_ask(struct ask *ask, const struct who *who, ident_t member, str_t role)
{
    bool asked = false;
    ident_t request;
    TRY(asked_already(ask, member, role, &asked));
    return asked ? ERR_OK : role_make(ask, who, &(struct role_asked){member, role, true}, &request);
}

err_t scim_role_follow(struct ask *ask, const struct who *who, ident_t member)
{
    const struct role *given = NULL;
    struct standing_role standing;
    str_t role = {NULL, 0};
    TRY(standing_read(ask, who, member, &standing));
    TRY(role_given(ask, member, &given));
    if (!given && !standing.by_directory)
        return ERR_OK;
    TRY(scim_role_otherwise(ask, who->tenant, &role));
    role = given ? str(given->name) : role;
    TRY(db_do(ask->db, "update members set directory = 1 where id = $1", ID(member)));
    if (str_eq(role, standing.now))
        return ERR_OK;
    const struct role *now = role_find(standing.now);
    if (role_may(now, RIGHT_OWN) && owner_left(ask, who->tenant, member) != ERR_OK)
        return ERR_OK; /* the only owner who could come in */
    return role_is_trusted(now) || role_is_trusted(role_find(role)) ? trusted_ask(ask, who, member, role)
                                                                    : role_change(ask, who, member, role);
}

/* The client's table */

static err_t rule_read(struct ask *ask, const struct who *who, const rows_t *rows, Keys__ScimRule **out_rule)
{
    Keys__ScimRule *rule = *out_rule = arena_new(ask->arena, Keys__ScimRule);
    OWN(buf) people = BUF(MAX_MEMORY);
    TRY(arena_end(ask->arena));
    keys__scim_rule__init(rule);
    rule->role = ask_text(ask, row_text(rows, 1));
    rule->known = !row_is_null(rows, 2);
    if (rule->known)
        TRY(scim_group_people(ask, row_ident(rows, 2), &people));
    rule->people = (int64_t)(people.len / sizeof(ident_t));
    return label_get(ask, who, row_ident(rows, 0), &rule->group);
}

static err_t setup_rules(struct ask *ask, const struct who *who, Keys__ScimSetup *out)
{
    OWN(rows) rows = {0};
    out->rules = arena_array(ask->arena, Keys__ScimRule *, RULES_MOST);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select scim_roles.id, role, scim_groups.id from scim_roles left join scim_groups"
                " on scim_groups.tenant = scim_roles.tenant and scim_groups.hash = scim_roles.hash"
                " where scim_roles.tenant = $1 order by scim_roles.rowid",
                ID(who->tenant)));
    while (out->n_rules < RULES_MOST && row_next(&rows))
        TRY(rule_read(ask, who, &rows, &out->rules[out->n_rules++]));
    return rows_end(&rows);
}

static err_t setup_read(struct ask *ask, const struct who *who)
{
    Keys__ScimSetup *out = ask->out;
    OWN(rows) rows = {0};
    str_t otherwise = {NULL, 0};
    TRY(scim_role_otherwise(ask, who->tenant, &otherwise));
    out->otherwise = ask_text(ask, otherwise);
    TRY(db_read(ask->db, &rows, "select heard, ignored from scim_setups where tenant = $1", ID(who->tenant)));
    if (row_next(&rows)) {
        out->heard = row_number(&rows, 0);
        out->ignored = row_number(&rows, 1);
    }
    TRY(rows_end(&rows));
    TRY(db_number(ask->db, &out->people, "select count(*) from members where tenant = $1 and directory = 1",
                  ID(who->tenant)));
    TRY(db_number(ask->db, &out->groups, "select count(*) from scim_groups where tenant = $1",
                  ID(who->tenant)));
    return setup_rules(ask, who, out);
}

err_t answer_scim_setup(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    return setup_read(ask, &who);
}

static err_t rules_clear(struct ask *ask, ident_t tenant)
{
    OWN(buf) ids = BUF(RULES_MOST * sizeof(ident_t));
    TRY(db_idents(ask->db, &ids, "select id from scim_roles where tenant = $1", ID(tenant)));
    for_each_ident(id, &ids) TRY(cell_destroy(ask->keyring, id, CELL_LABEL));
    return db_do(ask->db, "delete from scim_roles where tenant = $1", ID(tenant));
}

static err_t rule_put(struct ask *ask, const struct who *who, const Keys__ScimRule *rule)
{
    struct key hash;
    ident_t id = ident_new(ask->env);
    if (!is_name(rule->group) || !role_is_members(role_find(str(rule->role))))
        return fail(ERR_INVALID, "a rule is the name of a group, and the role that it gives");
    TRY(scim_group_hash(ask, who->tenant, str(rule->group), &hash));
    err_t put = db_do(ask->db, "insert into scim_roles (id, tenant, hash, role) values ($1, $2, $3, $4)",
                      ID(id), ID(who->tenant), B(key_bytes(&hash)), T(str(rule->role)));
    if (put == ERR_CONFLICT)
        return fail(ERR_INVALID, "a group gives one role: it stands there twice");
    TRY(put);
    return label_put(ask, who, id, str(rule->group));
}

static err_t everybody_follows(struct ask *ask, const struct who *who)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids,
                  "select id from members where tenant = $1 and kind = 'user' and (directory = 1"
                  " or exists (select 1 from scim_members where scim_members.member = members.id))",
                  ID(who->tenant)));
    for_each_ident(id, &ids) TRY(scim_role_follow(ask, who, id));
    return ERR_OK;
}

static err_t setup_put(struct ask *ask, const struct who *who, const Keys__ScimSetupSet *in)
{
    const struct role *otherwise = role_find(str(in->otherwise));
    if (!role_is_members(otherwise) || role_is_trusted(otherwise))
        return fail(ERR_INVALID, "who is in none of the groups is a viewer or an auditor");
    if (in->n_rules > RULES_MOST)
        return fail(ERR_TOO_LARGE, "at most %d groups give a role", RULES_MOST);
    TRY(rules_clear(ask, who->tenant));
    for (size_t i = 0; i < in->n_rules; i++)
        TRY(rule_put(ask, who, in->rules[i]));
    return db_do(ask->db,
                 "insert into scim_setups (tenant, otherwise, heard, ignored) values ($1, $2, 0, 0)"
                 " on conflict (tenant) do update set otherwise = $2",
                 ID(who->tenant), T(str(in->otherwise)));
}

static err_t map_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    const Keys__ScimSetupSet *in = ask->in;
    TRY(setup_put(ask, who, in));
    const struct entry told = {ACT_PROVISIONING_SET, .by = who_mention(who), .session = who->session,
                               .count = (int64_t)in->n_rules};
    TRY(journal(ask, who->tenant, &told));
    TRY(everybody_follows(ask, who));
    return setup_read(ask, who);
}

err_t answer_scim_setup_set(struct ask *ask)
{
    const Keys__ScimSetupSet *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "scim.map",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_PEOPLE,
                              .keyless = true,
                              .run = map_act};
    return signing_run(&signing);
}
