/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/post.h"

#include "notify/send.h"
#include "oidc/provider.h"
#include "oidc/token.h"

enum {
    FORM_MOST = 8192,
    HEADER_MOST = 2048,
    URL_MOST = 600,
    ERRAND_MEMORY = 4 * 1024 * 1024,
    ERRANDS_MOST = 64
};

/* Where the client's provider says, within what the operator allows: looked at again each time. */
static err_t where(struct jobs *jobs, str_t url, struct reach *out_reach)
{
    TRY(reach_read(url, out_reach));
    return reach_judge(out_reach, &jobs->providers);
}

static err_t got(const struct answer *answer)
{
    return answer->status == 200 ? ERR_OK : fail(ERR_DENIED, "it answered with %d", answer->status);
}

static err_t fetch(struct jobs *jobs, str_t url, size_t most, arena_t *arena, str_t *out_body)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    OWN(answer) answer = {0};
    struct reach reach = {0};
    TRY(where(jobs, url, &reach));
    TRY(send_post(jobs->asking, &reach, &(struct post){.headers = headers, .fetches = true, .most = most},
                  &answer));
    TRY(got(&answer));
    *out_body = arena_copy(arena, buf_str(&answer.body));
    return arena_end(arena);
}

static char *chars(str_t text) { return (char *)(uintptr_t)text.at; }

static err_t provider_ask(struct jobs *jobs, const Keys__SsoErrand *errand, arena_t *arena,
                          Keys__SsoTold *out)
{
    OWN(buf) url = BUF(URL_MOST);
    struct provider provider;
    str_t said, keys;
    if (!*errand->issuer)
        return fail(ERR_INVALID, "no issuer");
    document_put(str(errand->issuer), &url);
    TRY(buf_end(&url));
    TRY(fetch(jobs, buf_str(&url), SAID_MOST, arena, &said));
    TRY(provider_read(said, str(errand->issuer), arena, &provider));
    TRY(fetch(jobs, provider.keys_at, KEYS_MOST, arena, &keys));
    if (!str_is_utf8(keys))
        return fail(ERR_INVALID, "the sign-in provider's keys are no text");
    out->login_at = chars(provider.login_at);
    out->token_at = chars(provider.token_at);
    out->basic = provider.basic;
    out->says_issuer = provider.says_issuer;
    out->keys = chars(keys);
    return ERR_OK;
}

/* A client without a secret says who it is in the form; one with a secret as the provider wants it (RFC 6749 section 2.3.1). */
static err_t form_put(const struct jobs *jobs, const Keys__SsoErrand *errand, buf_t *out)
{
    OWN(buf) back = BUF(URL_MOST);
    buf_putf(&back, "%s" SSO_BACK, jobs->console);
    put_parameter("", "grant_type", STR("authorization_code"), out);
    put_parameter("&", "code", str(errand->code), out);
    put_parameter("&", "redirect_uri", buf_str(&back), out);
    put_parameter("&", "code_verifier", str(errand->verifier), out);
    if (!*errand->secret || !errand->basic)
        put_parameter("&", "client_id", str(errand->client), out);
    if (*errand->secret && !errand->basic)
        put_parameter("&", "client_secret", str(errand->secret), out);
    TRY(buf_end(&back));
    return buf_end(out);
}

static err_t authorization_put(const Keys__SsoErrand *errand, buf_t *out)
{
    OWN(buf) plain = BUF(HEADER_MOST / 2);
    put_escaped(str(errand->client), &plain);
    buf_put_byte(&plain, ':');
    put_escaped(str(errand->secret), &plain);
    TRY(buf_end(&plain));
    buf_put(out, STR("Authorization: Basic "));
    buf_put_base64_padded(out, buf_str(&plain));
    return buf_end(out);
}

static err_t code_exchange(struct jobs *jobs, const Keys__SsoErrand *errand, arena_t *arena,
                           Keys__SsoTold *out)
{
    OWN(buf) form = BUF(FORM_MOST * 2);
    OWN(buf) authorization = BUF(HEADER_MOST);
    OWN(answer) answer = {0};
    struct token_answer said = {0};
    struct reach reach = {0};
    TRY(where(jobs, str(errand->token_at), &reach));
    TRY(form_put(jobs, errand, &form));
    if (*errand->secret && errand->basic)
        TRY(authorization_put(errand, &authorization));
    const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded",
                                   "Accept: application/json", authorization.len ? authorization.at : NULL,
                                   NULL};
    TRY(send_post(jobs->asking, &reach,
                  &(struct post){.body = buf_str(&form), .headers = headers, .most = 4 * TOKEN_MOST},
                  &answer));
    if (answer.status != 200 && answer.status != 400 && answer.status != 401)
        return got(&answer);
    TRY(token_answer_read(buf_str(&answer.body), arena, &said));
    if (said.error)
        return fail(ERR_DENIED, "it answered: %s", said.error);
    out->id_token = chars(said.id_token);
    out->access_token = chars(said.access_token);
    return ERR_OK;
}

/* What came of it, in words of our own; who signs in reads them. */
static err_t errand_do(struct jobs *jobs, const Keys__SsoErrand *errand, arena_t *arena, Keys__SsoTold *out)
{
    bool is_code = !strcmp(errand->kind, "code");
    err_t done = is_code ? code_exchange(jobs, errand, arena, out) : provider_ask(jobs, errand, arena, out);
    out->id = errand->id;
    out->kind = errand->kind;
    if (done != ERR_OK)
        out->trouble = chars(arena_copy(arena, str(err_note())));
    return arena_end(arena);
}

static err_t tell(struct jobs *jobs, const Keys__SsoTold *told, arena_t *arena, Keys__SsoErrand **out_next)
{
    return jobs_ask_keys(jobs, &(struct question){ASK_sso_turn, told}, arena, out_next);
}

/* A token of a key that is not known has the provider's keys asked for anew, and is told again, once. */
static err_t errand_run_one(struct jobs *jobs, const Keys__SsoErrand *errand, arena_t *arena)
{
    Keys__SsoTold told = KEYS__SSO_TOLD__INIT, keys = KEYS__SSO_TOLD__INIT;
    Keys__SsoErrand *next = NULL;
    TRY(errand_do(jobs, errand, arena, &told));
    TRY(tell(jobs, &told, arena, &next));
    if (!next->again)
        return ERR_OK;
    TRY(errand_do(jobs, next, arena, &keys));
    TRY(tell(jobs, &keys, arena, &next));
    return tell(jobs, &told, arena, &next);
}

err_t sso_errands(struct jobs *jobs, arena_t *arena)
{
    for (int i = 0; i < ERRANDS_MOST; i++) {
        OWN(arena) own = ARENA(ERRAND_MEMORY);
        Keys__SsoTold wants = KEYS__SSO_TOLD__INIT;
        Keys__SsoErrand *errand = NULL;
        wants.takes = true;
        TRY(tell(jobs, &wants, &own, &errand));
        if (!*errand->kind)
            return ERR_OK;
        TRY(errand_run_one(jobs, errand, &own));
    }
    (void)arena;
    return ERR_OK;
}
