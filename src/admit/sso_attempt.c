/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/sso_attempt.h"

#include "admit/again.h"
#include "admit/people.h"
#include "crypt/seal.h"
#include "keyring/journal.h"
#include "oidc/provider.h"
#include "oidc/token.h"

enum { NOTE_MOST = 250, ATTEMPTS_MOST = 5000, LOCATION_MOST = 3000, ASK_AGAIN_MS = 10 * 1000 };

static str_t *kept_place(struct kept *kept, size_t i)
{
    str_t *const places[] = {&kept->private,   &kept->verifier, &kept->code,  &kept->subject,
                             &kept->full_name, &kept->username, &kept->email, &kept->token};
    return i < sizeof places / sizeof *places ? places[i] : NULL;
}

static err_t kept_seal(struct ask *ask, const struct attempt *attempt, buf_t *out_sealed)
{
    OWN(buf) cell = BUF(KEY_SIZE);
    OWN(buf) plain = BUF(KEPT_MOST);
    OWN(key) key;
    struct kept kept = attempt->kept;
    for (size_t i = 0; kept_place(&kept, i); i++) {
        buf_put_varint(&plain, kept_place(&kept, i)->len);
        buf_put(&plain, *kept_place(&kept, i));
    }
    TRY(buf_end(&plain));
    TRY(cell_get(ask->keyring, attempt->id, CELL_SSO_ONCE, &cell));
    TRY(key_from(buf_str(&cell), &key));
    aead_seal(ask->env, &key, ident_bytes(&attempt->id), buf_str(&plain), out_sealed);
    return buf_end(out_sealed);
}

static err_t kept_take(struct ask *ask, str_t plain, struct kept *out_kept)
{
    str_t rest = plain;
    for (size_t i = 0; kept_place(out_kept, i); i++) {
        uint64_t len = 0;
        TRY(str_varint(&rest, &len));
        if (len > rest.len)
            return fail(ERR_BROKEN, "what is kept of a sign-in is not whole");
        *kept_place(out_kept, i) = arena_copy(ask->arena, str_bytes(rest.at, (size_t)len));
        rest = str_bytes(rest.at + len, rest.len - (size_t)len);
    }
    return arena_end(ask->arena);
}

static err_t kept_open(struct ask *ask, struct attempt *attempt)
{
    OWN(buf) cell = BUF(KEY_SIZE);
    OWN(buf) plain = BUF(KEPT_MOST);
    OWN(key) key;
    TRY(cell_get(ask->keyring, attempt->id, CELL_SSO_ONCE, &cell));
    TRY(key_from(buf_str(&cell), &key));
    TRY(aead_open(&key, ident_bytes(&attempt->id), attempt->sealed, &plain));
    return kept_take(ask, buf_str(&plain), &attempt->kept);
}

#define ATTEMPT_COLUMNS \
    "id, tenant, member, invitation, what, state, trouble, kept, public, salt, made, until, proof, browser"

static err_t attempt_from(struct ask *ask, const rows_t *rows, struct attempt *out)
{
    *out = (struct attempt){
        .id = row_ident(rows, 0),
        .tenant = row_ident(rows, 1),
        .member = row_ident(rows, 2),
        .invitation = row_ident(rows, 3),
        .what = arena_copy(ask->arena, row_text(rows, 4)),
        .state = arena_copy(ask->arena, row_text(rows, 5)),
        .trouble = arena_copy(ask->arena, row_text(rows, 6)),
        .sealed = arena_copy(ask->arena, row_text(rows, 7)),
        .made = row_number(rows, 10),
    };
    TRY(key_from(row_text(rows, 8), &out->public));
    memcpy(out->salt, row_text(rows, 9).at, SALT_SIZE);
    TRY(arena_end(ask->arena));
    return kept_open(ask, out);
}

