/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line signs in by a browser: whoever is signed in there says yes, and a session of the command line's own comes
 * of it. (RFC 8252's loopback and RFC 7636's secret; the console shows to which command one says yes.)
 *
 *     custody: a secret, whose hash is in an address ──▶ browser: cli_approve, a code ──▶ custody: cli_take, code and secret
 *
 * A code is good once, for two minutes, with the secret whose hash was approved, and while the session lasts that approved it;
 * the last of a session's codes is the one that counts. Somebody else who gets hold of it has it burnt, and told of as a
 * refused sign-in. What it carries of the tenant's key is wrapped under the code's own secret, which is kept nowhere, and
 * bound to that hash (CELL_CLI_CODE): it goes with the code, and is nobody's way in without it.
 *
 * The new session ends no later than the one that approved it, and what the two open is counted together: nobody prolongs or
 * multiplies a session by this. A session that came in
 * without the key approves nothing: unlocked as one of another kind it would get around what the client lets open the key
 * after single sign-on.
 */
#include "admit/members.h"
#include "crypt/age.h"
#include "keyring/journal.h"

enum { CODE_MS = 2 * 60 * 1000, SECRET_LEAST = 32, SECRET_MOST = 64 };

static const struct key no_key;

static err_t code_end(struct ask *ask, ident_t id)
{
    TRY(cell_destroy(ask->keyring, id, 0));
    return db_do(ask->db, "delete from cli_codes where id = $1", ID(id));
}

static err_t codes_end(struct ask *ask, const buf_t *ids)
{
    for_each_ident(id, ids) TRY(code_end(ask, id));
    return ERR_OK;
}

err_t cli_codes_over(struct ask *ask)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids, "select id from cli_codes where until <= $1 limit 10000",
                  N(ask->env->now(ask->env))));
    return codes_end(ask, &ids);
}

/* Approving */

static err_t approver_judge(const struct who *who)
{
    if (!who->is_user || who->is_staff)
        return fail(ERR_DENIED, "a person of the client signs the command line in");
    if (who->keyed || !role_needs_key(role_find(who->role)))
        return ERR_OK;
    return who->locked ? fail(ERR_LOCKED, "this session has not got the key: unlock it first")
                       : fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
}

static void code_wrapper(const struct ticket *ticket, str_t challenge, struct key *out_key)
{
    key_derive(&ticket->secret, "custody command line", challenge, out_key);
}

static err_t code_put(struct ask *ask, const struct who *who, const struct ticket *ticket)
{
    const Keys__CliApprove *in = ask->in;
    Keys__CliCode *out = ask->out;
    OWN(key) key;
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    out->until = ask->env->now(ask->env) + CODE_MS;
    code_wrapper(ticket, bin(in->challenge), &key);
    aead_seal(ask->env, &key, ident_bytes(&ticket->id),
              key_bytes(who->keyed ? &who->tenant_private : &no_key), &wrapped);
    TRY(buf_end(&wrapped));
    TRY(cell_put(ask->keyring, who->tenant, ticket->id, CELL_CLI_CODE, buf_str(&wrapped)));
    return db_do(ask->db,
                 "insert into cli_codes (id, tenant, member, session, challenge, until)"
                 " values ($1, $2, $3, $4, $5, $6)",
                 ID(ticket->id), ID(who->tenant), ID(who->member), ID(who->session), B(bin(in->challenge)),
                 N(out->until));
}

err_t answer_cli_approve(struct ask *ask)
{
    const Keys__CliApprove *in = ask->in;
    Keys__CliCode *out = ask->out;
    OWN(who) who = {0};
    OWN(ticket) ticket = {.id = ident_new(ask->env)};
    OWN(buf) before = BUF(MAX_ASK);
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(approver_judge(&who));
    if (in->challenge.len != DIGEST_SIZE)
        return fail(ERR_INVALID, "the address is not whole: copy all of it from the terminal");
    TRY(db_idents(ask->db, &before, "select id from cli_codes where session = $1", ID(who.session)));
    TRY(codes_end(ask, &before));
    key_random(ask->env, &ticket.secret);
    TRY(code_put(ask, &who, &ticket));
    out->code = (char *)(uintptr_t)ticket_text(ask, "cli", &ticket, false);
    TRY(arena_end(ask->arena));
    return journal_one(ask, &who, ACT_SESSION_APPROVED, (struct mention){0});
}

/* Taking */

struct coming {
    struct ask *ask;
    struct who who;
    ident_t code;
    bool stolen; /* it is shown without the secret that it was approved for */
};
typedef struct coming coming_own;
static void coming_drop(struct coming *coming) { explicit_bzero(coming, sizeof *coming); }

static err_t code_unknown(void)
{
    return fail(ERR_DENIED, "the code is not known, was used, or is over: begin again");
}

