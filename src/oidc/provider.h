/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sign-in provider says of itself (OpenID Connect Discovery 1.0), and what is said to it. Pure: nothing
 * here connects.
 *
 *     TRY(provider_read(json, issuer, &arena, &provider));        DENIED where it is another issuer's
 *     TRY(token_answer_read(json, &arena, &answer));              what the token endpoint gave
 *
 * Strict: text that is no address, or has other marks in it than RFC 3986 has, is INVALID. An address that a
 * browser is sent to may have a query; one that the service connects to may not (notify/reach.h reads it again).
 *
 * What is read is text of the arena, at most ADDRESS_MOST bytes each. JSON is held to SAID_MOST bytes and to
 * JSON_DEEP before.
 */
#pragma once
#include "base/arena.h"

/* Where in the console a provider sends the browser back to. */
#define SSO_BACK "/signed-in"

enum { ADDRESS_MOST = 500, SAID_MOST = 256 * 1024, JSON_DEEP = 16 };

struct provider {
    str_t login_at, token_at, keys_at; /* authorization_endpoint, token_endpoint, jwks_uri */
    bool basic;                        /* a secret goes in the Authorization header; else in the body */
    bool says_issuer;                  /* its answers name it (RFC 9207) */
};
CHECKED err_t provider_read(str_t json, str_t issuer, arena_t *arena, struct provider *out_provider);

/* https://HOST[:PORT][/PATH]; with `near` also http:// on this machine: localhost, 127.0.0.1, [::1]. No query, no
 * fragment: INVALID. A slash at its end is of its name. */
CHECKED err_t issuer_check(str_t issuer, bool near);

/* Where such an issuer's document is. */
void document_put(str_t issuer, buf_t *out_url);

/* `id_token` is empty where it was an error: then `error` is one of OAuth's own words, or "other". */
struct token_answer {
    str_t id_token, access_token;
    const char *error;
};
CHECKED err_t token_answer_read(str_t json, arena_t *arena, struct token_answer *out_answer);

/* One of OAuth's own words for what went wrong, or "other": what a provider writes is never shown. */
const char *oauth_error(str_t word);

/* Percent-encoded, as a query and a form have it; `name` stands in front, with & or ? where it is not the first. */
void put_escaped(str_t text, buf_t *out);
void put_parameter(const char *before, const char *name, str_t value, buf_t *out);
