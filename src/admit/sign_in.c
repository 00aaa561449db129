/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/authenticator.h"
#include "admit/known.h"
#include "admit/members.h"
#include "admit/passwords.h"
#include "admit/people.h"
#include "admit/rekey.h"
#include "admit/signing.h"
#include "admit/sso.h"
#include "admit/staff.h"
#include "crypt/kit.h"
#include "keyring/contracts.h"
#include "keyring/journal.h"

/* What every way of signing in has in common: first the tenant, then outside of any act the password, then the rest. */
struct sign_in {
    struct ask *ask;
    struct who who;
    struct way_in way;
    char salt[SALT_SIZE];
    bool known; /* the tenant exists; if not, the password is stretched all the same */
    struct invited invited;
    struct key kit[2]; /* the pair of the recovery kit */
};
typedef struct sign_in sign_in_own;

static void sign_in_drop(struct sign_in *in) { explicit_bzero(in, sizeof *in); }

static void salt_take(struct sign_in *in, str_t salt)
{
    memcpy(in->salt, salt.at, salt.len < SALT_SIZE ? salt.len : SALT_SIZE);
}

static err_t way_of(struct sign_in *in, const char *username, ProtobufCBinaryData password)
{
    return way_in_from(in->ask, str_bytes(in->salt, SALT_SIZE), username, bin(password), &in->way);
}

/* Whoever has no key cannot read even its own name. */
static err_t put_user(struct ask *ask, const struct who *who, Keys__Who *out)
{
    struct user user = {0};
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select made, length(public) from members where id = $1", ID(who->member)));
    TRY(row_one(&rows));
    out->made = row_number(&rows, 0);
    out->bare = !row_number(&rows, 1);
    if (who->keyed)
        TRY(user_read(ask, who, &user));
    out->full_name = ask_text(ask, user.full_name);
    out->username = ask_text(ask, user.username);
    out->email = ask_text(ask, user.email);
    return arena_end(ask->arena);
}

static err_t put_who(struct ask *ask, const struct who *who, Keys__Who *out)
{
    out->member = ask_bytes(ask, ident_bytes(&who->member));
    out->role = ask_text(ask, who->role);
    out->since = who->since;
    out->until = who->until;
    out->is_user = who->is_user;
    out->keyed = who->keyed;
    out->locked = who->locked;
    out->waits =
        !who->keyed && !who->locked && who->is_user && !who->is_staff && role_needs_key(role_find(who->role));
    out->session = ask_bytes(ask, ident_bytes(&who->session));
    out->way = ask_text(ask, who->is_user ? str(who->way ? who->way : "password") : STR(""));
    out->scopes = who->scopes;
    if (who->is_staff)
        return arena_end(ask->arena);
    struct standing standing;
    TRY(licence_standing(ask, who->tenant, &standing));
    out->life = ask_text(ask, str(life_name(standing.life)));
    return tenant_message(ask, who->tenant, &out->tenant);
}

err_t who_message(struct ask *ask, const struct who *who, Keys__Who *out)
{
    TRY(put_who(ask, who, out));
    return put_user(ask, who, out);
}

static err_t put_session(struct ask *ask, struct who *who, Keys__Who *out)
{
    const char *cookie = NULL;
    TRY(session_make(ask, who, &cookie));
    out->cookie = (char *)(uintptr_t)cookie;
    return who_message(ask, who, out);
}

err_t session_begin(struct ask *ask, struct who *who, enum act act)
{
    TRY(licence_admits(ask, who, RIGHT_SELF));
    TRY(put_session(ask, who, ask->out));
    return journal_one(ask, who, act, (struct mention){0});
}

static err_t session_told(struct sign_in *in, enum act act) { return session_begin(in->ask, &in->who, act); }

