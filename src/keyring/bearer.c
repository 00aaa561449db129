/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/clock.h"
#include "keyring/commit.h"
#include "keyring/contracts.h"
#include "keyring/journal.h"
#include "keyring/rekey.h"
#include "keyring/snapshots.h"
#include "keyring/webhooks.h"

enum { SESSION_MS = 12 * 60 * 60 * 1000, STEP_MS = 10 * 60 * 1000 };

static const struct key no_key;

struct lane lane_of(ident_t id)
{
    static const uint8_t plain[SHORT_KEY];
    return (struct lane){digest_short(plain, ident_bytes(&id)), true};
}

void who_drop(struct who *who) { explicit_bzero(who, sizeof *who); }
void ticket_drop(struct ticket *ticket) { explicit_bzero(ticket, sizeof *ticket); }

err_t ticket_read(const char *prefix, const char *text, struct ticket *out_ticket)
{
    str_t rest = str(text), before = str_until(&rest, '_');
    OWN(buf) bytes = BUF(sizeof *out_ticket);
    if (!str_eq(before, str(prefix)) || base64_read(rest, &bytes) != ERR_OK)
        return fail(ERR_INVALID, "not of the form %s_…", prefix);
    if (bytes.len != 48 && bytes.len != 80)
        return fail(ERR_INVALID, "not of the form %s_…", prefix);
    *out_ticket = (struct ticket){0};
    memcpy(out_ticket->id.bytes, bytes.at, 16);
    memcpy(out_ticket->secret.bytes, bytes.at + 16, KEY_SIZE);
    memcpy(out_ticket->extra, bytes.at + 48, bytes.len - 48);
    return ERR_OK;
}

const char *ticket_text(struct ask *ask, const char *prefix, const struct ticket *ticket, bool with_extra)
{
    OWN(buf) text = BUF(256);
    OWN(buf) bytes = BUF(128);
    buf_put(&bytes, ident_bytes(&ticket->id));
    buf_put(&bytes, key_bytes(&ticket->secret));
    if (with_extra)
        buf_put(&bytes, str_bytes(ticket->extra, sizeof ticket->extra));
    buf_putf(&text, "%s_", prefix);
    buf_put_base64(&text, buf_str(&bytes));
    return arena_copy(ask->arena, buf_str(&text)).at;
}

static err_t session_wrapper(struct ask *ask, ident_t epoch, const struct key *secret, struct key *out_key)
{
    OWN(buf) half = BUF(KEY_SIZE);
    OWN(key) epoch_key;
    TRY(cell_get(ask->keyring, epoch, CELL_EPOCH, &half));
    TRY(key_from(buf_str(&half), &epoch_key));
    key_derive(&epoch_key, "custody session", key_bytes(secret), out_key);
    return ERR_OK;
}

static err_t epoch_current(struct ask *ask, ident_t *out_epoch)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select id from epochs order by number desc limit 1"));
    TRY(row_one(&rows));
    *out_epoch = row_ident(&rows, 0);
    return ERR_OK;
}

/* Of a member without the tenant's key zeros are wrapped: they still prove that the cookie is the session's. */
static err_t session_wrap(struct ask *ask, const struct who *who, const struct key *secret, ident_t epoch)
{
    OWN(key) key;
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    TRY(session_wrapper(ask, epoch, secret, &key));
    aead_seal(ask->env, &key, ident_bytes(&who->session),
              key_bytes(who->keyed ? &who->tenant_private : &no_key), &wrapped);
    TRY(buf_end(&wrapped));
    return cell_put(ask->keyring, who->tenant, who->session, CELL_SESSION, buf_str(&wrapped));
}

/* A session in use moves along with the epochs; one that is not ends with its own, one to two hours later. */
static err_t session_move(struct ask *ask, const struct who *who, const struct key *secret, ident_t from)
{
    ident_t epoch;
    TRY(epoch_current(ask, &epoch));
    if (ident_eq(epoch, from))
        return ERR_OK;
    TRY(cell_destroy(ask->keyring, who->session, CELL_SESSION));
    TRY(session_wrap(ask, who, secret, epoch));
    return db_do(ask->db, "update sessions set epoch = $2 where id = $1", ID(who->session), ID(epoch));
}

