/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/keepers.h"

#include "admit/members.h"
#include "admit/signing.h"
#include "admit/sso.h"
#include "crypt/age.h"
#include "crypt/fingerprint.h"
#include "keyring/journal.h"
#include "keyring/labels.h"

enum { ONCE_MS = 2 * 60 * 1000, SEEN_MS = 60 * 1000, GIVES_MAX = 128, RELEASES_MOST = 32 };

#define KEEPER_COLUMNS \
    "keepers.id, keepers.public, keepers.made, approved, approved_by, gives, releases, seen, opened, given," \
    " exports, reports, alerts, trouble, members.scopes, members.until"

static err_t keeper_put(struct ask *ask, const rows_t *rows, Keys__Keeper *out)
{
    out->id = ask_bytes(ask, row_text(rows, 0));
    out->public_ = ask_bytes(ask, row_text(rows, 1));
    out->made = row_number(rows, 2);
    out->approved = row_number(rows, 3);
    out->approved_by = ask_bytes(ask, row_text(rows, 4));
    out->gives = ask_text(ask, row_text(rows, 5));
    out->releases = row_number(rows, 6) != 0;
    out->seen = row_number(rows, 7);
    out->opened = row_number(rows, 8);
    out->given = row_number(rows, 9);
    out->exports = row_number(rows, 10);
    out->reports = row_number(rows, 11);
    out->alerts = row_number(rows, 12);
    out->trouble = ask_text(ask, row_text(rows, 13));
    out->scopes = (uint64_t)row_number(rows, 14);
    out->until = row_number(rows, 15);
    return arena_end(ask->arena);
}

static err_t keeper_read(struct ask *ask, const struct who *who, ident_t id, Keys__Keeper *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " KEEPER_COLUMNS " from keepers join members on members.id = keepers.id"
                " where keepers.id = $1 and keepers.tenant = $2",
                ID(id), ID(who->tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "%s is no keeper's", ident_text("tok", id).text);
    TRY(keeper_put(ask, &rows, out));
    return label_get(ask, who, id, &out->name);
}

/* The same key again is the same keeper; another key is another keeper, which has a token of its own. */
err_t answer_keeper_enrol(struct ask *ask)
{
    const Keys__KeeperEnrol *in = ask->in;
    OWN(who) who = {0};
    int64_t there = 0;
    struct key public;
    TRY(who_asks(ask, in->bearer, RIGHT_KEEPER, &who));
    TRY(key_from(bin(in->public_), &public));
    TRY(db_do(
        ask->db,
        "insert into keepers (id, tenant, public, made, approved, approved_by, gives, releases, once, once_until,"
        " seen, opened, given, exports, reports, alerts, trouble)"
        " values ($1, $2, $3, $4, 0, x'', '', 0, x'', 0, $4, 0, 0, 0, 0, 0, '') on conflict (id) do nothing",
        ID(who.member), ID(who.tenant), B(key_bytes(&public)), N(ask->env->now(ask->env))));
    ask->idle = !db_changed(ask->db);
    TRY(db_number(ask->db, &there, "select count(*) from keepers where id = $1 and public = $2",
                  ID(who.member), B(key_bytes(&public))));
    if (!there)
        return fail(ERR_CONFLICT,
                    "the token's keeper has another key: revoke the token, and make one for this keeper");
    if (!ask->idle)
        TRY(journal_one(ask, &who, ACT_KEEPER_ENROLLED, (struct mention){"tok", who.member}));
    return keeper_read(ask, &who, who.member, ask->out);
}

err_t answer_keeper_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Keepers *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_TOKENS, &who));
    TRY(db_number(ask->db, &room, "select count(*) from keepers where tenant = $1", ID(who.tenant)));
    out->items = arena_array(ask->arena, Keys__Keeper *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " KEEPER_COLUMNS " from keepers join members on members.id = keepers.id"
                " where keepers.tenant = $1 order by keepers.made desc, keepers.id",
                ID(who.tenant)));
    while (out->n_items < (size_t)room && row_next(&rows)) {
        Keys__Keeper *keeper = out->items[out->n_items++] = arena_new(ask->arena, Keys__Keeper);
        TRY(arena_end(ask->arena));
        keys__keeper__init(keeper);
        TRY(keeper_put(ask, &rows, keeper));
        TRY(label_get(ask, &who, row_ident(&rows, 0), &keeper->name));
    }
    return rows_end(&rows);
}