err_t attempt_read(struct ask *ask, ident_t id, struct attempt *out_attempt)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " ATTEMPT_COLUMNS " from sso_attempts where id = $1", ID(id)));
    TRY(row_one(&rows));
    return attempt_from(ask, &rows, out_attempt);
}

static err_t not_yours(void)
{
    return fail(ERR_DENIED, "this sign-in was not begun in this browser, is over, or was taken: begin again");
}

static bool proves(const struct ticket *ticket, str_t digest_kept)
{
    uint8_t proof[DIGEST_SIZE];
    digest(key_bytes(&ticket->secret), proof);
    return bytes_equal(digest_kept, str_bytes(proof, sizeof proof));
}

/* The state is of the address, which others may have seen; the cookie is of the browser alone. */
err_t attempt_find(struct ask *ask, const char *state, const char *browser, struct attempt *out_attempt)
{
    OWN(ticket) ticket = {0};
    OWN(ticket) cookie = {0};
    OWN(rows) rows = {0};
    if (ticket_read("cso", state, &ticket) != ERR_OK || ticket_read("csb", browser, &cookie) != ERR_OK)
        return not_yours();
    TRY(db_read(ask->db, &rows, "select " ATTEMPT_COLUMNS " from sso_attempts where id = $1 and until > $2",
                ID(ticket.id), N(ask->env->now(ask->env))));
    if (!row_next(&rows)) {
        TRY(rows_end(&rows));
        return not_yours();
    }
    if (!proves(&ticket, row_text(&rows, 12)) || !proves(&cookie, row_text(&rows, 13)))
        return not_yours();
    return attempt_from(ask, &rows, out_attempt);
}

err_t attempt_keep(struct ask *ask, const struct attempt *attempt, const char *state)
{
    OWN(buf) sealed = BUF(KEPT_MOST + AEAD_EXTRA);
    TRY(kept_seal(ask, attempt, &sealed));
    return db_do(ask->db, "update sso_attempts set state = $2, kept = $3, member = $4 where id = $1",
                 ID(attempt->id), T(str(state)), B(buf_str(&sealed)), ID(attempt->member));
}

err_t attempt_fail(struct ask *ask, const struct attempt *attempt, const char *why)
{
    char note[NOTE_MOST];
    snprintf(note, sizeof note, "%s", why); /* which the next call may write over */
    TRY(refusal_count(ask, attempt->tenant));
    return db_do(ask->db, "update sso_attempts set state = 'failed', trouble = $2 where id = $1",
                 ID(attempt->id), T(str(note)));
}

err_t attempt_end(struct ask *ask, ident_t id)
{
    TRY(cell_destroy(ask->keyring, id, 0));
    return db_do(ask->db, "delete from sso_attempts where id = $1", ID(id));
}

/* Those that are over, and where a flood has begun so many, those that were begun first and never came back. */
static err_t attempts_tidy(struct ask *ask, ident_t tenant)
{
    OWN(buf) over = BUF(MAX_ASK);
    int64_t count = 0;
    TRY(db_number(ask->db, &count, "select count(*) from sso_attempts where tenant = $1", ID(tenant)));
    TRY(db_idents(ask->db, &over,
                  "select id from sso_attempts where tenant = $1 and state = 'begun' order by made limit $2",
                  ID(tenant), N(count < ATTEMPTS_MOST ? 0 : 1)));
    for_each_ident(id, &over) TRY(attempt_end(ask, id));
    return ERR_OK;
}

err_t sso_over(struct ask *ask)
{
    OWN(buf) over = BUF(MAX_ASK);
    OWN(buf) sessions = BUF(MAX_ASK);
    moment_t now = ask->env->now(ask->env);
    TRY(db_idents(ask->db, &over, "select id from sso_attempts where until <= $1 limit 10000", N(now)));
    for_each_ident(id, &over) TRY(attempt_end(ask, id));
    TRY(db_idents(ask->db, &sessions, "select session from sso_sessions where until <= $1 limit 10000",
                  N(now)));
    for_each_ident(session, &sessions) TRY(sso_release_end(ask, session));
    return ERR_OK;
}

