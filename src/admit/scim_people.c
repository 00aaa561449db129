/* SPDX-License-Identifier: Apache-2.0
 *
 * The members of a client as its directory sees and tells them.
 */
#include "admit/members.h"
#include "admit/people.h"
#include "admit/requests.h"
#include "admit/scim.h"
#include "admit/sso.h"
#include "keyring/journal.h"

enum { PAGE_MOST = 200, NAMED_AT_ONCE = 256 };

err_t scim_asks(struct ask *ask, const char *bearer, struct who *out_who)
{
    TRY(who_asks(ask, bearer, RIGHT_SCIM, out_who));
    return out_who->keyed ? ERR_OK : fail(ERR_LOCKED, "the token holds no key: make another");
}

err_t scim_heard(struct ask *ask, ident_t tenant, int64_t ignored)
{
    moment_t now = ask->env->now(ask->env);
    return db_do(ask->db,
                 "insert into scim_setups (tenant, otherwise, heard, ignored) values ($1, 'viewer', $2, $3)"
                 " on conflict (tenant) do update set heard = $2, ignored = ignored + $3"
                 " where heard < $4 or $3 > 0",
                 ID(tenant), N(now), N(ignored), N(now - MINUTES(1)));
}

/* Finding */

static err_t user_one(struct ask *ask, const struct who *who, ident_t id, Keys__ScimUser *out)
{
    OWN(rows) rows = {0};
    struct who of = *who;
    struct user user = {0};
    of.member = id;
    TRY(db_read(ask->db, &rows,
                "select role, disabled, made, changed, edition from members where id = $1 and tenant = $2"
                " and kind = 'user'",
                ID(id), ID(who->tenant)));
    bool found = row_next(&rows);
    err_t read = found ? user_read(ask, &of, &user) : fail(ERR_MISSING, "no %s", ident_text("usr", id).text);
    who_drop(&of);
    TRY(read);
    out->id = ask_bytes(ask, ident_bytes(&id));
    out->user_name = ask_text(ask, user.username);
    out->full_name = ask_text(ask, user.full_name);
    out->email = ask_text(ask, user.email);
    out->role = ask_text(ask, row_text(&rows, 0));
    out->active = !row_number(&rows, 1);
    out->made = row_number(&rows, 2);
    out->changed = row_number(&rows, 3);
    out->edition = row_number(&rows, 4);
    return arena_end(ask->arena);
}

/* Opened, and told of, whoever is asked about. */
static err_t users_answer(struct ask *ask, const struct who *who, const buf_t *ids)
{
    Keys__ScimFound *out = ask->out;
    size_t count = ids->len / sizeof(ident_t);
    Keys__ScimUser *users = arena_array(ask->arena, Keys__ScimUser, count);
    struct mention *on = arena_array(ask->arena, struct mention, count);
    out->users = arena_array(ask->arena, Keys__ScimUser *, count);
    TRY(arena_end(ask->arena));
    for_each_ident(id, ids)
    {
        Keys__ScimUser *user = &users[out->n_users];
        keys__scim_user__init(user);
        TRY(user_one(ask, who, id, user));
        on[out->n_users] = (struct mention){"usr", id};
        out->users[out->n_users++] = user;
    }
    ask->idle = !count;
    const struct entry told = {ACT_MEMBERS_OPENED, .by = who_mention(who), .on = on, .on_count = count};
    return count ? journal(ask, who->tenant, &told) : ERR_OK;
}

static err_t user_answer(struct ask *ask, const struct who *who, ident_t id)
{
    OWN(buf) one = BUF(sizeof id);
    buf_put(&one, ident_bytes(&id));
    TRY(buf_end(&one));
    return users_answer(ask, who, &one);
}

/* Whoever came before there was a directory is known by username from the first time that it asks. Two who chose the same
 * username are both here: the directory finds the first. */
static err_t names_ensure(struct ask *ask, const struct who *who)
{
    OWN(buf) ids = BUF(NAMED_AT_ONCE * sizeof(ident_t));
    TRY(db_idents(
        ask->db, &ids,
        "select id from members where tenant = $1 and kind = 'user' and not exists"
        " (select 1 from sso_links where sso_links.member = members.id and sso_links.by = $2) limit $3",
        ID(who->tenant), N(SSO_USERNAME), N(NAMED_AT_ONCE)));
    for_each_ident(id, &ids)
    {
        struct who of = *who;
        struct user user = {0};
        of.member = id;
        err_t read = user_read(ask, &of, &user);
        who_drop(&of);
        TRY(read);
        err_t put = sso_link_put(ask, &(struct sso_link){who->tenant, id, SSO_USERNAME, user.username});
        if (put != ERR_OK && put != ERR_CONFLICT)
            return put;
    }
    return ERR_OK;
}

