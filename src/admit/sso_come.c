/* SPDX-License-Identifier: Apache-2.0
 *
 * A browser comes back from the sign-in provider: with the code, then to hear what came of it; and a new member says who they are.
 */
#include "admit/again.h"
#include "admit/members.h"
#include "admit/passwords.h"
#include "admit/people.h"
#include "admit/sso_attempt.h"
#include "keyring/contracts.h"
#include "keyring/journal.h"
#include "oidc/provider.h"

enum { CODE_MOST = 4096, WAITING_MOST = 200 };

/* Whose answer it is (RFC 9207): one that was mixed up with another provider's is not exchanged. */
static err_t issuer_judge(const Keys__SsoCome *in, const struct sso_provider *provider)
{
    bool is_said = *in->issuer;
    if (is_said ? !str_eq(str(in->issuer), provider->issuer) : provider->says_issuer)
        return fail(ERR_DENIED, "the answer is not of the sign-in provider that was asked: begin again");
    return ERR_OK;
}

static err_t queue_judge(struct ask *ask, ident_t tenant)
{
    int64_t waiting = 0;
    TRY(db_number(ask->db, &waiting, "select count(*) from sso_attempts where tenant = $1 and state = 'came'",
                  ID(tenant)));
    return waiting < WAITING_MOST ? ERR_OK : fail(ERR_BUSY, "many sign in at this moment: try again");
}

static err_t code_take(struct ask *ask, struct attempt *attempt)
{
    const Keys__SsoCome *in = ask->in;
    size_t len = strlen(in->code);
    if (len > CODE_MOST || !str_is_utf8(str(in->code)))
        return fail(ERR_INVALID, "a code has at most %d bytes", CODE_MOST);
    TRY(queue_judge(ask, attempt->tenant));
    attempt->kept.code = str(in->code);
    TRY(attempt_keep(ask, attempt, "came"));
    keyring_wake(ask->keyring);
    return ERR_OK;
}

/* What it fails with is said when it is asked for again: here it would be taken back with the act. */
static err_t came(struct ask *ask, struct attempt *attempt)
{
    const Keys__SsoCome *in = ask->in;
    struct sso_provider provider = {0};
    char why[64];
    TRY(sso_provider_read(ask, attempt->tenant, &provider));
    if (issuer_judge(in, &provider) != ERR_OK)
        return attempt_fail(ask, attempt, err_note());
    snprintf(why, sizeof why, "the sign-in provider said no: %s", oauth_error(str(in->error)));
    if (*in->error)
        return attempt_fail(ask, attempt, why);
    return *in->code ? code_take(ask, attempt) : fail(ERR_INVALID, "the sign-in provider sent no code");
}

/* The session, which has not got the key; and what it can be released with, where somebody may. */
static err_t release_put(struct ask *ask, const struct attempt *attempt, const struct who *who)
{
    TRY(cell_put(ask->keyring, who->tenant, who->session, CELL_SSO_ONCE, attempt->kept.private));
    return db_do(
        ask->db,
        "insert into sso_sessions (session, tenant, member, public, salt, token, until) values ($1, $2, $3, $4, $5,"
        " $6, $7)",
        ID(who->session), ID(who->tenant), ID(who->member), B(key_bytes(&attempt->public)),
        B(str_bytes(attempt->salt, SALT_SIZE)), B(attempt->kept.token),
        N(ask->env->now(ask->env) + ATTEMPT_MS));
}

static err_t sso_session_begin(struct ask *ask, const struct attempt *attempt, struct who *who,
                               Keys__Who *out)
{
    const char *cookie = NULL;
    OWN(who) session = {0};
    who->way = "sso";
    TRY(licence_admits(ask, who, RIGHT_SELF));
    TRY(session_make(ask, who, &cookie));
    TRY(release_put(ask, attempt, who));
    out->cookie = (char *)(uintptr_t)cookie;
    TRY(who_asks(ask, cookie, RIGHT_SELF, &session));
    return who_message(ask, &session, out);
}