/* Approving */

/* Roles that wait for a key; written once each, with spaces between them. */
static err_t gives_check(str_t gives)
{
    while (gives.len) {
        str_t name = str_until(&gives, ' ');
        const struct role *role = role_find(name);
        if (!role_is_members(role) || !role_needs_key(role) || role_may(role, RIGHT_OWN))
            return fail(ERR_INVALID, "a keeper gives the key to administrators, approvers and viewers");
    }
    return ERR_OK;
}

static err_t tenant_key_seal(struct ask *ask, const struct who *who, const Keys__Keeper *keeper)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    struct key public;
    ident_t id;
    TRY(ident_from(bin(keeper->id), &id));
    TRY(key_from(bin(keeper->public_), &public));
    box_seal(&public, key_bytes(&who->tenant_private), &sealed);
    TRY(buf_end(&sealed));
    return cell_put(ask->keyring, who->tenant, id, CELL_KEEPER, buf_str(&sealed));
}

static err_t fingerprint_check(const Keys__Keeper *keeper, const char *typed)
{
    struct key public;
    TRY(key_from(bin(keeper->public_), &public));
    return fingerprint_is(&public, typed)
               ? ERR_OK
               : fail(ERR_INVALID,
                      "that is not this keeper's fingerprint: compare it with what the keeper says");
}

/* Again with other settings: what it may do is changed, and the key stays where it is. */
static err_t approve_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    const Keys__KeeperApprove *in = ask->in;
    Keys__Keeper *out = ask->out;
    ident_t id;
    TRY(ident_from(bin(in->id), &id));
    TRY(keeper_read(ask, who, id, out));
    TRY(fingerprint_check(out, in->fingerprint));
    if (strlen(in->gives) > GIVES_MAX)
        return fail(ERR_INVALID, "a keeper gives the key to administrators, approvers and viewers");
    TRY(gives_check(str(in->gives)));
    if (!out->approved)
        TRY(tenant_key_seal(ask, who, out));
    TRY(db_do(ask->db,
              "update keepers set approved = $2, approved_by = $3, gives = $4, releases = $5 where id = $1",
              ID(id), N(ask->env->now(ask->env)), ID(who->member), T(str(in->gives)), N(in->releases)));
    TRY(journal_one(ask, who, ACT_KEEPER_APPROVED, (struct mention){"tok", id}));
    return keeper_read(ask, who, id, out);
}

err_t answer_keeper_approve(struct ask *ask)
{
    const Keys__KeeperApprove *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "keeper.approve",
                              .target = bin(in->id),
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_TOKENS,
                              .keyless = true,
                              .run = approve_act};
    return signing_run(&signing);
}

/* What the keeper asks */

/* Not who is locked out, and not who has no way in of their own yet: there is nothing to seal it to. */
static err_t waiting_list(struct ask *ask, const struct who *who, str_t gives, buf_t *out_ids)
{
    while (gives.len)
        TRY(db_idents(
            ask->db, out_ids,
            "select id from members where tenant = $1 and kind = 'user' and role = $2 and not exists"
            " (select 1 from cells where cells.id = members.id and cell = $3) and disabled = 0 and length(public) > 0"
            " order by made limit 100",
            ID(who->tenant), T(str_until(&gives, ' ')), N(CELL_TENANT_KEY)));
    return ERR_OK;
}