static err_t known_find(struct ask *ask, const struct who *who, const struct sso_link *link)
{
    ident_t id;
    TRY(names_ensure(ask, who));
    err_t found = sso_link_find(ask, link, &id);
    ask->idle = found == ERR_MISSING;
    if (found == ERR_MISSING)
        return ERR_OK;
    TRY(found);
    ((Keys__ScimFound *)ask->out)->total = 1;
    return user_answer(ask, who, id);
}

static err_t page_find(struct ask *ask, const struct who *who, const Keys__ScimFind *in)
{
    Keys__ScimFound *out = ask->out;
    OWN(buf) ids = BUF(PAGE_MOST * sizeof(ident_t));
    int64_t count = in->count < PAGE_MOST ? in->count : PAGE_MOST;
    TRY(db_number(ask->db, &out->total, "select count(*) from members where tenant = $1 and kind = 'user'",
                  ID(who->tenant)));
    TRY(db_idents(
        ask->db, &ids,
        "select id from members where tenant = $1 and kind = 'user' order by made, id limit $2 offset $3",
        ID(who->tenant), N(count), N(in->from)));
    return users_answer(ask, who, &ids);
}

static err_t users_find(struct ask *ask, const struct who *who, const Keys__ScimFind *in)
{
    ident_t id;
    if (in->id.len) {
        TRY(ident_from(bin(in->id), &id));
        ((Keys__ScimFound *)ask->out)->total = 1;
        return user_answer(ask, who, id);
    }
    if (*in->user_name)
        return known_find(ask, who,
                          &(struct sso_link){who->tenant, .by = SSO_USERNAME, .value = str(in->user_name)});
    if (*in->external_id)
        return known_find(ask, who,
                          &(struct sso_link){who->tenant, .by = SSO_EXTERNAL, .value = str(in->external_id)});
    return page_find(ask, who, in);
}

err_t answer_scim_find(struct ask *ask)
{
    const Keys__ScimFind *in = ask->in;
    OWN(who) who = {0};
    TRY(scim_asks(ask, in->bearer, &who));
    TRY(scim_heard(ask, who.tenant, 0));
    return strcmp(in->kind, "group") == 0 ? scim_groups_find(ask, &who, in) : users_find(ask, &who, in);
}

/* Joiners, movers, leavers */

struct put {
    struct ask *ask;
    const Keys__ScimUserPut *in;
    struct who *who;
    struct who of; /* who it is about */
    struct user user;
    bool disabled, has_password, made;
};
typedef struct put put_own;
static void put_drop(struct put *put) { explicit_bzero(put, sizeof *put); }

static err_t link_put(struct put *put, enum sso_by by, str_t value)
{
    err_t known = sso_link_put(put->ask, &(struct sso_link){put->who->tenant, put->of.member, by, value});
    return known == ERR_CONFLICT ? fail(ERR_CONFLICT, "uniqueness: another member is known by this") : known;
}

/* What a sign-in provider knows somebody by is the directory's to say of those alone who have no way in of their own: the
 * others link their account themselves, by the password typed again or a passkey. */
static err_t claim_put(struct put *put, str_t claim)
{
    bool bare = false;
    TRY(member_bare(put->ask, &put->of, &bare));
    return bare ? link_put(put, SSO_PROVISIONED, claim) : ERR_OK;
}

/* Where the directory sends no externalId a sign-in provider knows people by their username. */
static err_t links_put(struct put *put)
{
    const Keys__ScimUserPut *in = put->in;
    int64_t external = 0;
    TRY(link_put(put, SSO_USERNAME, put->user.username));
    if (in->no_external)
        TRY(sso_link_end(put->ask, put->of.member, SSO_EXTERNAL));
    if (*in->external_id) {
        TRY(link_put(put, SSO_EXTERNAL, str(in->external_id)));
        return claim_put(put, str(in->external_id));
    }
    TRY(db_number(put->ask->db, &external, "select count(*) from sso_links where member = $1 and by = $2",
                  ID(put->of.member), N(SSO_EXTERNAL)));
    return external ? ERR_OK : claim_put(put, put->user.username);
}

static err_t user_fits(const struct user *user)
{
    if (!is_name(user->username.at))
        return fail(ERR_INVALID, "invalidValue: userName is text of 1 to %d bytes", MAX_NAME);
    if (!is_name(user->full_name.at))
        return fail(ERR_INVALID,
                    "invalidValue: a member has a name: name.formatted, its parts, or displayName");
    return is_name(user->email.at) && strchr(user->email.at, '@')
               ? ERR_OK
               : fail(ERR_INVALID, "invalidValue: a member has an email address");
}

