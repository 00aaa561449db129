/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sign-in provider says of itself.
 */
#include "oidc/provider.h"

#include "test/test.h"

#define ISSUER "https://id.example.com"
#define SAYS(issuer, more) \
    "{\"issuer\":\"" issuer "\",\"authorization_endpoint\":\"" ISSUER \
    "/login?p=1\",\"token_endpoint\":\"" ISSUER \
    "/token\",\"jwks_uri\":\"https://keys.example.net/jwks.json\"" more "}"

static err_t reads(const char *json)
{
    OWN(arena) arena = ARENA(1 << 16);
    struct provider provider;
    return provider_read(str(json), STR(ISSUER), &arena, &provider);
}

TEST(a_provider_says_where_it_is_and_what_it_can)
{
    OWN(arena) arena = ARENA(1 << 16);
    struct provider provider;
    CHECK_OK(provider_read(STR(SAYS(ISSUER, ",\"authorization_response_iss_parameter_supported\":true")),
                           STR(ISSUER), &arena, &provider));
    CHECK(str_eq(provider.login_at, STR(ISSUER "/login?p=1")) && provider.says_issuer && provider.basic);
    CHECK(str_eq(provider.keys_at, STR("https://keys.example.net/jwks.json")));
    CHECK_OK(provider_read(
        STR(SAYS(ISSUER, ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]")), STR(ISSUER),
        &arena, &provider));
    CHECK(!provider.basic && !provider.says_issuer);
}

TEST(a_provider_that_speaks_for_another_or_cannot_do_pkce_is_refused)
{
    CHECK_FAILS(ERR_DENIED, reads(SAYS(ISSUER "/", "")));
    CHECK_FAILS(ERR_DENIED, reads(SAYS("https://evil.example.com", "")));
    CHECK_FAILS(ERR_DENIED, reads(SAYS(ISSUER, ",\"code_challenge_methods_supported\":[\"plain\"]")));
    CHECK_FAILS(ERR_DENIED, reads(SAYS(ISSUER, ",\"response_types_supported\":[\"id_token\"]")));
    CHECK_OK(reads(SAYS(ISSUER, ",\"code_challenge_methods_supported\":[\"plain\",\"S256\"]")));
}

TEST(what_is_no_discovery_document_is_refused)
{
    CHECK_FAILS(ERR_INVALID, reads(""));
    CHECK_FAILS(ERR_INVALID, reads("[]"));
    CHECK_FAILS(ERR_INVALID, reads("{\"issuer\":\"" ISSUER "\"}"));
    CHECK_FAILS(ERR_INVALID, reads(SAYS(ISSUER, ",\"issuer\":\"" ISSUER "\"")));
    CHECK_FAILS(ERR_INVALID,
                reads("{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"javascript:alert(1)\","
                      "\"token_endpoint\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER "\"}"));
    CHECK_FAILS(ERR_INVALID, reads("{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://x/#a\","
                                   "\"token_endpoint\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER "\"}"));
}

TEST(an_issuer_is_an_https_address_and_on_this_machine_alone_also_http)
{
    CHECK_OK(issuer_check(STR("https://id.example.com/realms/one"), false));
    CHECK_OK(issuer_check(STR("https://example.eu.auth0.com/"), false));
    CHECK_FAILS(ERR_INVALID, issuer_check(STR("http://localhost:4000"), false));
    CHECK_OK(issuer_check(STR("http://localhost:4000"), true));
    CHECK_OK(issuer_check(STR("http://127.0.0.1:4000/op"), true));
    CHECK_FAILS(ERR_INVALID, issuer_check(STR("http://localhost.evil.com"), true));
    CHECK_FAILS(ERR_INVALID, issuer_check(STR("http://id.example.com"), true));
    static const char *const none[] = {"",        "https://",   "https:///x", "https://x?y", "https://x#y",
                                       "ftp://x", "https://x y"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CHECK_FAILS(ERR_INVALID, issuer_check(str(none[i]), true));
}

TEST(the_document_of_an_issuer_is_beneath_it)
{
    OWN(buf) url = BUF(200);
    document_put(STR("https://id.example.com/realms/one"), &url);
    CHECK(str_eq(buf_str(&url), STR("https://id.example.com/realms/one/.well-known/openid-configuration")));
    buf_clear(&url);
    document_put(STR("https://id.example.com/"), &url);
    CHECK(str_eq(buf_str(&url), STR("https://id.example.com/.well-known/openid-configuration")));
}

TEST(what_a_provider_writes_of_an_error_is_never_passed_on)
{
    OWN(arena) arena = ARENA(1 << 16);
    struct token_answer answer;
    CHECK_OK(token_answer_read(STR("{\"error\":\"invalid_grant\",\"error_description\":\"call 555-1234\"}"),
                               &arena, &answer));
    CHECK(!strcmp(answer.error, "invalid_grant") && !answer.id_token.len);
    CHECK_OK(token_answer_read(STR("{\"error\":\"call 555-1234\"}"), &arena, &answer));
    CHECK(!strcmp(answer.error, "other"));
    CHECK_OK(token_answer_read(STR("{\"id_token\":\"a.b.c\",\"access_token\":\"x\"}"), &arena, &answer));
    CHECK(!answer.error && str_eq(answer.id_token, STR("a.b.c")) && str_eq(answer.access_token, STR("x")));
}

TESTS(a_provider_says_where_it_is_and_what_it_can,
      a_provider_that_speaks_for_another_or_cannot_do_pkce_is_refused,
      what_is_no_discovery_document_is_refused,
      an_issuer_is_an_https_address_and_on_this_machine_alone_also_http,
      the_document_of_an_issuer_is_beneath_it, what_a_provider_writes_of_an_error_is_never_passed_on)