/* A member who has the tenant's key, in a session that did not bring what opens it. */
static err_t session_locked(struct ask *ask, struct who *who)
{
    int64_t given = 0;
    if (who->keyed || who->is_staff || !role_needs_key(role_find(who->role)))
        return ERR_OK;
    TRY(db_number(ask->db, &given, "select count(*) from cells where id = $1 and cell = $2", ID(who->member),
                  N(CELL_TENANT_KEY)));
    who->locked = given > 0;
    return ERR_OK;
}

static err_t session_open(struct ask *ask, const struct ticket *ticket, const rows_t *rows, struct who *who)
{
    OWN(key) key;
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    OWN(buf) plain = BUF(KEY_SIZE);
    ident_t epoch = row_ident(rows, 2);
    *who = (struct who){
        .session = ticket->id,
        .root = row_text(rows, 10).len ? row_ident(rows, 10) : ticket->id,
        .tenant = row_ident(rows, 0),
        .member = row_ident(rows, 1),
        .since = row_number(rows, 3),
        .until = row_number(rows, 4),
        .role = arena_copy(ask->arena, row_text(rows, 5)),
        .is_user = !str_eq(row_text(rows, 6), STR("token")),
        .is_staff = ident_is_zero(row_ident(rows, 0)),
        .scopes = (scopes_t)row_number(rows, 7),
        .way = arena_copy(ask->arena, row_text(rows, 9)).at,
    };
    if (!who->is_user && row_number(rows, 8) < who->until)
        who->until = row_number(rows, 8);
    moment_t now = ask->env->now(ask->env);
    bool is_ahead = who->since > now + STEP_MS; /* begun while the clock was: its end is no end */
    if (who->until <= now || is_ahead)
        return fail(ERR_SIGNED_OUT, "the session has ended");
    TRY(session_wrapper(ask, epoch, &ticket->secret, &key));
    TRY(cell_get(ask->keyring, who->session, CELL_SESSION, &wrapped));
    TRY(aead_open(&key, ident_bytes(&who->session), buf_str(&wrapped), &plain));
    TRY(key_from(buf_str(&plain), &who->tenant_private));
    who->keyed = !bytes_equal(key_bytes(&who->tenant_private), key_bytes(&no_key));
    TRY(session_locked(ask, who));
    return session_move(ask, who, &ticket->secret, epoch);
}

static err_t session_find(struct ask *ask, const char *bearer, struct who *who)
{
    OWN(ticket) ticket;
    OWN(rows) rows = {0};
    TRY(ticket_read("cse", bearer, &ticket));
    TRY(db_read(
        ask->db, &rows,
        "select sessions.tenant, sessions.member, sessions.epoch, sessions.since, sessions.until, members.role,"
        " members.kind, members.scopes, members.until, sessions.way, sessions.root"
        " from sessions join members on members.id = sessions.member where sessions.id = $1"
        " and members.disabled = 0",
        ID(ticket.id)));
    TRY(row_one(&rows));
    return session_open(ask, &ticket, &rows, who);
}

/* At most once a minute, so that a busy token does not write at each request. */
static err_t token_used(struct ask *ask, ident_t id)
{
    moment_t now = ask->env->now(ask->env);
    return db_do(ask->db, "update members set used = $2 where id = $1 and (used < $3 or used > $2)", ID(id),
                 N(now), N(now - MINUTES(1)));
}

static err_t token_opens(struct ask *ask, struct who *who, const struct key *public,
                         const struct key *private)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) plain = BUF(KEY_SIZE);
    TRY(cell_get(ask->keyring, who->member, CELL_TENANT_KEY, &sealed));
    TRY(box_open(public, private, buf_str(&sealed), &plain));
    return key_from(buf_str(&plain), &who->tenant_private);
}