/* A pair for one answer: the last one that was asked for is the one that counts. */
static err_t once_make(struct ask *ask, const struct who *who, Keys__Keeper *out)
{
    OWN(key) seed;
    OWN(key) private;
    struct key public;
    key_random(ask->env, &seed);
    pair_from(&seed, &public, &private);
    TRY(cell_destroy(ask->keyring, who->member, CELL_KEEPER_ONCE));
    TRY(cell_put(ask->keyring, who->tenant, who->member, CELL_KEEPER_ONCE, key_bytes(&private)));
    out->once = ask_bytes(ask, key_bytes(&public));
    return db_do(ask->db, "update keepers set once = $2, once_until = $3 where id = $1", ID(who->member),
                 B(key_bytes(&public)), N(ask->env->now(ask->env) + ONCE_MS));
}

/* What opens, for the one who can open it. */
static err_t key_put(struct ask *ask, const struct who *who, Keys__Keeper *out)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    TRY(cell_get(ask->keyring, who->member, CELL_KEEPER, &sealed));
    out->sealed = ask_bytes(ask, buf_str(&sealed));
    out->tenant_public = ask_bytes(ask, key_bytes(&who->tenant_public));
    return once_make(ask, who, out);
}

static bool is_word(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz-");
    return len <= 32 && !text[len];
}

/* Written once a minute, and where something was done. */
static err_t told(struct ask *ask, const struct who *who)
{
    const Keys__KeeperPoll *in = ask->in;
    moment_t now = ask->env->now(ask->env);
    if (!is_word(in->trouble) || in->exports < 0 || in->reports < 0 || in->alerts < 0)
        return fail(ERR_INVALID, "what a keeper did is counted, and what is in its way is one word");
    return db_do(
        ask->db,
        "update keepers set seen = $2, exports = $4, reports = $5, alerts = $6, trouble = $7 where id = $1 and"
        " (seen < $3 or exports <> $4 or reports <> $5 or alerts <> $6 or trouble <> $7)",
        ID(who->member), N(now), N(now - SEEN_MS), N(in->exports), N(in->reports), N(in->alerts),
        T(str(in->trouble)));
}

/* Sessions by single sign-on that wait for a keeper: of each member the last, so that whoever it does not release the key to,
 * and who tries again and again, keeps nobody else waiting. */
static err_t releases_put(struct ask *ask, const struct who *who, Keys__Keeper *out)
{
    OWN(rows) rows = {0};
    out->pending = arena_array(ask->arena, Keys__KeeperRelease *, RELEASES_MOST);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select session, public, salt, token from (select session, public, salt, token, until,"
        " row_number() over (partition by member order by until desc, session) as place"
        " from sso_sessions where tenant = $1 and until > $2 and length(token) > 0 and released = x'')"
        " where place = 1 order by until limit $3",
        ID(who->tenant), N(ask->env->now(ask->env)), N(RELEASES_MOST)));
    while (out->n_pending < RELEASES_MOST && row_next(&rows)) {
        Keys__KeeperRelease *one = out->pending[out->n_pending++] =
            arena_new(ask->arena, Keys__KeeperRelease);
        TRY(arena_end(ask->arena));
        keys__keeper_release__init(one);
        one->session = ask_bytes(ask, row_text(&rows, 0));
        one->public_ = ask_bytes(ask, row_text(&rows, 1));
        one->salt = ask_bytes(ask, row_text(&rows, 2));
        one->token = ask_bytes(ask, row_text(&rows, 3));
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* Kept until the session itself comes for it: only its bearer can put it in place. */
static err_t released(struct ask *ask, const struct who *who)
{
    const Keys__KeeperPoll *in = ask->in;
    OWN(rows) rows = {0};
    ident_t session;
    TRY(ident_from(bin(in->session), &session));
    if (in->sealed.len != KEY_SIZE + BOX_EXTRA)
        return fail(ERR_INVALID, "a sealed key has %d bytes", KEY_SIZE + BOX_EXTRA);
    TRY(db_do(
        ask->db,
        "update sso_sessions set released = $3 where session = $1 and tenant = $2 and until > $4 and released = x''"
        " and length(token) > 0 and exists (select 1 from keepers where id = $5 and approved > 0 and releases = 1)",
        ID(session), ID(who->tenant), B(bin(in->sealed)), N(ask->env->now(ask->env)), ID(who->member)));
    if (!db_changed(ask->db))
        return fail(ERR_MISSING, "no session of that id waits for a keeper");
    return journal_one(ask, who, ACT_KEEPER_RELEASED, (struct mention){"ses", session});
}

err_t keeper_token_seal(struct ask *ask, ident_t tenant, str_t token, str_t *out_sealed)
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(MAX_ASK);
    struct key public;
    *out_sealed = STR("");
    TRY(db_read(
        ask->db, &rows,
        "select public from keepers where tenant = $1 and approved > 0 and releases = 1 order by seen desc limit 1",
        ID(tenant)));
    if (!row_next(&rows))
        return rows_end(&rows);
    TRY(key_from(row_text(&rows, 0), &public));
    box_seal(&public, token, &sealed);
    TRY(buf_end(&sealed));
    *out_sealed = arena_copy(ask->arena, buf_str(&sealed));
    return arena_end(ask->arena);
}