/* Whose it is, as long as the session is there that approved it; the new one ends with that one. */
static err_t code_find(struct coming *in, const struct ticket *ticket, uint8_t out_challenge[DIGEST_SIZE])
{
    struct ask *ask = in->ask;
    OWN(rows) rows = {0};
    moment_t now = ask->env->now(ask->env);
    TRY(db_read(
        ask->db, &rows,
        "select cli_codes.tenant, cli_codes.member, challenge, sessions.until, members.role, tenants.realm,"
        " tenants.public, sessions.id, sessions.root from cli_codes join sessions on sessions.id = cli_codes.session"
        " join members on members.id = cli_codes.member join tenants on tenants.id = cli_codes.tenant"
        " where cli_codes.id = $1 and cli_codes.until > $2 and sessions.until > $2",
        ID(ticket->id), N(now)));
    bool found = row_next(&rows) && row_text(&rows, 2).len == DIGEST_SIZE;
    TRY(rows_end(&rows));
    if (!found)
        return code_unknown();
    in->who = (struct who){.tenant = row_ident(&rows, 0),
                           .member = row_ident(&rows, 1),
                           .until = row_number(&rows, 3),
                           .role = arena_copy(ask->arena, row_text(&rows, 4)),
                           .realm = row_ident(&rows, 5),
                           .root = row_ident(&rows, row_text(&rows, 8).len ? 8 : 7),
                           .is_user = true,
                           .way = "cli"};
    memcpy(out_challenge, row_text(&rows, 2).at, DIGEST_SIZE);
    TRY(arena_end(ask->arena));
    return key_from(row_text(&rows, 6), &in->who.tenant_public);
}

static err_t code_open(struct coming *in, const struct ticket *ticket, str_t challenge)
{
    struct ask *ask = in->ask;
    OWN(key) key;
    OWN(buf) wrapped = BUF(KEY_SIZE + AEAD_EXTRA);
    OWN(buf) plain = BUF(KEY_SIZE);
    code_wrapper(ticket, challenge, &key);
    TRY(cell_get(ask->keyring, ticket->id, CELL_CLI_CODE, &wrapped));
    if (aead_open(&key, ident_bytes(&ticket->id), buf_str(&wrapped), &plain) != ERR_OK)
        return code_unknown();
    TRY(key_from(buf_str(&plain), &in->who.tenant_private));
    in->who.keyed = !bytes_equal(key_bytes(&in->who.tenant_private), key_bytes(&no_key));
    return ERR_OK;
}

/* The client's key may have been rotated since. */
static err_t key_fits(const struct who *who)
{
    struct key public;
    if (!who->keyed)
        return ERR_OK;
    age_recipient_of(&who->tenant_private, &public);
    return bytes_equal(key_bytes(&public), key_bytes(&who->tenant_public)) ? ERR_OK : code_unknown();
}

static err_t secret_judge(struct coming *in, str_t challenge)
{
    const Keys__CliTake *asked = in->ask->in;
    uint8_t proof[DIGEST_SIZE];
    digest(bin(asked->secret), proof);
    in->stolen = !bytes_equal(str_bytes(proof, sizeof proof), challenge);
    return in->stolen ? fail(ERR_DENIED, "the code was approved for another command: begin again") : ERR_OK;
}

static err_t take_act(struct keyring *keyring, void *with)
{
    struct coming *in = with;
    const Keys__CliTake *asked = in->ask->in;
    uint8_t challenge[DIGEST_SIZE];
    OWN(ticket) ticket = {0};
    (void)keyring;
    in->stolen = false;
    if (ticket_read("cli", asked->code, &ticket) != ERR_OK)
        return code_unknown();
    TRY(code_find(in, &ticket, challenge));
    TRY(code_open(in, &ticket, str_bytes(challenge, sizeof challenge)));
    in->code = ticket.id;
    TRY(secret_judge(in, str_bytes(challenge, sizeof challenge)));
    TRY(key_fits(&in->who));
    TRY(code_end(in->ask, ticket.id));
    return session_begin(in->ask, &in->who, ACT_SESSION_OPENED);
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct coming *in = with;
    (void)keyring;
    if (in->stolen)
        TRY(code_end(in->ask, in->code));
    return refusal_count(in->ask, in->who.tenant);
}

err_t answer_cli_take(struct ask *ask)
{
    const Keys__CliTake *asked = ask->in;
    char note[256];
    OWN(coming) in = {.ask = ask};
    if (asked->secret.len < SECRET_LEAST || asked->secret.len > SECRET_MOST)
        return fail(ERR_INVALID, "the secret behind a code has %d to %d bytes", SECRET_LEAST, SECRET_MOST);
    err_t done = keyring_write(ask->keyring, take_act, &in);
    if (done != ERR_DENIED)
        return done;
    snprintf(note, sizeof note, "%s", err_note());
    TRY(keyring_write(ask->keyring, refused_act, &in));
    return fail(ERR_SIGNED_OUT, "%s", note);
}