static err_t token_find(struct ask *ask, const char *bearer, struct who *who)
{
    OWN(ticket) ticket;
    OWN(rows) rows = {0};
    OWN(key) public;
    OWN(key) private;
    TRY(ticket_read("ctk", bearer, &ticket));
    TRY(db_read(
        ask->db, &rows,
        "select tenant, role, made, until, public, scopes, exists (select 1 from members maker"
        " where maker.id = members.by and maker.disabled <> 0) from members where id = $1 and kind = 'token'",
        ID(ticket.id)));
    TRY(row_one(&rows));
    *who = (struct who){.tenant = row_ident(&rows, 0), .member = ticket.id, .since = row_number(&rows, 2)};
    who->role = arena_copy(ask->arena, row_text(&rows, 1));
    who->until = row_number(&rows, 3);
    who->scopes = (scopes_t)row_number(&rows, 5);
    if (who->until <= ask->env->now(ask->env))
        return fail(ERR_SIGNED_OUT, "the token has expired");
    pair_from(&ticket.secret, &public, &private);
    if (!bytes_equal(row_text(&rows, 4), key_bytes(&public)))
        return fail(ERR_SIGNED_OUT, "the token is not valid");
    if (row_number(&rows, 6))
        return fail(ERR_SIGNED_OUT, "whoever made the token is disabled");
    who->keyed = who->scopes ? scopes_open(who->scopes) : role_needs_key(role_find(who->role));
    if (who->keyed)
        TRY(token_opens(ask, who, &public, &private));
    return token_used(ask, ticket.id);
}

static err_t own_public(struct ask *ask, struct who *who)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select public from members where id = $1", ID(who->member)));
    TRY(row_one(&rows));
    return key_from(row_text(&rows, 0), &who->tenant_public);
}

static err_t tenant_of(struct ask *ask, struct who *who)
{
    OWN(rows) rows = {0};
    if (who->is_staff)
        return own_public(ask, who);
    TRY(db_read(ask->db, &rows, "select realm, public from tenants where id = $1", ID(who->tenant)));
    TRY(row_one(&rows));
    who->realm = row_ident(&rows, 0);
    return key_from(row_text(&rows, 1), &who->tenant_public);
}

bool who_may(const struct who *who, right_t right)
{
    return who->scopes ? scopes_may(who->scopes, right) : role_may(role_find(who->role), right);
}

static err_t right_check(struct ask *ask, const struct who *who, right_t right)
{
    if (who->scopes && !scopes_ask(who->scopes, right, ask->number))
        return fail(ERR_DENIED, "the token's scopes do not reach this");
    return who_may(who, right) ? ERR_OK
                               : fail(ERR_DENIED, "the role %.*s has no right to this", STR_ARG(who->role));
}

err_t who_asks(struct ask *ask, const char *bearer, right_t right, struct who *out_who)
{
    OWN(who) who = {0};
    bool is_token = bearer && str_starts(str(bearer), STR("ctk_"));
    err_t found = !bearer || !*bearer ? ERR_MISSING
                  : is_token          ? token_find(ask, bearer, &who)
                                      : session_find(ask, bearer, &who);
    if (found == ERR_BUSY || found == ERR_BROKEN)
        return found;
    if (found != ERR_OK)
        return fail(ERR_SIGNED_OUT, is_token ? "the token is not valid" : "nobody is signed in");
    TRY(tenant_of(ask, &who));
    TRY(right_check(ask, &who, right));
    TRY(licence_admits(ask, &who, right));
    if (right_needs_key(right) && !who.keyed)
        return who.locked
                   ? fail(ERR_LOCKED, "this session has not got the key: unlock it by password or passkey")
                   : fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
    *out_who = who;
    return ERR_OK;
}

/* Whatever way in it came by. */
static err_t member_admitted(struct ask *ask, ident_t member)
{
    int64_t disabled = 0;
    TRY(db_number(ask->db, &disabled, "select count(*) from members where id = $1 and disabled > 0",
                  ID(member)));
    return disabled ? fail(ERR_DENIED, "you are disabled here: ask an owner of your organisation") : ERR_OK;
}