static err_t released_open(struct ask *ask, const struct who *who, const struct sso_release *release,
                           struct key *out_key, bool *out_there)
{
    OWN(rows) rows = {0};
    OWN(buf) plain = BUF(KEY_SIZE);
    TRY(db_read(ask->db, &rows, "select released from sso_sessions where session = $1", ID(who->session)));
    TRY(row_one(&rows));
    *out_there = row_text(&rows, 0).len > 0;
    if (!*out_there)
        return ERR_OK;
    TRY(box_open(&release->public, &release->private, row_text(&rows, 0), &plain));
    return key_from(buf_str(&plain), out_key);
}

err_t answer_session_release(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    OWN(sso_release) release = {0};
    OWN(key) key = {{0}};
    bool there = false;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(sso_may_open(ask, &who, "keeper"));
    ask->idle = who.keyed;
    if (who.keyed)
        return who_message(ask, &who, ask->out);
    TRY(sso_release_find(ask, who.session, &release));
    TRY(released_open(ask, &who, &release, &key, &there));
    ask->idle = !there;
    if (there)
        TRY(session_key(ask, &who, &(struct session_opener){in->bearer, "keeper", &key}));
    if (there)
        TRY(sso_release_end(ask, who.session));
    return who_message(ask, &who, ask->out);
}

err_t answer_keeper_poll(struct ask *ask)
{
    const Keys__KeeperPoll *in = ask->in;
    Keys__Keeper *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    OWN(buf) waiting = BUF(MAX_ASK);
    TRY(who_asks(ask, in->bearer, RIGHT_KEEPER, &who));
    TRY(in->session.len ? released(ask, &who) : told(ask, &who));
    TRY(keeper_read(ask, &who, who.member, out));
    TRY(db_read(ask->db, &rows, "select name from tenants where id = $1", ID(who.tenant)));
    TRY(row_one(&rows));
    out->tenant = ask_text(ask, row_text(&rows, 0));
    TRY(waiting_list(ask, &who, str(out->gives), &waiting));
    out->waiting = (int64_t)(waiting.len / sizeof(ident_t));
    if (out->approved && out->releases)
        TRY(releases_put(ask, &who, out));
    if (out->approved && in->key)
        TRY(key_put(ask, &who, out));
    return arena_end(ask->arena);
}