static err_t tenant_read(struct ask *ask, const struct attempt *attempt, struct who *who)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select realm, public from tenants where id = $1 and public is not null",
                ID(attempt->tenant)));
    TRY(row_one(&rows));
    who->tenant = attempt->tenant;
    who->realm = row_ident(&rows, 0);
    return key_from(row_text(&rows, 1), &who->tenant_public);
}

static err_t member_enters(struct ask *ask, const struct attempt *attempt)
{
    Keys__SsoOutcome *out = ask->out;
    OWN(who) who = {.member = attempt->member, .is_user = true};
    OWN(rows) rows = {0};
    TRY(tenant_read(ask, attempt, &who));
    TRY(db_read(ask->db, &rows, "select role from members where id = $1 and tenant = $2", ID(attempt->member),
                ID(attempt->tenant)));
    TRY(row_one(&rows));
    who.role = arena_copy(ask->arena, row_text(&rows, 0));
    out->who = arena_new(ask->arena, Keys__Who);
    TRY(arena_end(ask->arena));
    keys__who__init(out->who);
    TRY(sso_session_begin(ask, attempt, &who, out->who));
    TRY(attempt_end(ask, attempt->id));
    out->state = ask_text(ask, STR("in"));
    TRY(arena_end(ask->arena));
    return journal_one(ask, &who, ACT_SESSION_OPENED, (struct mention){0});
}

static err_t known(struct ask *ask, const struct attempt *attempt)
{
    Keys__SsoOutcome *out = ask->out;
    if (str_eq(attempt->what, STR("enter")))
        return member_enters(ask, attempt);
    if (str_eq(attempt->what, STR("link"))) {
        out->state = ask_text(ask, STR("linked"));
        TRY(attempt_end(ask, attempt->id));
        return arena_end(ask->arena);
    }
    out->state = ask_text(ask, STR("joins"));
    out->full_name = ask_text(ask, attempt->kept.full_name);
    out->username = ask_text(ask, attempt->kept.username);
    out->email = ask_text(ask, attempt->kept.email);
    return arena_end(ask->arena);
}

static err_t asked_for_long(struct ask *ask, const struct attempt *attempt, bool *out_so)
{
    int64_t count = 0;
    TRY(db_number(ask->db, &count,
                  "select count(*) from sso_attempts where id = $1 and state = 'asked' and asked <= $2",
                  ID(attempt->id), N(ask->env->now(ask->env) - ASKED_MS)));
    *out_so = count > 0;
    return ERR_OK;
}

err_t answer_sso_come(struct ask *ask)
{
    const Keys__SsoCome *in = ask->in;
    Keys__SsoOutcome *out = ask->out;
    struct attempt attempt = {0};
    bool is_late = false;
    TRY(attempt_find(ask, in->state, in->browser, &attempt));
    out->state = ask_text(ask, STR("waits"));
    if (str_eq(attempt.state, STR("begun")))
        return came(ask, &attempt);
    if (str_eq(attempt.state, STR("known")))
        return known(ask, &attempt);
    if (str_eq(attempt.state, STR("failed")))
        return fail(ERR_DENIED, "%.*s", STR_ARG(attempt.trouble));
    TRY(asked_for_long(ask, &attempt, &is_late));
    return is_late ? attempt_fail(ask, &attempt, "the sign-in provider did not answer in time")
                   : arena_end(ask->arena);
}

/* The role of the invitation, which may be over, or have been used or taken back meanwhile; or what the client's settings say. */
static err_t joining_role(struct ask *ask, const struct attempt *attempt, str_t *out_role)
{
    struct sso_provider provider = {0};
    OWN(rows) rows = {0};
    TRY(sso_provider_read(ask, attempt->tenant, &provider));
    *out_role = provider.joins;
    if (ident_is_zero(attempt->invitation))
        return provider.joins.len ? ERR_OK : fail(ERR_DENIED, "nobody joins without an invitation");
    TRY(db_read(ask->db, &rows, "select role from invitations where id = $1 and until > $2",
                ID(attempt->invitation), N(ask->env->now(ask->env))));
    bool stands = row_next(&rows);
    *out_role = stands ? arena_copy(ask->arena, row_text(&rows, 0)) : STR("");
    TRY(rows_end(&rows));
    return stands ? invitation_used(ask, attempt->invitation)
                  : fail(ERR_DENIED, "the invitation was used, or has expired: ask for a new one");
}

