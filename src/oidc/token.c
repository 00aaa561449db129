/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/token.h"

#include "crypt/seal.h"
#include "oidc/json.h"
#include "oidc/key.h"
#include <openssl/sha.h>
#include <strings.h>

enum { CLAIM_MOST = 255 };

/* A token in its parts; `text` is what is signed. */
struct parts {
    str_t text;
    json_t *header, *claims;
    buf_t signature;
    const struct algorithm *algorithm;
};
typedef struct parts parts_own;
static void parts_drop(struct parts *parts)
{
    json_decref(parts->header);
    json_decref(parts->claims);
    buf_drop(&parts->signature);
}

static err_t no_token(void) { return fail(ERR_INVALID, "what the sign-in provider gave is no ID token"); }
static err_t not_so(const char *what) { return fail(ERR_DENIED, "the token's %s does not fit", what); }

static err_t part_read(str_t text, json_t **out_object)
{
    OWN(buf) json = BUF(TOKEN_MOST);
    if (base64_read(text, &json) != ERR_OK || said_read(buf_str(&json), TOKEN_MOST, out_object) != ERR_OK)
        return no_token();
    return ERR_OK;
}

/* What it says of itself before it is believed: `typ` keeps tokens for other uses out. */
static err_t header_judge(struct parts *parts)
{
    str_t type = said_text(parts->header, "typ");
    parts->algorithm = algorithm_find(said_text(parts->header, "alg"));
    if (!parts->algorithm)
        return fail(ERR_DENIED, "the token's algorithm is not one that is taken");
    if (json_object_get(parts->header, "crit"))
        return not_so("header");
    if (type.at && (type.len != 3 || strncasecmp(type.at, "JWT", 3) != 0))
        return not_so("type");
    return ERR_OK;
}

static err_t parts_read(str_t token, struct parts *out)
{
    str_t rest = token;
    str_t header = str_until(&rest, '.'), claims = str_until(&rest, '.'), signature = rest;
    if (token.len > TOKEN_MOST || !header.len || !claims.len || memchr(token.at, 0, token.len))
        return no_token();
    out->text = str_bytes(token.at, header.len + 1 + claims.len);
    TRY(part_read(header, &out->header));
    TRY(header_judge(out));
    TRY(part_read(claims, &out->claims));
    return base64_read(signature, &out->signature) == ERR_OK ? ERR_OK : no_token();
}

static err_t keys_read(str_t keys, json_t **out_said, const json_t **out_list)
{
    OWN(said) said = NULL;
    TRY(said_read(keys, KEYS_MOST, &said));
    *out_list = json_object_get(said, "keys");
    if (!json_is_array(*out_list))
        return fail(ERR_INVALID, "the sign-in provider's keys are no JWKS");
    *out_said = give(said);
    return ERR_OK;
}

err_t token_keys_check(str_t keys, size_t *out_count)
{
    OWN(said) said = NULL;
    const json_t *list = NULL;
    TRY(keys_read(keys, &said, &list));
    *out_count = keys_usable(list);
    return ERR_OK;
}

static err_t signature_check(const struct parts *parts, str_t keys)
{
    OWN(said) said = NULL;
    OWN(public_key) key = NULL;
    const json_t *list = NULL, *kid = json_object_get(parts->header, "kid");
    if (kid && (!json_is_string(kid) || !json_string_length(kid)))
        return not_so("kid");
    TRY(keys_read(keys, &said, &list));
    TRY(key_find(list, said_text(parts->header, "kid"), parts->algorithm, &key));
    return key_verify(key, parts->algorithm, parts->text, buf_str(&parts->signature));
}

static err_t audience_check(const json_t *claims, str_t client)
{
    const json_t *aud = json_object_get(claims, "aud");
    bool is_ours = json_is_array(aud) ? said_lists(aud, client) : str_eq(said_text(claims, "aud"), client);
    if (!is_ours)
        return not_so("audience");
    if (!json_object_get(claims, "azp"))
        return json_array_size(aud) > 1 ? not_so("azp") : ERR_OK;
    return str_eq(said_text(claims, "azp"), client) ? ERR_OK : not_so("azp");
}

/* Seconds, whole or not, of this age of the world. */
static bool moment_said(const json_t *claims, const char *name, moment_t *out)
{
    const json_t *value = json_object_get(claims, name);
    double seconds = json_number_value(value);
    if (!json_is_number(value) || !(seconds >= 0 && seconds < 253402300800.0))
        return false;
    *out = (moment_t)(seconds * 1000);
    return true;
}