static void text_random(struct ask *ask, size_t count, buf_t *out)
{
    uint8_t bytes[VERIFIER_BYTES];
    ask->env->random(ask->env, bytes, count);
    buf_put_base64(out, str_bytes(bytes, count));
    explicit_bzero(bytes, sizeof bytes);
}

/* The address that the browser is sent to (OpenID Connect Core section 3.1.2.1, RFC 7636). */
static err_t location_put(const struct attempt *attempt, const struct sso_provider *provider,
                          const char *back, const char *state, buf_t *out)
{
    OWN(buf) nonce = BUF(64);
    OWN(buf) challenge = BUF(64);
    uint8_t hash[DIGEST_SIZE];
    digest(attempt->kept.verifier, hash);
    buf_put_base64(&challenge, str_bytes(hash, sizeof hash));
    token_nonce(key_bytes(&attempt->public), str_bytes(attempt->salt, SALT_SIZE), &nonce);
    buf_put(out, provider->login_at);
    put_parameter(memchr(provider->login_at.at, '?', provider->login_at.len) ? "&" : "?", "response_type",
                  STR("code"), out);
    put_parameter("&", "client_id", provider->client, out);
    put_parameter("&", "redirect_uri", str(back), out);
    put_parameter("&", "scope", STR("openid profile email"), out);
    put_parameter("&", "state", str(state), out);
    put_parameter("&", "nonce", buf_str(&nonce), out);
    put_parameter("&", "code_challenge", buf_str(&challenge), out);
    put_parameter("&", "code_challenge_method", STR("S256"), out);
    return buf_end(out);
}

/* The secrets of a new attempt, kept; state and cookie go out and are known here by their hashes. */
static err_t attempt_insert(struct ask *ask, struct attempt *attempt, const struct ticket *state,
                            const struct ticket *browser)
{
    OWN(key) seal;
    OWN(buf) kept = BUF(KEPT_MOST + AEAD_EXTRA);
    uint8_t proofs[2][DIGEST_SIZE];
    key_random(ask->env, &seal);
    digest(key_bytes(&state->secret), proofs[0]);
    digest(key_bytes(&browser->secret), proofs[1]);
    TRY(cell_put(ask->keyring, attempt->tenant, attempt->id, CELL_SSO_ONCE, key_bytes(&seal)));
    TRY(kept_seal(ask, attempt, &kept));
    return db_do(
        ask->db,
        "insert into sso_attempts (id, tenant, what, state, proof, browser, public, salt, made, until, member,"
        " invitation, asked, trouble, kept) values ($1, $2, $3, 'begun', $4, $5, $6, $7, $8, $9, $10, $11, 0, '',"
        " $12)",
        ID(attempt->id), ID(attempt->tenant), T(attempt->what), B(str_bytes(proofs[0], DIGEST_SIZE)),
        B(str_bytes(proofs[1], DIGEST_SIZE)), B(key_bytes(&attempt->public)),
        B(str_bytes(attempt->salt, SALT_SIZE)), N(attempt->made), N(attempt->made + ATTEMPT_MS),
        ID(attempt->member), ID(attempt->invitation), B(buf_str(&kept)));
}

static err_t secrets_make(struct ask *ask, struct attempt *attempt)
{
    OWN(key) private;
    OWN(key) seed;
    OWN(buf) verifier = BUF(64);
    key_random(ask->env, &seed);
    pair_from(&seed, &attempt->public, &private);
    ask->env->random(ask->env, attempt->salt, SALT_SIZE);
    text_random(ask, VERIFIER_BYTES, &verifier);
    attempt->kept.private = arena_copy(ask->arena, key_bytes(&private));
    attempt->kept.verifier = arena_copy(ask->arena, buf_str(&verifier));
    return arena_end(ask->arena);
}