err_t session_make(struct ask *ask, struct who *who, const char **out_cookie)
{
    OWN(ticket) ticket = {0};
    ident_t epoch;
    TRY(member_admitted(ask, who->member));
    TRY(epochs_turn(ask->keyring, NULL));
    TRY(epoch_current(ask, &epoch));
    ticket.id = who->session = ident_new(ask->env);
    key_random(ask->env, &ticket.secret);
    who->since = ask->env->now(ask->env);
    if (!who->until || who->until > who->since + SESSION_MS)
        who->until = who->since + SESSION_MS;
    const char *way = who->way ? who->way : "password";
    TRY(db_do(ask->db,
              "insert into sessions (id, tenant, member, epoch, since, until, way, keyed, keyed_by, root)"
              " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
              ID(who->session), ID(who->tenant), ID(who->member), ID(epoch), N(who->since), N(who->until),
              T(str(way)), N(who->keyed ? who->since : 0), T(str(who->keyed ? way : "")),
              B(ident_is_zero(who->root) ? STR("") : ident_bytes(&who->root))));
    TRY(session_wrap(ask, who, &ticket.secret, epoch));
    TRY(session_locked(ask, who));
    TRY(db_do(ask->db, "update members set used = $2 where id = $1 and (used < $2 or used > $3)",
              ID(who->member), N(who->since / DAYS(1) * DAYS(1)), N(who->since)));
    *out_cookie = ticket_text(ask, "cse", &ticket, false);
    return arena_end(ask->arena);
}

/* What is sealed to the tenant opens with its key alone. */
static err_t key_fits(const struct who *who, const struct key *private)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) opened = BUF(KEY_SIZE);
    box_seal(&who->tenant_public, STR("opens"), &sealed);
    TRY(buf_end(&sealed));
    return box_open(&who->tenant_public, private, buf_str(&sealed), &opened) == ERR_OK
               ? ERR_OK
               : fail(ERR_DENIED, "this is not the key of the tenant");
}

err_t session_key(struct ask *ask, struct who *who, const struct session_opener *opener)
{
    OWN(ticket) ticket = {0};
    ident_t epoch;
    if (!who->is_user || who->is_staff || !role_needs_key(role_find(who->role)))
        return fail(ERR_INVALID, "there is no key that this session lacks");
    if (who->keyed)
        return fail(ERR_CONFLICT, "this session has the key already");
    TRY(key_fits(who, opener->tenant_private));
    TRY(ticket_read("cse", opener->bearer, &ticket));
    TRY(epoch_current(ask, &epoch)); /* who_asks() has moved it there */
    who->tenant_private = *opener->tenant_private;
    who->keyed = true;
    who->locked = false;
    TRY(cell_destroy(ask->keyring, who->session, CELL_SESSION));
    TRY(session_wrap(ask, who, &ticket.secret, epoch));
    TRY(db_do(ask->db, "update sessions set keyed = $2, keyed_by = $3 where id = $1", ID(who->session),
              N(ask->env->now(ask->env)), T(str(opener->by))));
    return journal_one(ask, who, ACT_SESSION_KEYED, (struct mention){0});
}

static err_t sessions_remove(struct keyring *keyring, const buf_t *ids)
{
    for_each_ident(id, ids)
    {
        TRY(cell_destroy(keyring, id, 0));
        TRY(db_do(keyring_db(keyring), "delete from sessions where id = $1", ID(id)));
    }
    return ERR_OK;
}

err_t sessions_end(struct ask *ask, ident_t member)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids, "select id from sessions where member = $1", ID(member)));
    return sessions_remove(ask->keyring, &ids);
}

err_t sessions_rekey(struct ask *ask, const struct who *who, const char *bearer)
{
    OWN(ticket) ticket = {0};
    OWN(buf) others = BUF(MAX_MEMORY);
    ident_t epoch;
    TRY(db_idents(ask->db, &others, "select id from sessions where tenant = $1 and ($2 or id <> $3)",
                  ID(who->tenant), N(!bearer), ID(who->session)));
    TRY(sessions_remove(ask->keyring, &others));
    if (!bearer)
        return ERR_OK;
    TRY(ticket_read("cse", bearer, &ticket));
    TRY(epoch_current(ask, &epoch));
    TRY(cell_destroy(ask->keyring, who->session, CELL_SESSION));
    TRY(session_wrap(ask, who, &ticket.secret, epoch));
    return db_do(ask->db, "update sessions set epoch = $2 where id = $1", ID(who->session), ID(epoch));
}

