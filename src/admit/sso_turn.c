/* SPDX-License-Identifier: Apache-2.0
 *
 * What the jobs process does for single sign-on, which alone talks out: it says what a provider answered, and is given the next
 * errand. What it brings is checked here: a token by the provider's keys, in this process.
 */
#include "admit/keepers.h"
#include "admit/sso_attempt.h"
#include "keyring/journal.h"
#include "oidc/provider.h"
#include "oidc/token.h"

enum {
    AT_ONCE = 2,
    KEYS_EACH_MS = 60 * 60 * 1000,
    AGAIN_MS = 5 * 60 * 1000,
    UNKNOWN_MS = 60 * 1000,
    NOTE_MOST = 200
};

static err_t keys_failed(struct ask *ask, ident_t tenant, const char *trouble)
{
    char note[NOTE_MOST + 1];
    snprintf(note, sizeof note, "%s", trouble);
    return db_do(ask->db, "update sso_providers set trouble = $2, due = $3 where tenant = $1", ID(tenant),
                 T(str(note)), N(ask->env->now(ask->env) + AGAIN_MS));
}

/* What the provider said of itself. */
static err_t keys_told(struct ask *ask, ident_t tenant, const Keys__SsoTold *in)
{
    moment_t now = ask->env->now(ask->env);
    size_t count = 0;
    if (*in->trouble)
        return keys_failed(ask, tenant, in->trouble);
    if (strlen(in->login_at) > ADDRESS_MOST || strlen(in->token_at) > ADDRESS_MOST)
        return keys_failed(ask, tenant, "an address that it names is too long");
    if (token_keys_check(str(in->keys), &count) != ERR_OK || !count)
        return keys_failed(ask, tenant, "none of its keys can sign what is taken here");
    return db_do(
        ask->db,
        "update sso_providers set login_at = $2, token_at = $3, basic = $4, says_issuer = $5, keys = $6,"
        " fetched = $7, due = $8, trouble = '' where tenant = $1",
        ID(tenant), T(str(in->login_at)), T(str(in->token_at)), N(in->basic), N(in->says_issuer),
        T(str(in->keys)), N(now), N(now + KEYS_EACH_MS));
}

static err_t link_made(struct ask *ask, const struct sso_link *link)
{
    const struct who who = {.tenant = link->tenant, .member = link->member, .is_user = true};
    TRY(sso_link_put(ask, link));
    return journal_one(ask, &who, ACT_SSO_LINKED, (struct mention){0});
}

/* Who it is: whom the subject was linked to, or who was provisioned by the client's claim and has no subject yet. */
static err_t member_known(struct ask *ask, const struct attempt *attempt, const struct token_said *said,
                          ident_t *out_member)
{
    int64_t has = 0;
    const struct sso_link link = {.tenant = attempt->tenant, .by = SSO_SUBJECT, .value = said->subject};
    err_t found = sso_link_find(ask, &link, out_member);
    if (found != ERR_MISSING || !said->claim.len)
        return found;
    TRY(sso_link_find(
        ask, &(struct sso_link){.tenant = attempt->tenant, .by = SSO_PROVISIONED, .value = said->claim},
        out_member));
    TRY(db_number(ask->db, &has, "select count(*) from sso_links where member = $1 and by = $2",
                  ID(*out_member), N(SSO_SUBJECT)));
    if (has)
        return fail(ERR_DENIED, "the provider means somebody else by this claim than before");
    return link_made(ask, &(struct sso_link){attempt->tenant, *out_member, SSO_SUBJECT, said->subject});
}

/* Nobody: whoever may join is asked who they are, and everybody else turned away. */
static err_t nobody_known(struct attempt *attempt, const struct sso_provider *provider)
{
    if (str_eq(attempt->what, STR("enter")) && !provider->joins.len)
        return fail(ERR_DENIED,
                    "nobody here is linked to this account at the provider: sign in otherwise and link it,"
                    " or ask for an invitation");
    attempt->what = STR("join");
    attempt->member = (ident_t){{0}};
    return ERR_OK;
}