static err_t claim_find(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    const Keys__Claim *ask = in->ask->in;
    OWN(ticket) ticket = {0};
    OWN(rows) rows = {0};
    uint8_t proof[DIGEST_SIZE];
    TRY(ticket_read("ccl", ask->claim, &ticket));
    digest(key_bytes(&ticket.secret), proof);
    TRY(db_read(
        keyring_db(keyring), &rows,
        "select realm, salt, claim_until from tenants where id = $1 and claim = $2 and state = 'unclaimed'",
        ID(ticket.id), B(str_bytes(proof, sizeof proof))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found || row_number(&rows, 2) <= in->ask->env->now(in->ask->env))
        return fail(ERR_DENIED, "the claim link is not known, was used, or has expired");
    in->ask->lane = lane_of(ticket.id);
    in->who.tenant = ticket.id;
    in->who.realm = row_ident(&rows, 0);
    salt_take(in, row_text(&rows, 1));
    return ERR_OK;
}

/* The tenant's key is born here, and with it the one recovery kit that opens it when no member can. */
static err_t tenant_key_make(struct ask *ask, struct who *who)
{
    OWN(key) seed;
    OWN(key) kit_private;
    OWN(buf) text = BUF(64);
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    struct key kit_public;
    uint8_t kit[KIT_BYTES];
    Keys__Who *out = ask->out;
    key_random(ask->env, &seed);
    pair_from(&seed, &who->tenant_public, &who->tenant_private);
    ask->env->random(ask->env, kit, sizeof kit);
    kit_pair(kit, &kit_public, &kit_private);
    kit_put(kit, &text);
    explicit_bzero(kit, sizeof kit);
    box_seal(&kit_public, key_bytes(&who->tenant_private), &sealed);
    TRY(buf_end(&sealed));
    TRY(cell_put(ask->keyring, who->tenant, who->tenant, CELL_RECOVERY, buf_str(&sealed)));
    out->kit = ask_text(ask, buf_str(&text));
    return db_do(
        ask->db,
        "update tenants set public = $2, recovery = $3, state = 'kit', claim = null, claim_until = null"
        " where id = $1 and state = 'unclaimed'",
        ID(who->tenant), B(key_bytes(&who->tenant_public)), B(key_bytes(&kit_public)));
}

static err_t claim_act(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    const Keys__Claim *ask = in->ask->in;
    const struct user_ask user = {ask->username, ask->full_name, ask->email, "owner"};
    TRY(claim_find(keyring, in)); /* again: another may have claimed it meanwhile */
    TRY(tenant_key_make(in->ask, &in->who));
    in->who.keyed = true;
    TRY(user_make(in->ask, &in->who, &user, &in->way));
    TRY(signer_born(in->ask, &in->who));
    return session_told(in, ACT_TENANT_CLAIMED);
}

err_t answer_claim(struct ask *ask)
{
    const Keys__Claim *asked = ask->in;
    OWN(sign_in) in = {.ask = ask};
    TRY(password_acceptable(&(struct new_password){bin(asked->password), asked->username}));
    TRY(keyring_read(ask->keyring, claim_find, &in));
    TRY(way_of(&in, asked->username, asked->password));
    return keyring_write(ask->keyring, claim_act, &in);
}

err_t answer_kit_back(struct ask *ask)
{
    const Keys__KitBack *in = ask->in;
    OWN(who) who = {0};
    OWN(key) private;
    OWN(rows) rows = {0};
    struct key public;
    uint8_t kit[KIT_BYTES];
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(kit_read(str(in->kit), kit));
    kit_pair(kit, &public, &private);
    explicit_bzero(kit, sizeof kit);
    TRY(db_read(ask->db, &rows, "select recovery from tenants where id = $1", ID(who.tenant)));
    TRY(row_one(&rows));
    if (!bytes_equal(row_text(&rows, 0), key_bytes(&public)))
        return fail(ERR_INVALID, "this is not the kit of this organisation");
    TRY(db_do(ask->db, "update tenants set state = 'open' where id = $1 and state = 'kit'", ID(who.tenant)));
    return journal_one(ask, &who, ACT_KIT_CONFIRMED, (struct mention){0});
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    (void)keyring;
    if (in->way.wrong_code)
        TRY(authenticator_wrong(in->ask, in->who.member));
    return refusal_count(in->ask, in->who.tenant);
}

/* What was refused is told of in the client's log, or in the service's where there is no such client: both take as long. */
static err_t refused(struct sign_in *in, err_t result)
{
    char note[256];
    if (result != ERR_SIGNED_OUT)
        return result;
    snprintf(note, sizeof note, "%s", err_note());
    TRY(keyring_write(in->ask->keyring, refused_act, in));
    return fail(ERR_SIGNED_OUT, "%s", note);
}

/* An unknown tenant goes through the same motions, with a salt that fits nobody. */
static err_t tenant_named(struct sign_in *in, const char *name)
{
    OWN(rows) rows = {0};
    TRY(db_read(in->ask->db, &rows,
                "select id, realm, salt, public from tenants where name = $1 and public is not null",
                T(str(name))));
    in->known = row_next(&rows);
    TRY(rows_end(&rows));
    if (!in->known)
        return ERR_OK;
    in->who.tenant = row_ident(&rows, 0);
    in->who.realm = row_ident(&rows, 1);
    salt_take(in, row_text(&rows, 2));
    return key_from(row_text(&rows, 3), &in->who.tenant_public);
}

static struct known known_of(const struct sign_in *in, const char *username)
{
    return (struct known){in->who.tenant, username};
}

static err_t lane_find(struct sign_in *in, const Keys__Login *asked)
{
    const struct known known = known_of(in, asked->username);
    return known_lane(in->ask, &known, asked->known, asked->source);
}

static err_t mark_give(struct sign_in *in, const Keys__Login *asked)
{
    const struct known known = known_of(in, asked->username);
    return known_mark(in->ask, &known, &((Keys__Who *)in->ask->out)->known);
}

static err_t login_find(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    (void)keyring;
    const Keys__Login *asked = in->ask->in;
    TRY(tenant_named(in, asked->tenant));
    return lane_find(in, asked);
}

static err_t login_act(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    (void)keyring;
    TRY(user_find(in->ask, &in->who, &in->way));
    in->who.way = in->way.by_code ? "code" : "password";
    TRY(session_told(in, ACT_SESSION_OPENED));
    return mark_give(in, in->ask->in);
}

err_t answer_login(struct ask *ask)
{
    const Keys__Login *asked = ask->in;
    OWN(sign_in) in = {.ask = ask};
    TRY(keyring_read(ask->keyring, login_find, &in));
    TRY(way_of(&in, asked->username, asked->password));
    in.way.code = asked->code;
    if (!in.known)
        return refused(&in, fail(ERR_SIGNED_OUT, "organisation, username or password is wrong"));
    return refused(&in, keyring_write(ask->keyring, login_act, &in));
}

/* Joining: a member of a tenant is signed in at once, and waits for the key; one of staff has to become current first. */

static err_t tenant_joined(struct sign_in *in)
{
    OWN(rows) rows = {0};
    TRY(db_read(in->ask->db, &rows,
                "select realm, salt, public from tenants where id = $1 and public is not null",
                ID(in->invited.tenant)));
    TRY(row_one(&rows));
    in->who.realm = row_ident(&rows, 0);
    salt_take(in, row_text(&rows, 1));
    return key_from(row_text(&rows, 2), &in->who.tenant_public);
}

static err_t join_find(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    const Keys__Join *ask = in->ask->in;
    (void)keyring;
    TRY(invitation_find(in->ask, ask->link, &in->invited));
    in->ask->lane = lane_of(in->invited.id);
    if (ident_is_zero(in->invited.tenant) != in->who.is_staff)
        return fail(ERR_DENIED, "the invitation is not for this door");
    in->who.tenant = in->invited.tenant;
    return in->who.is_staff ? staff_salt(in->ask, (uint8_t *)in->salt) : tenant_joined(in);
}

static err_t role_read(struct ask *ask, struct who *who)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select role from members where id = $1", ID(who->member)));
    TRY(row_one(&rows));
    who->role = arena_copy(ask->arena, row_text(&rows, 0));
    who->is_user = true;
    return arena_end(ask->arena);
}