static err_t member_make(struct ask *ask, const struct attempt *attempt, struct who *who)
{
    const Keys__SsoJoin *in = ask->in;
    str_t role = {0};
    TRY(tenant_read(ask, attempt, who));
    TRY(joining_role(ask, attempt, &role));
    const struct user_ask user = {in->username, in->full_name, in->email, arena_copy(ask->arena, role).at};
    if (!is_name(in->username))
        return fail(ERR_INVALID, "a username has 1 to %d bytes", MAX_NAME);
    TRY(user_make(ask, who, &user, NULL));
    return sso_link_put(ask,
                        &(struct sso_link){who->tenant, who->member, SSO_SUBJECT, attempt->kept.subject});
}

err_t answer_sso_join(struct ask *ask)
{
    const Keys__SsoJoin *in = ask->in;
    struct attempt attempt = {0};
    OWN(who) who = {0};
    TRY(attempt_find(ask, in->state, in->browser, &attempt));
    if (!str_eq(attempt.state, STR("known")) || !str_eq(attempt.what, STR("join")))
        return fail(ERR_CONFLICT, "this sign-in is none by which somebody joins");
    TRY(member_make(ask, &attempt, &who));
    TRY(sso_session_begin(ask, &attempt, &who, ask->out));
    TRY(attempt_end(ask, attempt.id));
    return journal_one(ask, &who, ACT_MEMBER_JOINED, (struct mention){0});
}

/* The first password of whoever came in by single sign-on and has none: judged as any, and with it a key pair, which the tenant's
 * key can be given to. */

struct first {
    struct ask *ask;
    struct who who;
    struct way_in way;
    uint8_t salt[SALT_SIZE];
};
typedef struct first first_own;
static void first_drop(struct first *first) { explicit_bzero(first, sizeof *first); }

static err_t first_find(struct keyring *keyring, void *with)
{
    struct first *first = with;
    const Keys__Again *in = first->ask->in;
    struct ask *ask = first->ask;
    OWN(rows) rows = {0};
    (void)keyring;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &first->who));
    if (!first->who.is_user || first->who.is_staff)
        return fail(ERR_INVALID, "a password is for a person of the client");
    TRY(sso_may_open(ask, &first->who, "passphrase"));
    TRY(db_read(
        ask->db, &rows,
        "select salt, length(members.public) from tenants join members on tenant = tenants.id where members.id = $1",
        ID(first->who.member)));
    TRY(row_one(&rows));
    memcpy(first->salt, row_text(&rows, 0).at, SALT_SIZE);
    return row_number(&rows, 1) ? fail(ERR_CONFLICT, "you have a way in of your own already: change it")
                                : ERR_OK;
}

static err_t first_act(struct keyring *keyring, void *with)
{
    struct first *first = with;
    TRY(first_find(keyring, first));
    err_t put = way_in_first(first->ask, &first->who, &first->way);
    if (put == ERR_CONFLICT)
        return fail(ERR_CONFLICT, "this username and password are taken: choose others");
    TRY(put);
    return journal_one(first->ask, &first->who, ACT_PASSWORD_SET, (struct mention){0});
}

err_t answer_password_first(struct ask *ask)
{
    const Keys__Again *in = ask->in;
    OWN(first) first = {.ask = ask};
    TRY(password_acceptable(&(struct new_password){bin(in->new_password), in->username}));
    TRY(keyring_read(ask->keyring, first_find, &first));
    TRY(way_in_from(ask, str_bytes(first.salt, SALT_SIZE), in->username, bin(in->new_password), &first.way));
    return keyring_write(ask->keyring, first_act, &first);
}
