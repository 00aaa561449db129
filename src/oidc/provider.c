/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/provider.h"

#include "oidc/json.h"

static bool is_plain(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

/* Letters, digits, and the marks that an address may have. */
static bool is_address(str_t text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.at[i] || !(is_plain(text.at[i]) || strchr("-._~:/?&=%+,;@!$*[]", text.at[i])))
            return false;
    return text.len && text.len <= ADDRESS_MOST &&
           (str_starts(text, STR("https://")) || str_starts(text, STR("http://")));
}

static bool is_here(str_t issuer)
{
    static const char *const hosts[] = {"http://localhost", "http://127.0.0.1", "http://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t len = strlen(hosts[i]);
        if (str_starts(issuer, str(hosts[i])) &&
            (issuer.len == len || issuer.at[len] == ':' || issuer.at[len] == '/'))
            return true;
    }
    return false;
}

err_t issuer_check(str_t issuer, bool near)
{
    bool is_far = str_starts(issuer, STR("https://"));
    size_t least = is_far ? 9 : 8;
    if (!is_address(issuer) || memchr(issuer.at, '?', issuer.len) || issuer.len < least ||
        issuer.at[least - 1] == '/')
        return fail(ERR_INVALID, "an issuer is https://HOST[:PORT][/PATH], without a query or a fragment");
    if (!is_far && !(near && is_here(issuer)))
        return fail(ERR_INVALID, "an issuer begins with https://");
    return ERR_OK;
}

void document_put(str_t issuer, buf_t *out_url)
{
    buf_put(out_url, str_bytes(issuer.at, issuer.len - (issuer.at[issuer.len - 1] == '/')));
    buf_put(out_url, STR("/.well-known/openid-configuration"));
}

static err_t address_take(const json_t *said, const char *name, arena_t *arena, str_t *out)
{
    str_t text = said_text(said, name);
    if (!is_address(text))
        return fail(ERR_INVALID, "the sign-in provider names no %s, or none that is an address", name);
    *out = arena_copy(arena, text);
    return arena_end(arena);
}

/* What is not said is as the specification has it: code, and the secret in the header. */
static err_t ways_read(const json_t *said, struct provider *provider)
{
    const json_t *methods = json_object_get(said, "token_endpoint_auth_methods_supported");
    const json_t *challenges = json_object_get(said, "code_challenge_methods_supported");
    const json_t *types = json_object_get(said, "response_types_supported");
    if (challenges && !said_lists(challenges, STR("S256")))
        return fail(ERR_DENIED, "the sign-in provider has no PKCE with S256");
    if (types && !said_lists(types, STR("code")))
        return fail(ERR_DENIED, "the sign-in provider has no authorization code flow");
    provider->basic = !methods || said_lists(methods, STR("client_secret_basic"));
    provider->says_issuer =
        json_is_true(json_object_get(said, "authorization_response_iss_parameter_supported"));
    return ERR_OK;
}

/* Its issuer has to be the one that was asked, to the letter: else it could speak for another. */
err_t provider_read(str_t json, str_t issuer, arena_t *arena, struct provider *out_provider)
{
    OWN(said) said = NULL;
    struct provider provider = {0};
    TRY(said_read(json, SAID_MOST, &said));
    if (!str_eq(said_text(said, "issuer"), issuer))
        return fail(ERR_DENIED, "the sign-in provider says that it is another issuer");
    TRY(address_take(said, "authorization_endpoint", arena, &provider.login_at));
    TRY(address_take(said, "token_endpoint", arena, &provider.token_at));
    TRY(address_take(said, "jwks_uri", arena, &provider.keys_at));
    TRY(ways_read(said, &provider));
    *out_provider = provider;
    return ERR_OK;
}

/* RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core section 3.1.2.6. */
const char *oauth_error(str_t word)
{
    static const char *const words[] = {
        "access_denied",
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "login_required",
        "interaction_required",
        "consent_required",
        "account_selection_required",
        "unsupported_response_type",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(word, str(words[i])))
            return words[i];
    return "other";
}

err_t token_answer_read(str_t json, arena_t *arena, struct token_answer *out_answer)
{
    OWN(said) said = NULL;
    struct token_answer answer = {.id_token = {"", 0}, .access_token = {"", 0}};
    TRY(said_read(json, SAID_MOST, &said));
    str_t id_token = said_text(said, "id_token"), access = said_text(said, "access_token");
    if (id_token.len)
        answer.id_token = arena_copy(arena, id_token);
    else
        answer.error = oauth_error(said_text(said, "error"));
    if (access.len)
        answer.access_token = arena_copy(arena, access);
    TRY(arena_end(arena));
    *out_answer = answer;
    return ERR_OK;
}

void put_escaped(str_t text, buf_t *out)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_plain(text.at[i]) || (text.at[i] && strchr("-._~", text.at[i])))
            buf_put_byte(out, (uint8_t)text.at[i]);
        else
            buf_putf(out, "%%%02X", (uint8_t)text.at[i]);
}

void put_parameter(const char *before, const char *name, str_t value, buf_t *out)
{
    buf_putf(out, "%s%s=", before, name);
    put_escaped(value, out);
}