/* Whoever is there already keeps what is kept of them, and has to know the username: the link alone makes nobody of them.
 * Who has come in otherwise meanwhile has a pair that their way in opens: a link that was left lying puts no other there. */
static err_t expected_joined(struct sign_in *in)
{
    const Keys__Join *ask = in->ask->in;
    ident_t known;
    bool bare = false;
    in->who.member = in->invited.member;
    TRY(member_bare(in->ask, &in->who, &bare));
    if (!bare)
        return fail(ERR_DENIED, "whom this invitation is for has a way in of their own already: sign in");
    err_t found = sso_link_find(
        in->ask, &(struct sso_link){in->who.tenant, .by = SSO_USERNAME, .value = str(ask->username)}, &known);
    if (found == ERR_MISSING || (found == ERR_OK && !ident_eq(known, in->who.member)))
        return fail(ERR_INVALID, "this invitation is for somebody with another username");
    TRY(found);
    TRY(role_read(in->ask, &in->who));
    TRY(db_do(in->ask->db, "update members set edition = edition + 1 where id = $1", ID(in->who.member)));
    return way_in_first(in->ask, &in->who, &in->way);
}

static err_t joined(struct sign_in *in)
{
    const Keys__Join *ask = in->ask->in;
    const struct user_ask user = {ask->username, ask->full_name, ask->email, in->invited.role.at};
    TRY(invitation_used(in->ask, in->invited.id));
    err_t made = ident_is_zero(in->invited.member) ? user_make(in->ask, &in->who, &user, &in->way)
                                                   : expected_joined(in);
    return made == ERR_CONFLICT ? fail(ERR_CONFLICT, "this username and password are taken: choose others")
                                : made;
}