static err_t said_judge(struct ask *ask, struct attempt *attempt, const struct sso_provider *provider,
                        const struct token_said *said)
{
    if (str_eq(attempt->what, STR("link")))
        return link_made(ask,
                         &(struct sso_link){attempt->tenant, attempt->member, SSO_SUBJECT, said->subject});
    err_t known = member_known(ask, attempt, said, &attempt->member);
    if (known == ERR_MISSING)
        return nobody_known(attempt, provider);
    TRY(known);
    return str_eq(attempt->what, STR("join"))
               ? fail(ERR_CONFLICT, "this account at the provider is a member's already: sign in")
               : ERR_OK;
}

static err_t token_judge(struct ask *ask, const struct attempt *attempt, const struct sso_provider *provider,
                         struct token_said *out_said)
{
    const Keys__SsoTold *in = ask->in;
    OWN(buf) nonce = BUF(64);
    token_nonce(key_bytes(&attempt->public), str_bytes(attempt->salt, SALT_SIZE), &nonce);
    const struct token_ask token = {.issuer = provider->issuer,
                                    .client = provider->client,
                                    .nonce = buf_str(&nonce),
                                    .keys = provider->keys,
                                    .access_token = str(in->access_token),
                                    .claim = arena_copy(ask->arena, provider->claim).at,
                                    .since = attempt->made,
                                    .now = ask->env->now(ask->env)};
    return token_check(&token, str(in->id_token), ask->arena, out_said);
}

/* One look for new keys a minute: who invents kids has us ask no more often. */
static err_t keys_wanted(struct ask *ask, ident_t tenant, const struct sso_provider *provider, bool *out_so)
{
    Keys__SsoErrand *out = ask->out;
    moment_t now = ask->env->now(ask->env);
    *out_so = provider->unknown + UNKNOWN_MS <= now || provider->unknown > now;
    if (!*out_so)
        return ERR_OK;
    out->kind = ask_text(ask, STR("keys"));
    out->id = ask_bytes(ask, ident_bytes(&tenant));
    out->issuer = ask_text(ask, provider->issuer);
    out->again = true;
    TRY(arena_end(ask->arena));
    return db_do(ask->db, "update sso_providers set unknown = $2 where tenant = $1", ID(tenant), N(now));
}

/* The attempt as it goes on: only what is needed still is kept, and the token for the client's keeper alone. */
static err_t attempt_known(struct ask *ask, struct attempt *attempt, const struct token_said *said)
{
    bool joins = str_eq(attempt->what, STR("join"));
    const struct kept before = attempt->kept;
    const Keys__SsoTold *in = ask->in;
    attempt->kept = (struct kept){.private = before.private};
    TRY(keeper_token_seal(ask, attempt->tenant, str(in->id_token), &attempt->kept.token));
    if (joins) {
        attempt->kept.subject = said->subject;
        attempt->kept.full_name = said->name;
        attempt->kept.username = said->username;
        attempt->kept.email = said->email;
    }
    TRY(db_do(ask->db, "update sso_attempts set what = $2 where id = $1", ID(attempt->id), T(attempt->what)));
    return attempt_keep(ask, attempt, "known");
}

static bool is_answer(err_t result) { return result != ERR_BUSY && result != ERR_BROKEN; }

static err_t token_told(struct ask *ask, struct attempt *attempt)
{
    struct sso_provider provider = {0};
    struct token_said said = {0};
    bool wanted = false;
    TRY(sso_provider_read(ask, attempt->tenant, &provider));
    err_t judged = token_judge(ask, attempt, &provider, &said);
    if (judged == ERR_MISSING)
        TRY(keys_wanted(ask, attempt->tenant, &provider, &wanted));
    if (wanted)
        return ERR_OK;
    if (judged == ERR_MISSING)
        judged = fail(ERR_DENIED, "the token is signed by a key that the sign-in provider does not tell of");
    if (judged == ERR_OK)
        judged = said_judge(ask, attempt, &provider, &said);
    if (judged == ERR_OK)
        return attempt_known(ask, attempt, &said);
    return is_answer(judged) ? attempt_fail(ask, attempt, err_note()) : judged;
}