static err_t expiry_tell(struct ask *ask, ident_t session)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select tenant, member, way from sessions where id = $1", ID(session)));
    TRY(row_one(&rows));
    const char *prefix = str_eq(row_text(&rows, 2), STR("keeper")) ? "tok" : "usr";
    const struct entry entry = {ACT_SESSION_EXPIRED, .by = {prefix, row_ident(&rows, 1)}, .session = session};
    return journal(ask, row_ident(&rows, 0), &entry);
}

static err_t sessions_ran_out(struct ask *ask, const buf_t *ids)
{
    for_each_ident(id, ids) TRY(expiry_tell(ask, id));
    return sessions_remove(ask->keyring, ids);
}

static err_t sessions_expire(struct ask *ask)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids, "select id from sessions where until <= $1", N(ask->env->now(ask->env))));
    return sessions_ran_out(ask, &ids);
}

static err_t epoch_make(struct keyring *keyring, moment_t now)
{
    struct env *env = keyring_env(keyring);
    OWN(key) half;
    static const ident_t service;
    ident_t id = ident_new(env);
    key_random(env, &half);
    TRY(cell_put(keyring, service, id, CELL_EPOCH, key_bytes(&half)));
    return db_do(
        keyring_db(keyring),
        "insert into epochs (id, made, number) select $1, $2, coalesce(max(number), 0) + 1 from epochs",
        ID(id), N(now));
}

/* The newest epoch and the one before it stay, that one for two hours from when it was made. */
static err_t epochs_end(struct keyring *keyring, moment_t now)
{
    struct db *db = keyring_db(keyring);
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = db};
    OWN(buf) old = BUF(MAX_MEMORY);
    TRY(db_idents(db, &old,
                  "select id from epochs where number < (select max(number) - 1 from epochs)"
                  " or (number < (select max(number) from epochs) and made <= $1)",
                  N(now - 2 * EPOCH_MS)));
    for_each_ident(epoch, &old)
    {
        OWN(buf) sessions = BUF(MAX_MEMORY);
        TRY(db_idents(db, &sessions, "select id from sessions where epoch = $1", ID(epoch)));
        TRY(sessions_ran_out(&ask, &sessions));
        TRY(cell_destroy(keyring, epoch, 0));
        TRY(db_do(db, "delete from epochs where id = $1", ID(epoch)));
    }
    return ERR_OK;
}

err_t epochs_turn(struct keyring *keyring, void *unused)
{
    OWN(rows) rows = {0};
    moment_t now = keyring_env(keyring)->now(keyring_env(keyring));
    (void)unused;
    TRY(db_read(keyring_db(keyring), &rows, "select made from epochs order by number desc limit 1"));
    bool any = row_next(&rows);
    TRY(rows_end(&rows));
    moment_t age = any ? now - row_number(&rows, 0) : EPOCH_MS;
    if (age >= 0 && age < EPOCH_MS) /* a clock that went back makes one due as well, once */
        return ERR_OK;
    TRY(db_do(keyring_db(keyring), "delete from opens where hour < $1", N(now / HOURS(1))));
    TRY(epoch_make(keyring, now));
    return epochs_end(keyring, now);
}

err_t clock_turn(struct keyring *keyring, void *unused)
{
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    opened_rest(keyring->opened);
    TRY(epochs_turn(keyring, unused));
    TRY(sessions_expire(&ask));
    TRY(webhooks_turn(&ask));
    TRY(clock_watch(&ask));
    TRY(snapshots_due(&ask));
    TRY(exports_due(&ask));
    TRY(copies_due(&ask));
    TRY(challenges_turn(&ask));
    TRY(guardians_turn(&ask));
    TRY(sso_over(&ask));
    TRY(cli_codes_over(&ask));
    return refusals_tell(&ask);
}
