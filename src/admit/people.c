/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/people.h"

#include "admit/members.h"
#include "admit/passkeys.h"
#include "admit/process.h"
#include "admit/requests.h"
#include "admit/signing.h"
#include "admit/sso.h"
#include "keyring/journal.h"

err_t invitation_find(struct ask *ask, const char *link, struct invited *out_invited)
{
    OWN(ticket) ticket = {0};
    OWN(rows) rows = {0};
    uint8_t proof[DIGEST_SIZE];
    TRY(ticket_read("civ", link, &ticket));
    digest(key_bytes(&ticket.secret), proof);
    TRY(db_read(ask->db, &rows,
                "select tenant, role, until, member from invitations where id = $1 and digest = $2",
                ID(ticket.id), B(str_bytes(proof, sizeof proof))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found || row_number(&rows, 2) <= ask->env->now(ask->env))
        return fail(ERR_DENIED, "the invitation is not known, was used, or has expired: ask for a new one");
    *out_invited = (struct invited){ticket.id, row_ident(&rows, 0),
                                    arena_copy(ask->arena, row_text(&rows, 1)), row_ident(&rows, 3)};
    return arena_end(ask->arena);
}

err_t invitation_used(struct ask *ask, ident_t id)
{
    TRY(db_do(ask->db, "delete from invitations where id = $1", ID(id)));
    return db_changed(ask->db) ? ERR_OK : fail(ERR_DENIED, "the invitation was used");
}

err_t invitation_put(struct ask *ask, const struct invited *invited, moment_t until, ident_t by)
{
    Keys__Invitation *out = ask->out;
    OWN(ticket) ticket = {.id = invited->id};
    uint8_t proof[DIGEST_SIZE];
    key_random(ask->env, &ticket.secret);
    digest(key_bytes(&ticket.secret), proof);
    out->id = ask_bytes(ask, ident_bytes(&invited->id));
    out->role = ask_text(ask, invited->role);
    out->made = ask->env->now(ask->env);
    out->until = until;
    out->by = ask_bytes(ask, ident_bytes(&by));
    out->link = (char *)(uintptr_t)ticket_text(ask, "civ", &ticket, false);
    TRY(arena_end(ask->arena));
    return db_do(ask->db,
                 "insert into invitations (id, tenant, role, digest, made, until, by, member)"
                 " values ($1, $2, $3, $4, $5, $6, $7, $8)",
                 ID(invited->id), ID(invited->tenant), T(invited->role), B(str_bytes(proof, sizeof proof)),
                 N(out->made), N(until), ID(by), ident_is_zero(invited->member) ? NONE : ID(invited->member));
}

/* For somebody who is there already: with their role, and only while they have no way in. One invitation at a time. */
static err_t invited_find(struct ask *ask, struct invited *invited)
{
    const Keys__InvitationMake *in = ask->in;
    OWN(rows) rows = {0};
    if (!in->member.len)
        return ERR_OK;
    TRY(ident_from(bin(in->member), &invited->member));
    TRY(db_read(ask->db, &rows,
                "select role, length(public) from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(invited->member), ID(invited->tenant)));
    if (!row_next(&rows))
        return fail(ERR_MISSING, "no %s", ident_text("usr", invited->member).text);
    if (row_number(&rows, 1))
        return fail(ERR_CONFLICT, "%s has a way in of their own", ident_text("usr", invited->member).text);
    if (!str_eq(row_text(&rows, 0), invited->role))
        return fail(ERR_INVALID, "they are a member with another role: %.*s", STR_ARG(row_text(&rows, 0)));
    TRY(rows_end(&rows));
    return db_do(ask->db, "delete from invitations where member = $1", ID(invited->member));
}

static err_t invite_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    const Keys__InvitationMake *in = ask->in;
    const struct role *role = role_find(str(in->role));
    if (!role_is_members(role))
        return fail(ERR_INVALID,
                    "a member is an owner, an administrator, an approver, an auditor or a viewer");
    if (in->until <= ask->env->now(ask->env) || in->until > ask->env->now(ask->env) + DAYS(31))
        return fail(ERR_INVALID, "an invitation ends within 31 days");
    struct invited invited = {ident_new(ask->env), who->tenant, str(in->role)};
    TRY(invited_find(ask, &invited));
    TRY(invitation_put(ask, &invited, in->until, who->member));
    return journal_one(ask, who, ACT_MEMBER_INVITED, (struct mention){"inv", invited.id});
}

err_t answer_invitation_make(struct ask *ask)
{
    const Keys__InvitationMake *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "member.invite",
                              .target = bin(in->member),
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_PEOPLE,
                              .keyless = true,
                              .run = invite_act};
    return signing_run(&signing);
}

static Keys__Invitation *invitation_from(struct ask *ask, const rows_t *rows)
{
    Keys__Invitation *invitation = arena_new(ask->arena, Keys__Invitation);
    if (!invitation)
        return NULL;
    keys__invitation__init(invitation);
    invitation->id = ask_bytes(ask, row_text(rows, 0));
    invitation->role = ask_text(ask, row_text(rows, 1));
    invitation->made = row_number(rows, 2);
    invitation->until = row_number(rows, 3);
    invitation->by = ask_bytes(ask, row_text(rows, 4));
    invitation->member = ask_bytes(ask, row_text(rows, 5));
    return invitation;
}

err_t answer_invitation_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Invitations *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    TRY(db_number(ask->db, &room, "select count(*) from invitations where tenant = $1", ID(who.tenant)));
    out->items = arena_array(ask->arena, Keys__Invitation *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, role, made, until, by, member from invitations where tenant = $1 order by made desc, id",
        ID(who.tenant)));
    while (out->n_items < (size_t)room && row_next(&rows))
        out->items[out->n_items++] = invitation_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_invitation_end(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(db_do(ask->db, "delete from invitations where id = $1 and tenant = $2", ID(id), ID(who.tenant)));
    if (!db_changed(ask->db))
        return fail(ERR_MISSING, "no %s", ident_text("inv", id).text);
    return journal_one(ask, &who, ACT_INVITATION_ENDED, (struct mention){"inv", id});
}