static err_t join_act(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    TRY(join_find(keyring, in)); /* again: it may have been used meanwhile */
    TRY(joined(in));
    return session_told(in, ACT_MEMBER_JOINED);
}

static err_t staff_join_act(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    TRY(join_find(keyring, in));
    TRY(joined(in));
    TRY(staff_message(in->ask, in->who.member, in->ask->out));
    return journal_one(in->ask, &in->who, ACT_STAFF_JOINED, who_mention(&in->who));
}

static err_t join_by(struct ask *ask, bool is_staff, keyring_act_t act)
{
    const Keys__Join *asked = ask->in;
    OWN(sign_in) in = {.ask = ask, .who.is_staff = is_staff};
    TRY(password_acceptable(&(struct new_password){bin(asked->password), asked->username}));
    TRY(keyring_read(ask->keyring, join_find, &in));
    TRY(way_of(&in, asked->username, asked->password));
    return keyring_write(ask->keyring, act, &in);
}

err_t answer_join(struct ask *ask) { return join_by(ask, false, join_act); }
err_t answer_staff_join(struct ask *ask) { return join_by(ask, true, staff_join_act); }

/* Staff: the password opens the member's own key, and nothing else */

static err_t staff_find(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    (void)keyring;
    return staff_salt(in->ask, (uint8_t *)in->salt);
}

static err_t staff_login_find(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    TRY(staff_find(keyring, with));
    return lane_find(in, in->ask->in);
}

static err_t staff_login_act(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    (void)keyring;
    TRY(user_find(in->ask, &in->who, &in->way));
    TRY(staff_current(in->ask, in->who.member));
    TRY(session_told(in, ACT_SESSION_OPENED));
    return mark_give(in, in->ask->in);
}

static err_t staff_sign_act(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    const Keys__StaffSign *ask = in->ask->in;
    (void)keyring;
    TRY(user_find(in->ask, &in->who, &in->way));
    TRY(agreement_sign(in->ask, &in->who, ask->version));
    return staff_message(in->ask, in->who.member, in->ask->out);
}

err_t answer_staff_login(struct ask *ask)
{
    const Keys__Login *asked = ask->in;
    OWN(sign_in) in = {.ask = ask, .who.is_staff = true};
    TRY(keyring_read(ask->keyring, staff_login_find, &in));
    TRY(way_of(&in, asked->username, asked->password));
    in.way.code = asked->code;
    return refused(&in, keyring_write(ask->keyring, staff_login_act, &in));
}