/* Of an attempt that is over meanwhile nothing is heard any more. */
static err_t code_told(struct ask *ask, ident_t id)
{
    const Keys__SsoTold *in = ask->in;
    struct attempt attempt = {0};
    int64_t waits = 0;
    TRY(db_number(ask->db, &waits, "select count(*) from sso_attempts where id = $1 and state = 'asked'",
                  ID(id)));
    if (!waits)
        return ERR_OK;
    TRY(attempt_read(ask, id, &attempt));
    char note[NOTE_MOST + 1];
    snprintf(note, sizeof note, "the sign-in provider: %s", in->trouble);
    return *in->trouble ? attempt_fail(ask, &attempt, note) : token_told(ask, &attempt);
}

static err_t told(struct ask *ask)
{
    const Keys__SsoTold *in = ask->in;
    ident_t id;
    if (!in->id.len)
        return ERR_OK;
    TRY(ident_from(bin(in->id), &id));
    return !strcmp(in->kind, "keys") ? keys_told(ask, id, in) : code_told(ask, id);
}

static err_t code_errand(struct ask *ask, ident_t id, Keys__SsoErrand *out)
{
    struct attempt attempt = {0};
    struct sso_provider provider = {0};
    OWN(buf) secret = BUF(MAX_NAME * 4);
    TRY(attempt_read(ask, id, &attempt));
    TRY(sso_provider_read(ask, attempt.tenant, &provider));
    err_t got = cell_get(ask->keyring, attempt.tenant, CELL_SSO_SECRET, &secret);
    if (got != ERR_MISSING)
        TRY(got);
    out->kind = ask_text(ask, STR("code"));
    out->id = ask_bytes(ask, ident_bytes(&id));
    out->issuer = ask_text(ask, provider.issuer);
    out->client = ask_text(ask, provider.client);
    out->secret = ask_text(ask, buf_str(&secret));
    out->token_at = ask_text(ask, provider.token_at);
    out->basic = provider.basic;
    out->code = ask_text(ask, attempt.kept.code);
    out->verifier = ask_text(ask, attempt.kept.verifier);
    TRY(db_do(ask->db, "update sso_attempts set state = 'asked', asked = $2 where id = $1", ID(id),
              N(ask->env->now(ask->env))));
    return arena_end(ask->arena);
}

/* A slow provider has at most a few at once, and none before whoever has fewer: it holds up nobody but its own people. */
static err_t code_next(struct ask *ask, ident_t *out_id, bool *out_any)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select id from (select id, made, (select count(*) from sso_attempts where tenant = waiting.tenant and"
        " state = 'asked' and asked > $1) as under_way from sso_attempts as waiting where state = 'came')"
        " where under_way < $2 order by under_way, made limit 1",
        N(ask->env->now(ask->env) - ASKED_MS), N(AT_ONCE)));
    *out_any = row_next(&rows);
    if (*out_any)
        *out_id = row_ident(&rows, 0);
    return rows_end(&rows);
}

static err_t keys_next(struct ask *ask, Keys__SsoErrand *out)
{
    OWN(rows) rows = {0};
    moment_t now = ask->env->now(ask->env);
    TRY(db_read(ask->db, &rows,
                "select tenant, issuer from sso_providers where due <= $1 or asked > $1 order by due limit 1",
                N(now)));
    bool any = row_next(&rows);
    ident_t tenant = any ? row_ident(&rows, 0) : (ident_t){{0}};
    if (any) {
        out->kind = ask_text(ask, STR("keys"));
        out->id = ask_bytes(ask, ident_bytes(&tenant));
        out->issuer = ask_text(ask, row_text(&rows, 1));
    }
    TRY(rows_end(&rows));
    TRY(arena_end(ask->arena));
    return any ? db_do(ask->db, "update sso_providers set asked = $2, due = $3 where tenant = $1", ID(tenant),
                       N(now), N(now + AGAIN_MS))
               : ERR_OK;
}

err_t answer_sso_turn(struct ask *ask)
{
    const Keys__SsoTold *in = ask->in;
    Keys__SsoErrand *out = ask->out;
    ident_t id;
    bool any = false;
    TRY(told(ask));
    if (!in->takes || *out->kind)
        return ERR_OK;
    TRY(code_next(ask, &id, &any));
    return any ? code_errand(ask, id, out) : keys_next(ask, out);
}