static err_t times_check(const struct token_ask *ask, const json_t *claims, moment_t *out_until)
{
    moment_t issued = 0, from = 0;
    if (!moment_said(claims, "exp", out_until) || *out_until + SKEW_MS <= ask->now)
        return fail(ERR_DENIED, "the token has expired");
    if (!moment_said(claims, "iat", &issued) || issued > ask->now + SKEW_MS)
        return fail(ERR_DENIED, "the token is of the future");
    if (issued + SKEW_MS < ask->since)
        return fail(ERR_DENIED, "the token is from before this sign-in");
    if (json_object_get(claims, "nbf") && (!moment_said(claims, "nbf", &from) || from > ask->now + SKEW_MS))
        return fail(ERR_DENIED, "the token is not valid yet");
    return ERR_OK;
}

/* The left half of a hash, which is SHA-256 but for Ed25519, whose own is SHA-512. */
static err_t access_check(const struct token_ask *ask, const struct parts *parts)
{
    uint8_t hash[SHA512_DIGEST_LENGTH];
    OWN(buf) text = BUF(64);
    bool is_long = parts->algorithm == algorithm_find(STR("EdDSA"));
    if (!ask->access_token.len || !json_object_get(parts->claims, "at_hash"))
        return ERR_OK;
    (is_long ? SHA512 : SHA256)((const uint8_t *)ask->access_token.at, ask->access_token.len, hash);
    buf_put_base64(&text, str_bytes(hash, (is_long ? SHA512_DIGEST_LENGTH : SHA256_DIGEST_LENGTH) / 2));
    return bytes_equal(said_text(parts->claims, "at_hash"), buf_str(&text)) ? ERR_OK : not_so("at_hash");
}

static err_t claims_check(const struct token_ask *ask, const struct parts *parts, moment_t *out_until)
{
    const json_t *claims = parts->claims;
    if (!str_eq(said_text(claims, "iss"), ask->issuer))
        return not_so("issuer");
    TRY(audience_check(claims, ask->client));
    TRY(times_check(ask, claims, out_until));
    if (!ask->nonce.len || !bytes_equal(said_text(claims, "nonce"), ask->nonce))
        return not_so("nonce");
    return access_check(ask, parts);
}

/* A claim of another kind, or too long, is as if it were not said. */
static str_t claim_take(const json_t *claims, const char *name, arena_t *arena)
{
    str_t text = said_text(claims, name);
    return text.len && text.len <= CLAIM_MOST ? arena_copy(arena, text) : (str_t){"", 0};
}

static bool is_sure(const json_t *claims, const char *claim)
{
    return strcmp(claim, "email") != 0 || json_is_true(json_object_get(claims, "email_verified"));
}

/* Groups and roles are lists: one of them is enough. */
static bool claim_is(const struct token_ask *ask, const json_t *claims)
{
    const json_t *value = json_object_get(claims, ask->claim);
    if (!ask->claim_is.len || !is_sure(claims, ask->claim))
        return false;
    return json_is_array(value) ? said_lists(value, ask->claim_is)
                                : str_eq(said_text(claims, ask->claim), ask->claim_is);
}

err_t token_check(const struct token_ask *ask, str_t token, arena_t *arena, struct token_said *out_said)
{
    OWN(parts) parts = {.signature = BUF(TOKEN_MOST)};
    struct token_said said = {0};
    TRY(parts_read(token, &parts));
    TRY(signature_check(&parts, ask->keys));
    TRY(claims_check(ask, &parts, &said.until));
    said.subject = claim_take(parts.claims, "sub", arena);
    if (!said.subject.len)
        return not_so("subject");
    said.name = claim_take(parts.claims, "name", arena);
    said.username = claim_take(parts.claims, "preferred_username", arena);
    said.email = claim_take(parts.claims, "email", arena);
    said.claim = ask->claim && is_sure(parts.claims, ask->claim) ? claim_take(parts.claims, ask->claim, arena)
                                                                 : (str_t){"", 0};
    said.claim_is = ask->claim && claim_is(ask, parts.claims);
    TRY(arena_end(arena));
    *out_said = said;
    return ERR_OK;
}

void token_nonce(str_t public, str_t salt, buf_t *out_nonce)
{
    const str_t parts[] = {public, salt};
    uint8_t hash[DIGEST_SIZE];
    digest_of(parts, 2, hash);
    buf_put_base64(out_nonce, str_bytes(hash, sizeof hash));
}