/* The private half of the pair that was asked for, once. */
static err_t once_take(struct ask *ask, const struct who *who, struct key out_pair[2])
{
    OWN(rows) rows = {0};
    OWN(buf) private = BUF(KEY_SIZE);
    TRY(db_read(ask->db, &rows, "select once, once_until from keepers where id = $1 and approved > 0",
                ID(who->member)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_LOCKED, "the keeper waits: an owner has to approve it");
    if (row_number(&rows, 1) <= ask->env->now(ask->env))
        return fail(ERR_LOCKED, "there is no pair to answer to: ask for one first");
    TRY(key_from(row_text(&rows, 0), &out_pair[0]));
    TRY(cell_get(ask->keyring, who->member, CELL_KEEPER_ONCE, &private));
    TRY(key_from(buf_str(&private), &out_pair[1]));
    TRY(cell_destroy(ask->keyring, who->member, CELL_KEEPER_ONCE));
    return db_do(ask->db, "update keepers set once = x'', once_until = 0, opened = $2 where id = $1",
                 ID(who->member), N(ask->env->now(ask->env)));
}

static err_t key_open(const struct who *who, const struct key pair[2], str_t sealed, struct key *out_key)
{
    OWN(buf) plain = BUF(KEY_SIZE);
    struct key public;
    TRY(box_open(&pair[0], &pair[1], sealed, &plain));
    TRY(key_from(buf_str(&plain), out_key));
    age_recipient_of(out_key, &public);
    return bytes_equal(key_bytes(&public), key_bytes(&who->tenant_public))
               ? ERR_OK
               : fail(ERR_LOCKED, "that is not the key of this client");
}

err_t answer_keeper_unlock(struct ask *ask)
{
    const Keys__KeeperUnlock *in = ask->in;
    Keys__Who *out = ask->out;
    OWN(who) who = {0};
    const char *cookie = NULL;
    struct key pair[2];
    TRY(who_asks(ask, in->bearer, RIGHT_KEEPER, &who));
    if (!ident_is_zero(who.session))
        return fail(ERR_CONFLICT, "the keeper has this session already");
    TRY(once_take(ask, &who, pair));
    err_t opened = key_open(&who, pair, bin(in->sealed), &who.tenant_private);
    key_drop(&pair[1]);
    TRY(opened);
    who.keyed = true;
    who.way = "keeper";
    TRY(sessions_end(ask, who.member)); /* of a keeper that was ended before it could end them */
    TRY(session_make(ask, &who, &cookie));
    out->cookie = (char *)(uintptr_t)cookie;
    out->keyed = true;
    out->until = who.until;
    return journal_one(ask, &who, ACT_KEEPER_OPENED, (struct mention){"tok", who.member});
}

static err_t some_give(struct ask *ask, const struct who *who, const buf_t *waiting)
{
    for_each_ident(member, waiting)
    {
        OWN(rows) rows = {0};
        struct key public;
        TRY(db_read(ask->db, &rows, "select public from members where id = $1", ID(member)));
        TRY(row_one(&rows));
        TRY(key_from(row_text(&rows, 0), &public));
        TRY(member_key_give(ask, who, member, &public));
        TRY(sessions_end(ask, member));
        TRY(journal_one(ask, who, ACT_KEY_GIVEN, (struct mention){"usr", member}));
    }
    return ERR_OK;
}

err_t answer_keeper_give(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Keeper *out = ask->out;
    OWN(who) who = {0};
    OWN(buf) waiting = BUF(MAX_ASK);
    TRY(who_asks(ask, in->bearer, RIGHT_KEEPER, &who));
    if (!who.keyed)
        return fail(ERR_LOCKED, "the keeper has not opened the key to this session");
    TRY(keeper_read(ask, &who, who.member, out));
    TRY(waiting_list(ask, &who, str(out->gives), &waiting));
    ask->idle = !waiting.len;
    TRY(some_give(ask, &who, &waiting));
    TRY(db_do(ask->db, "update keepers set given = given + $2 where id = $1", ID(who.member),
              N((int64_t)(waiting.len / sizeof(ident_t)))));
    return keeper_read(ask, &who, who.member, out);
}

err_t keeper_revoke(struct ask *ask, const struct who *who, ident_t token)
{
    TRY(db_do(ask->db, "delete from keepers where id = $1 and tenant = $2", ID(token), ID(who->tenant)));
    if (!db_changed(ask->db))
        return ERR_OK;
    TRY(sessions_end(ask, token));
    return journal_one(ask, who, ACT_KEEPER_REVOKED, (struct mention){"tok", token});
}