static err_t user_provision(struct put *put)
{
    const Keys__ScimUserPut *in = put->in;
    str_t role = {NULL, 0};
    put->user = (struct user){
        .full_name = str(in->full_name), .username = str(in->user_name), .email = str(in->email)};
    put->of = (struct who){
        .tenant = put->who->tenant, .realm = put->who->realm, .tenant_public = put->who->tenant_public};
    TRY(user_fits(&put->user));
    TRY(scim_role_otherwise(put->ask, put->who->tenant, &role));
    const struct user_ask user = {in->user_name, in->full_name, in->email, role.at};
    TRY(user_make(put->ask, &put->of, &user, NULL));
    TRY(db_do(put->ask->db, "update members set directory = 1 where id = $1", ID(put->of.member)));
    put->made = true;
    return journal_one(put->ask, put->who, ACT_MEMBER_PROVISIONED, (struct mention){"usr", put->of.member});
}

static err_t edition_fits(const Keys__ScimUserPut *in, int64_t edition)
{
    return !in->edition || in->edition == edition
               ? ERR_OK
               : fail(ERR_STALE, "it was changed meanwhile: it is edition %lld", (long long)edition);
}

static err_t member_read(struct put *put)
{
    OWN(rows) rows = {0};
    put->of = *put->who;
    TRY(ident_from(bin(put->in->id), &put->of.member));
    TRY(db_read(
        put->ask->db, &rows,
        "select disabled, edition, find, role from members where id = $1 and tenant = $2 and kind = 'user'",
        ID(put->of.member), ID(put->who->tenant)));
    if (!row_next(&rows))
        return fail(ERR_MISSING, "no %s", ident_text("usr", put->of.member).text);
    TRY(edition_fits(put->in, row_number(&rows, 1)));
    put->disabled = row_number(&rows, 0) != 0;
    put->has_password = !row_is_null(&rows, 2);
    put->of.role = arena_copy(put->ask->arena, row_text(&rows, 3));
    return user_read(put->ask, &put->of, &put->user);
}

static bool taken(str_t *io_text, const char *said)
{
    if (!*said || str_eq(*io_text, str(said)))
        return false;
    *io_text = str(said);
    return true;
}

static err_t record_change(struct put *put)
{
    const Keys__ScimUserPut *in = put->in;
    bool renamed = taken(&put->user.username, in->user_name);
    bool changed = taken(&put->user.full_name, in->full_name) | taken(&put->user.email, in->email) | renamed;
    if (renamed && put->has_password)
        return fail(ERR_INVALID,
                    "mutability: they type the username with a password: only they can change it");
    if (!changed)
        return ERR_OK;
    TRY(user_fits(&put->user));
    TRY(user_write(put->ask, &put->of, &put->user));
    TRY(db_do(put->ask->db, "update members set edition = edition + 1, changed = $2 where id = $1",
              ID(put->of.member), N(put->ask->env->now(put->ask->env))));
    return journal_one(put->ask, put->who, ACT_MEMBER_CHANGED, (struct mention){"usr", put->of.member});
}

static err_t active_change(struct put *put)
{
    enum { YES = 1, NO = 2 };
    if (put->in->active == NO && !put->disabled)
        return member_shut(put->ask, put->who, put->of.member);
    return put->in->active == YES && put->disabled ? member_open_again(put->ask, put->who, put->of.member)
                                                   : ERR_OK;
}

static err_t removal_waits(struct put *put, bool *out_waits)
{
    int64_t open = 0;
    TRY(db_number(
        put->ask->db, &open,
        "select count(*) from requests where member = $1 and kind = 'removal' and state = 'open' and until > $2",
        ID(put->of.member), N(put->ask->env->now(put->ask->env))));
    *out_waits = open > 0;
    return ERR_OK;
}

/* Who has a trusted role is out at once, and gone when a second person says yes. */
static err_t user_remove(struct put *put)
{
    const struct role *role = role_find(put->of.role);
    bool waits = false;
    ident_t request;
    if (role_may(role, RIGHT_OWN))
        TRY(owner_left(put->ask, put->who->tenant, put->of.member));
    if (role_is_trusted(role) && !put->disabled)
        TRY(member_shut(put->ask, put->who, put->of.member));
    TRY(removal_waits(put, &waits));
    return waits ? ERR_OK : removal_make(put->ask, put->who, put->of.member, role_is_trusted(role), &request);
}

static err_t user_put_act(struct put *put)
{
    const Keys__ScimUserPut *in = put->in;
    if (in->id.len)
        TRY(member_read(put));
    if (in->remove)
        return user_remove(put);
    TRY(in->id.len ? record_change(put) : user_provision(put));
    TRY(links_put(put));
    TRY(active_change(put));
    TRY(scim_role_follow(put->ask, put->who, put->of.member));
    return user_answer(put->ask, put->who, put->of.member);
}

err_t answer_scim_put_user(struct ask *ask)
{
    const Keys__ScimUserPut *in = ask->in;
    OWN(who) who = {0};
    OWN(put) put = {.ask = ask, .in = in, .who = &who};
    TRY(scim_asks(ask, in->bearer, &who));
    TRY(scim_heard(ask, who.tenant, in->ignored));
    TRY(names_ensure(ask, &who));
    TRY(user_put_act(&put));
    ask->idle = !put.made; /* what else was done has entries of its own */
    return ERR_OK;
}