/* A name is what only a session with the key can read. */
static err_t member_named(struct ask *ask, const struct who *who, Keys__Member *out)
{
    struct user user = {0};
    struct who of = *who;
    err_t read = ident_from(bin(out->id), &of.member);
    if (read == ERR_OK)
        read = user_read(ask, &of, &user);
    who_drop(&of);
    TRY(read);
    out->named = true;
    out->full_name = ask_text(ask, user.full_name);
    out->username = ask_text(ask, user.username);
    out->email = ask_text(ask, user.email);
    return arena_end(ask->arena);
}

#define MEMBER_COLUMNS \
    "id, role, made, exists (select 1 from cells where cells.id = members.id and cell = $2), disabled, edition," \
    " length(public)"

static str_t member_state(const rows_t *rows)
{
    bool waits = role_needs_key(role_find(row_text(rows, 1))) && !row_number(rows, 3);
    return row_number(rows, 4)    ? STR("disabled")
           : !row_number(rows, 6) ? STR("provisioned")
           : waits                ? STR("waiting")
                                  : STR("active");
}

static Keys__Member *member_from(struct ask *ask, const rows_t *rows)
{
    Keys__Member *member = arena_new(ask->arena, Keys__Member);
    if (!member)
        return NULL;
    keys__member__init(member);
    member->id = ask_bytes(ask, row_text(rows, 0));
    member->role = ask_text(ask, row_text(rows, 1));
    member->made = row_number(rows, 2);
    member->disabled = row_number(rows, 4);
    member->edition = row_number(rows, 5);
    member->state = ask_text(ask, member_state(rows));
    return member;
}

static err_t members_read(struct ask *ask, const struct who *who, Keys__Members *out)
{
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(db_number(ask->db, &room, "select count(*) from members where tenant = $1 and kind = 'user'",
                  ID(who->tenant)));
    out->items = arena_array(ask->arena, Keys__Member *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " MEMBER_COLUMNS
                " from members where tenant = $1 and kind = 'user' order by made, id",
                ID(who->tenant), N(CELL_TENANT_KEY)));
    while (out->n_items < (size_t)room && row_next(&rows))
        out->items[out->n_items++] = member_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_member_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Members *out = ask->out;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    TRY(members_read(ask, &who, out));
    for (size_t i = 0; who.keyed && i < out->n_items; i++)
        TRY(member_named(ask, &who, out->items[i]));
    return ERR_OK;
}

err_t member_message(struct ask *ask, const struct who *who, ident_t member, Keys__Member *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " MEMBER_COLUMNS " from members where tenant = $1 and kind = 'user' and id = $3",
                ID(who->tenant), N(CELL_TENANT_KEY), ID(member)));
    if (!row_next(&rows))
        return fail(ERR_MISSING, "no %s", ident_text("usr", member).text);
    const Keys__Member *found = member_from(ask, &rows);
    TRY(rows_end(&rows));
    TRY(arena_end(ask->arena));
    *out = *found;
    return who->keyed ? member_named(ask, who, out) : ERR_OK;
}

