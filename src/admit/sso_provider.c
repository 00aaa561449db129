/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's sign-in provider, as an owner names it. Its keys and addresses come from the jobs process (admit/sso_turn.c).
 */
#include "admit/signing.h"
#include "admit/sso_attempt.h"
#include "keyring/journal.h"
#include "oidc/provider.h"
#include "oidc/token.h"

enum { CLIENT_MOST = 255, SECRET_MOST = 512, CLAIM_NAME_MOST = 40 };

err_t sso_provider_read(struct ask *ask, ident_t tenant, struct sso_provider *out_provider)
{
    OWN(rows) rows = {0};
    arena_t *arena = ask->arena;
    TRY(db_read(
        ask->db, &rows,
        "select issuer, client, opens, claim, joins, login_at, token_at, keys, trouble, basic, says_issuer,"
        " fetched, asked, unknown from sso_providers where tenant = $1",
        ID(tenant)));
    if (!row_next(&rows)) {
        TRY(rows_end(&rows));
        return fail(ERR_MISSING, "this organisation has no single sign-on");
    }
    *out_provider = (struct sso_provider){
        .issuer = arena_copy(arena, row_text(&rows, 0)),
        .client = arena_copy(arena, row_text(&rows, 1)),
        .opens = arena_copy(arena, row_text(&rows, 2)),
        .claim = arena_copy(arena, row_text(&rows, 3)),
        .joins = arena_copy(arena, row_text(&rows, 4)),
        .login_at = arena_copy(arena, row_text(&rows, 5)),
        .token_at = arena_copy(arena, row_text(&rows, 6)),
        .keys = arena_copy(arena, row_text(&rows, 7)),
        .trouble = arena_copy(arena, row_text(&rows, 8)),
        .basic = row_number(&rows, 9),
        .says_issuer = row_number(&rows, 10),
        .fetched = row_number(&rows, 11),
        .asked = row_number(&rows, 12),
        .unknown = row_number(&rows, 13),
    };
    return arena_end(arena);
}

err_t sso_provider_due(struct ask *ask, ident_t tenant)
{
    TRY(db_do(ask->db, "update sso_providers set due = 0 where tenant = $1", ID(tenant)));
    keyring_wake(ask->keyring);
    return ERR_OK;
}

static bool lists(str_t words, str_t word)
{
    while (words.len)
        if (str_eq(str_until(&words, ' '), word))
            return true;
    return false;
}

err_t sso_may_open(struct ask *ask, const struct who *who, const char *by)
{
    struct sso_provider provider = {0};
    bool is_sso = str_eq(str(who->way), STR("sso"));
    err_t found = is_sso ? sso_provider_read(ask, who->tenant, &provider) : ERR_MISSING;
    if (found == ERR_MISSING) /* it was taken away meanwhile: nobody says any more what may not */
        return ERR_OK;
    TRY(found);
    return lists(provider.opens, str(by))
               ? ERR_OK
               : fail(ERR_DENIED, "your organisation does not let a %s release the key after single sign-on",
                      by);
}

/* How many know somebody, and since when whoever asks is one of them. */
static err_t links_count(struct ask *ask, const struct who *who, Keys__Sso *out)
{
    TRY(db_number(ask->db, &out->members, "select count(*) from sso_links where tenant = $1 and by = $2",
                  ID(who->tenant), N(SSO_SUBJECT)));
    return db_number(ask->db, &out->linked,
                     "select coalesce(max(made), 0) from sso_links where member = $1 and by = $2",
                     ID(who->member), N(SSO_SUBJECT));
}

static err_t sso_message(struct ask *ask, const struct who *who, Keys__Sso *out)
{
    struct sso_provider provider = {0};
    size_t keys = 0;
    TRY(sso_provider_read(ask, who->tenant, &provider));
    TRY(links_count(ask, who, out));
    TRY(db_number(ask->db, &out->changed, "select changed from sso_providers where tenant = $1",
                  ID(who->tenant)));
    if (provider.keys.len)
        TRY(token_keys_check(provider.keys, &keys));
    OWN(buf) secret = BUF(SECRET_MOST);
    out->secret = cell_get(ask->keyring, who->tenant, CELL_SSO_SECRET, &secret) == ERR_OK;
    out->issuer = ask_text(ask, provider.issuer);
    out->client = ask_text(ask, provider.client);
    out->opens = ask_text(ask, provider.opens);
    out->claim = ask_text(ask, provider.claim);
    out->joins = ask_text(ask, provider.joins);
    out->fetched = provider.fetched;
    out->asked = provider.asked;
    out->keys = (int64_t)keys;
    out->trouble = ask_text(ask, provider.trouble);
    return arena_end(ask->arena);
}

static err_t message_or_none(struct ask *ask, const struct who *who)
{
    err_t told = sso_message(ask, who, ask->out);
    return told == ERR_MISSING ? ERR_OK : told;
}

err_t answer_sso_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    return message_or_none(ask, &who);
}

static err_t opens_check(str_t words)
{
    static const str_t known[] = {STR("passkey"), STR("passphrase"), STR("keeper")};
    str_t rest = words;
    size_t count = 0;
    while (rest.len) {
        str_t word = str_until(&rest, ' ');
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            is_known |= str_eq(word, known[i]);
        if (!is_known)
            return fail(ERR_INVALID, "the key is released by passkey, passphrase or keeper");
        count++;
    }
    return count ? ERR_OK : fail(ERR_INVALID, "say at least one way that releases the key");
}