err_t answer_staff_sign(struct ask *ask)
{
    const Keys__StaffSign *asked = ask->in;
    OWN(sign_in) in = {.ask = ask, .who.is_staff = true};
    TRY(keyring_read(ask->keyring, staff_find, &in));
    TRY(way_of(&in, asked->username, asked->password));
    in.way.codeless = true;
    return keyring_write(ask->keyring, staff_sign_act, &in);
}

static err_t recover_find(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    (void)keyring;
    const Keys__Recover *asked = in->ask->in;
    in->ask->lane = (struct lane){asked->source, false};
    return tenant_named(in, asked->tenant);
}

static err_t recovery_open(struct ask *ask, struct who *who, struct key kit_keys[2])
{
    const Keys__Recover *asked = ask->in;
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) plain = BUF(KEY_SIZE);
    uint8_t kit[KIT_BYTES];
    TRY(kit_read(str(asked->kit), kit));
    kit_pair(kit, &kit_keys[0], &kit_keys[1]);
    explicit_bzero(kit, sizeof kit);
    TRY(cell_get(ask->keyring, who->tenant, CELL_RECOVERY, &sealed));
    if (box_open(&kit_keys[0], &kit_keys[1], buf_str(&sealed), &plain) != ERR_OK)
        return fail(ERR_SIGNED_OUT, "organisation, kit or username is wrong");
    who->keyed = true;
    return key_from(buf_str(&plain), &who->tenant_private);
}

static bool same_name(str_t a, str_t b)
{
    return a.len == b.len && (!a.len || !strncasecmp(a.at, b.at, a.len));
}

/* Usernames are sealed, so the tenant's key has to open each user's record until one fits. */
static err_t user_named(struct ask *ask, struct who *who, const char *username)
{
    OWN(buf) ids = BUF(1 << 20);
    TRY(db_idents(ask->db, &ids, "select id from members where tenant = $1 and kind = 'user'",
                  ID(who->tenant)));
    for_each_ident(id, &ids)
    {
        struct user user = {0};
        who->member = id;
        TRY(user_read(ask, who, &user));
        if (same_name(user.username, str(username)))
            return ERR_OK;
    }
    return fail(ERR_SIGNED_OUT, "organisation, kit or username is wrong");
}

static err_t recover_act(struct keyring *keyring, void *with)
{
    struct sign_in *in = with;
    const Keys__Recover *asked = in->ask->in;
    (void)keyring;
    TRY(recovery_open(in->ask, &in->who, in->kit));
    TRY(user_named(in->ask, &in->who, asked->username));
    TRY(role_read(in->ask, &in->who));
    TRY(rekey_begin(in->ask, &in->who, &(struct rekey){.why = "recovery"}));
    TRY(db_do(in->ask->db, "update tenants set recovery_used = $2 where id = $1", ID(in->who.tenant),
              N(in->ask->env->now(in->ask->env))));
    in->who.keyed = role_needs_key(role_find(in->who.role));
    TRY(user_renew(in->ask, &in->who, &in->way));
    in->who.way = "kit";
    TRY(session_told(in, ACT_KIT_USED));
    return signer_recovered(in->ask, &in->who, in->kit);
}

err_t answer_recover(struct ask *ask)
{
    const Keys__Recover *asked = ask->in;
    OWN(sign_in) in = {.ask = ask};
    TRY(password_acceptable(&(struct new_password){bin(asked->password), asked->username}));
    TRY(keyring_read(ask->keyring, recover_find, &in));
    TRY(way_of(&in, asked->username, asked->password));
    if (!in.known)
        return refused(&in, fail(ERR_SIGNED_OUT, "organisation, kit or username is wrong"));
    return refused(&in, keyring_write(ask->keyring, recover_act, &in));
}

err_t answer_whoami(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(put_who(ask, &who, ask->out));
    return who.is_user && !in->brief ? put_user(ask, &who, ask->out) : ERR_OK;
}

err_t answer_logout(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    if (ident_is_zero(who.session))
        return fail(ERR_INVALID, "a token has no session to end");
    TRY(cell_destroy(ask->keyring, who.session, 0));
    TRY(db_do(ask->db, "delete from sessions where id = $1", ID(who.session)));
    return journal_one(ask, &who, ACT_SESSION_ENDED, (struct mention){0});
}