/* Its sessions end: the next one comes in with the key. */
err_t answer_member_key(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    struct key public;
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(db_read(ask->db, &rows,
                "select role, public, disabled from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(id), ID(who.tenant)));
    TRY(row_one(&rows));
    if (row_number(&rows, 2))
        return fail(ERR_CONFLICT, "%s is disabled: enable them first", ident_text("usr", id).text);
    if (!row_text(&rows, 1).len)
        return fail(ERR_CONFLICT, "%s has not come in yet: there is nothing to seal the key to",
                    ident_text("usr", id).text);
    if (!role_needs_key(role_find(row_text(&rows, 0))))
        return fail(ERR_INVALID, "the role %.*s needs no key", STR_ARG(row_text(&rows, 0)));
    if (!row_text(&rows, 1).len)
        return fail(ERR_CONFLICT, "%s has set up nothing yet that the key could be given to",
                    ident_text("usr", id).text);
    TRY(key_from(row_text(&rows, 1), &public));
    err_t given = member_key_give(ask, &who, id, &public);
    if (given == ERR_CONFLICT)
        return fail(ERR_CONFLICT, "%s has the key already", ident_text("usr", id).text);
    TRY(given);
    TRY(sessions_end(ask, id));
    return journal_one(ask, &who, ACT_KEY_GIVEN, (struct mention){"usr", id});
}

/* Whoever is disabled already, or never could say yes, is not missed. */
static err_t member_answers(struct ask *ask, ident_t member, bool *out_answers)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select role from members where id = $1 and disabled = 0", ID(member)));
    *out_answers = row_next(&rows) && role_may(role_find(row_text(&rows, 0)), RIGHT_APPROVE);
    return rows_end(&rows);
}

/* Who is left could not say yes often enough: the process has to be changed first. */
err_t process_bears(struct ask *ask, ident_t tenant, ident_t member)
{
    ident_t process;
    int64_t level = 1, need = 0;
    bool answers = false, meets = false;
    TRY(member_answers(ask, member, &answers));
    if (!answers)
        return ERR_OK;
    TRY(process_current(ask, tenant, &process));
    TRY(process_level(ask, process, level, &need));
    for (; need; level++) {
        int64_t able = 0;
        TRY(process_able(ask, &(struct process_place){tenant, process, level}, member, &able));
        if (able < need)
            return fail(ERR_CONFLICT,
                        "without %s level %lld of your process of approval could not be met: change it first",
                        ident_text("usr", member).text, (long long)level);
        TRY(process_level(ask, process, level + 1, &need));
    }
    TRY(process_meets(ask, &(struct process_place){.tenant = tenant, .process = process}, member, &meets));
    return meets
               ? ERR_OK
               : fail(
                     ERR_CONFLICT,
                     "without %s your process of approval could not be met, since nobody answers twice: change it first",
                     ident_text("usr", member).text);
}

err_t member_unseat(struct ask *ask, const struct who *who, ident_t member)
{
    TRY(process_bears(ask, who->tenant, member));
    TRY(sessions_end(ask, member));
    TRY(tokens_end(ask, who, member));
    TRY(sso_links_end(ask, member));
    TRY(passkeys_forget(ask, member));
    TRY(db_do(ask->db, "delete from scim_members where member = $1", ID(member)));
    TRY(db_do(ask->db, "delete from invitations where member = $1", ID(member)));
    TRY(db_do(ask->db, "delete from members where id = $1 and tenant = $2 and kind = 'user'", ID(member),
              ID(who->tenant)));
    if (!db_changed(ask->db))
        return fail(ERR_MISSING, "no %s", ident_text("usr", member).text);
    return journal_one(ask, who, ACT_MEMBER_REMOVED, (struct mention){"usr", member});
}

err_t member_remove(struct ask *ask, const struct who *who, ident_t member)
{
    TRY(member_unseat(ask, who, member));
    return entry_destroy(ask, member);
}

/* A request says so too where nobody else has to say yes: then it is approved as it is made. */
err_t answer_member_remove(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PEOPLE, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(db_read(ask->db, &rows, "select role from members where id = $1 and tenant = $2 and kind = 'user'",
                ID(id), ID(who.tenant)));
    TRY(row_one(&rows));
    if (ident_eq(id, who.member))
        return fail(ERR_INVALID, "you cannot remove yourself: another owner has to");
    return removal_ask(ask, &who, id, role_is_trusted(role_find(row_text(&rows, 0))));
}