static err_t claim_check(const char *claim)
{
    size_t len = strspn(claim, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return len && len <= CLAIM_NAME_MOST && !claim[len]
               ? ERR_OK
               : fail(ERR_INVALID, "a claim is a name such as sub, email or preferred_username");
}

/* Nobody becomes one of the trusted by knowing the provider alone. */
static err_t joins_check(const char *role)
{
    const struct role *found = role_find(str(role));
    if (!*role)
        return ERR_OK;
    return found && !role_is_trusted(found) && !role_may(found, RIGHT_STAFF) &&
                   !role_may(found, RIGHT_FOREIGN)
               ? ERR_OK
               : fail(ERR_INVALID, "who joins without an invitation is an auditor or a viewer");
}

static err_t set_check(const Keys__SsoSet *in)
{
    TRY(issuer_check(str(in->issuer),
                     true)); /* whether it may be near, the operator's settings say, at the door */
    if (!is_name(in->client) || strlen(in->client) > CLIENT_MOST)
        return fail(ERR_INVALID, "the provider knows this service by a client id of at most %d bytes",
                    CLIENT_MOST);
    if (in->secret.len > SECRET_MOST || (in->secret.len && memchr(in->secret.data, 0, in->secret.len)))
        return fail(ERR_INVALID, "a secret has at most %d bytes", SECRET_MOST);
    TRY(opens_check(str(in->opens)));
    TRY(claim_check(in->claim));
    return joins_check(in->joins);
}

static err_t secret_put(struct ask *ask, ident_t tenant, const Keys__SsoSet *in)
{
    if (in->keeps)
        return ERR_OK;
    TRY(cell_destroy(ask->keyring, tenant, CELL_SSO_SECRET));
    return in->secret.len ? cell_put(ask->keyring, tenant, tenant, CELL_SSO_SECRET, bin(in->secret)) : ERR_OK;
}

static err_t attempts_end(struct ask *ask, ident_t tenant)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids, "select id from sso_attempts where tenant = $1", ID(tenant)));
    for_each_ident(id, &ids) TRY(attempt_end(ask, id));
    return ERR_OK;
}

/* Of another issuer nothing that was said counts, and nobody is who they were there. */
static err_t issuer_ends(struct ask *ask, ident_t tenant)
{
    TRY(attempts_end(ask, tenant));
    TRY(db_do(ask->db, "delete from sso_links where tenant = $1 and by = $2", ID(tenant), N(SSO_SUBJECT)));
    return db_do(ask->db, "delete from sso_providers where tenant = $1", ID(tenant));
}

static err_t provider_put(struct ask *ask, ident_t tenant, const Keys__SsoSet *in)
{
    struct sso_provider before = {0};
    err_t found = sso_provider_read(ask, tenant, &before);
    if (found != ERR_OK && found != ERR_MISSING)
        return found;
    if (found == ERR_OK && !str_eq(before.issuer, str(in->issuer)))
        TRY(issuer_ends(ask, tenant));
    TRY(secret_put(ask, tenant, in));
    return db_do(
        ask->db,
        "insert into sso_providers (tenant, issuer, client, opens, claim, joins, changed, login_at, token_at,"
        " basic, says_issuer, keys, fetched, asked, due, unknown, trouble) values ($1, $2, $3, $4, $5, $6, $7, '',"
        " '', 0, 0, '', 0, 0, 0, 0, '') on conflict (tenant) do update set client = $3, opens = $4, claim = $5,"
        " joins = $6, changed = $7, due = 0",
        ID(tenant), T(str(in->issuer)), T(str(in->client)), T(str(in->opens)), T(str(in->claim)),
        T(str(in->joins)), N(ask->env->now(ask->env)));
}

static err_t remove_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    struct sso_provider provider = {0};
    TRY(sso_provider_read(ask, who->tenant, &provider));
    TRY(issuer_ends(ask, who->tenant));
    TRY(cell_destroy(ask->keyring, who->tenant, CELL_SSO_SECRET));
    return journal_one(ask, who, ACT_SSO_REMOVED, (struct mention){0});
}

static err_t set_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    const Keys__SsoSet *in = ask->in;
    TRY(set_check(in));
    TRY(provider_put(ask, who->tenant, in));
    TRY(journal_one(ask, who, ACT_SSO_CHANGED, (struct mention){0}));
    keyring_wake(ask->keyring);
    return sso_message(ask, who, ask->out);
}

/* It changes nothing: an open session is enough for it. */
static err_t test_act(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    const Keys__SsoSet *in = ask->in;
    struct sso_provider provider = {0};
    OWN(who) who = {0};
    (void)keyring;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(sso_provider_read(ask, who.tenant, &provider));
    TRY(sso_provider_due(ask, who.tenant));
    return sso_message(ask, &who, ask->out);
}

err_t answer_sso_set(struct ask *ask)
{
    const Keys__SsoSet *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = in->removes ? "sso.remove" : "sso.set",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_OWN,
                              .keyless = true,
                              .run = in->removes ? remove_act : set_act};
    return in->tests ? keyring_write(ask->keyring, test_act, ask) : signing_run(&signing);
}
