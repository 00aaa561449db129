/* SPDX-License-Identifier: Apache-2.0
 *
 * Another role for a member: the key is given or taken as the new role needs, and the sessions end. From or to a role that
 * is trusted a second person says yes, as to a removal.
 */
#include "admit/members.h"
#include "admit/people.h"
#include "admit/requests.h"
#include "keyring/journal.h"

struct in_role {
    str_t role;
    struct key public;
};

/* Who has no way in of its own has no public key either: it is left as it is, and nothing can be given to it. */
static err_t role_read(struct ask *ask, ident_t tenant, ident_t member, struct in_role *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select role, public from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(member), ID(tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("usr", member).text);
    out->role = arena_copy(ask->arena, row_text(&rows, 0));
    if (row_text(&rows, 1).len)
        TRY(key_from(row_text(&rows, 1), &out->public));
    return arena_end(ask->arena);
}

/* An organisation without an owner could not be helped by anybody but its recovery kit. */
err_t owner_left(struct ask *ask, ident_t tenant, ident_t member)
{
    int64_t owners = 0;
    TRY(db_number(
        ask->db, &owners,
        "select count(*) from members where tenant = $1 and kind = 'user' and role = 'owner' and id <> $2"
        " and disabled = 0 and length(public) > 0",
        ID(tenant), ID(member)));
    return owners ? ERR_OK
                  : fail(ERR_CONFLICT, "%s is the only owner: make somebody else one first",
                         ident_text("usr", member).text);
}

static err_t role_check(struct ask *ask, ident_t tenant, ident_t member, str_t role)
{
    struct in_role now = {{0}};
    const struct role *wanted = role_find(role);
    if (!role_is_members(wanted))
        return fail(ERR_INVALID, "no member has a role of that name");
    TRY(role_read(ask, tenant, member, &now));
    if (str_eq(now.role, role))
        return fail(ERR_CONFLICT, "%s has this role already", ident_text("usr", member).text);
    if (role_may(role_find(now.role), RIGHT_OWN))
        TRY(owner_left(ask, tenant, member));
    return role_may(role_find(now.role), RIGHT_APPROVE) && !role_may(wanted, RIGHT_APPROVE)
               ? process_bears(ask, tenant, member)
               : ERR_OK;
}

/* A person who may do this holds the key, and so can give it; a program does not: who it is about waits. */
static err_t key_follows(struct ask *ask, const struct who *who, ident_t member, const struct role *role)
{
    struct in_role now = {{0}};
    int64_t has = 0;
    TRY(role_read(ask, who->tenant, member, &now));
    if (!role_signs(role))
        TRY(cell_destroy(ask->keyring, member, CELL_SIGNER));
    if (!role_needs_key(role))
        return cell_destroy(ask->keyring, member, CELL_TENANT_KEY);
    TRY(db_number(ask->db, &has, "select count(*) from cells where id = $1 and cell = $2", ID(member),
                  N(CELL_TENANT_KEY)));
    if (has || !who->is_user || bytes_equal(key_bytes(&now.public), key_bytes(&(struct key){{0}})))
        return ERR_OK;
    TRY(member_key_give(ask, who, member, &now.public));
    return journal_one(ask, who, ACT_KEY_GIVEN, (struct mention){"usr", member});
}

err_t role_change(struct ask *ask, const struct who *who, ident_t member, str_t role)
{
    TRY(role_check(ask, who->tenant, member, role));
    TRY(sessions_end(ask, member));
    TRY(db_do(ask->db, "update members set role = $2, edition = edition + 1, changed = $3 where id = $1",
              ID(member), T(role), N(ask->env->now(ask->env))));
    TRY(key_follows(ask, who, member, role_find(role)));
    return journal_one(ask, who, ACT_ROLE_CHANGED, (struct mention){"usr", member});
}

err_t answer_member_role(struct ask *ask)
{
    const Keys__MemberRole *in = ask->in;
    OWN(who) who = {0};
    struct in_role now = {{0}};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    TRY(ident_from(bin(in->id), &id));
    if (ident_eq(id, who.member))
        return fail(ERR_INVALID, "you cannot change your own role: another owner has to");
    TRY(role_check(ask, who.tenant, id, str(in->role)));
    TRY(role_read(ask, who.tenant, id, &now));
    bool second = role_is_trusted(role_find(now.role)) || role_is_trusted(role_find(str(in->role)));
    return role_ask(ask, &who, &(struct role_asked){id, str(in->role), second});
}