static err_t attempt_make(struct ask *ask, struct attempt *attempt, const struct sso_provider *provider,
                          const char *back)
{
    Keys__SsoBegun *out = ask->out;
    OWN(ticket) state = {.id = ident_new(ask->env)};
    OWN(ticket) browser = {.id = state.id};
    OWN(buf) location = BUF(LOCATION_MOST);
    attempt->id = state.id;
    attempt->made = ask->env->now(ask->env);
    key_random(ask->env, &state.secret);
    key_random(ask->env, &browser.secret);
    TRY(secrets_make(ask, attempt));
    TRY(attempts_tidy(ask, attempt->tenant));
    TRY(attempt_insert(ask, attempt, &state, &browser));
    const char *text = ticket_text(ask, "cso", &state, false);
    out->browser = (char *)(uintptr_t)ticket_text(ask, "csb", &browser, false);
    TRY(arena_end(ask->arena));
    TRY(location_put(attempt, provider, back, text, &location));
    out->location = ask_text(ask, buf_str(&location));
    return arena_end(ask->arena);
}

/* A provider that has not answered yet is asked again, not more often than each ten seconds for all of its client. */
static err_t begin(struct ask *ask, struct attempt *attempt, const char *back)
{
    Keys__SsoBegun *out = ask->out;
    struct sso_provider provider = {0};
    TRY(sso_provider_read(ask, attempt->tenant, &provider));
    if (!str_starts(str(back), STR("https://")) || strlen(back) > ADDRESS_MOST)
        return fail(ERR_INVALID, "the browser has to come back to this service");
    if (provider.login_at.len && provider.keys.len)
        return attempt_make(ask, attempt, &provider, back);
    out->trouble = ask_text(ask, provider.trouble.len ? provider.trouble : STR("it has not been asked yet"));
    return provider.asked + ASK_AGAIN_MS < ask->env->now(ask->env) ? sso_provider_due(ask, attempt->tenant)
                                                                   : arena_end(ask->arena);
}

static err_t tenant_find(struct ask *ask, const char *name, ident_t *out_tenant)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select tenants.id from tenants join sso_providers on tenant = id where name = $1",
                T(str(name))));
    bool found = row_next(&rows);
    if (found)
        *out_tenant = row_ident(&rows, 0);
    TRY(rows_end(&rows));
    return found ? ERR_OK : fail(ERR_MISSING, "no organisation of this name has single sign-on");
}

err_t answer_sso_begin(struct ask *ask)
{
    const Keys__SsoBegin *in = ask->in;
    struct attempt attempt = {.what = STR("enter")};
    struct invited invited;
    if (!*in->invitation) {
        TRY(tenant_find(ask, in->tenant, &attempt.tenant));
        return begin(ask, &attempt, in->back);
    }
    TRY(invitation_find(ask, in->invitation, &invited));
    if (!ident_is_zero(invited.member))
        return fail(ERR_CONFLICT, "this invitation is for somebody who is here already: sign in, or choose a "
                                  "password by it");
    attempt.what = STR("join");
    attempt.tenant = invited.tenant;
    attempt.invitation = invited.id;
    return begin(ask, &attempt, in->back);
}

static err_t unlink_act(struct again *again)
{
    TRY(sso_links_end(again->ask, again->who.member));
    return journal_one(again->ask, &again->who, ACT_SSO_UNLINKED, (struct mention){0});
}

static err_t link_act(struct again *again)
{
    const Keys__Again *in = again->ask->in;
    struct attempt attempt = {.what = STR("link"), .tenant = again->who.tenant, .member = again->who.member};
    return begin(again->ask, &attempt, in->back);
}

err_t answer_sso_link(struct ask *ask)
{
    const Keys__Again *in = ask->in;
    return again_run(ask, *in->back ? &(struct again_what){"sso.link", link_act}
                                    : &(struct again_what){"sso.unlink", unlink_act});
}
