/* SPDX-License-Identifier: Apache-2.0
 *
 * Sign-ins by the client's provider, checked in the client's network: the token by the keys that the provider gives to the keeper
 * itself, and that its nonce is of the one-time pair the key is sealed to. What the service says of either is not believed.
 */
#include "agent/keeper.h"
#include "agent/object.h"
#include "base/limits.h"
#include "oidc/provider.h"
#include "oidc/token.h"

enum { KEYS_MS = 10 * 60 * 1000, AGAIN_MS = 60 * 1000, BEGAN_MS = 10 * 60 * 1000, NONCE_MOST = 64 };

struct waiting {
    str_t session;
    buf_t public, salt, token;
};
typedef struct waiting waiting_own;
static void waiting_drop(struct waiting *waiting)
{
    buf_drop(&waiting->public);
    buf_drop(&waiting->salt);
    buf_drop(&waiting->token);
}

/* LOCKED where it is another keeper's to open. */
static err_t waiting_read(const struct keeper *keeper, const json_t *item, struct waiting *out)
{
    OWN(buf) sealed = BUF(TOKEN_MOST + BOX_EXTRA);
    *out = (struct waiting){.session = object_text(item, "session"),
                            .public = BUF(KEY_SIZE),
                            .salt = BUF(SALT_SIZE),
                            .token = BUF(TOKEN_MOST)};
    TRY(base64_read(object_text(item, "public"), &out->public));
    TRY(base64_read(object_text(item, "salt"), &out->salt));
    TRY(base64_read(object_text(item, "token"), &sealed));
    if (out->public.len != KEY_SIZE || out->salt.len != SALT_SIZE || out->session.len >= KEEPER_ID)
        return fail(ERR_BROKEN, "what the service gave is no sign-in");
    return box_open(&keeper->public, &keeper->private, buf_str(&sealed), &out->token);
}

/* The provider's keys, by the issuer of the keeper's own settings. */
static err_t keys_fetch(struct keeper *keeper)
{
    OWN(arena) arena = ARENA(1 << 20);
    OWN(buf) url = BUF(2 * KEEPER_TEXT);
    OWN(buf) document = BUF(SAID_MOST);
    struct provider provider;
    str_t issuer = str(keeper->settings.issuer);
    bool near =
        issuer_check(issuer, false) != ERR_OK; /* of this machine: the settings let it be that alone */
    size_t count = 0;
    document_put(issuer, &url);
    TRY(buf_end(&url));
    TRY(keeper_fetch(&keeper->link, &(struct keeper_document){url.at, near}, &document));
    TRY(provider_read(buf_str(&document), issuer, &arena, &provider));
    buf_drop(&keeper->keys);
    keeper->keys = (buf_t)BUF(KEYS_MOST);
    const char *keys_at = arena_copy(&arena, provider.keys_at).at;
    TRY(keeper_fetch(&keeper->link, &(struct keeper_document){keys_at, near}, &keeper->keys));
    TRY(token_keys_check(buf_str(&keeper->keys), &count));
    keeper->keys_at = keeper->env->now(keeper->env);
    return count ? ERR_OK : fail(ERR_DENIED, "the provider gives no key that signs");
}

static bool keys_are_older(struct keeper *keeper, moment_t than)
{
    moment_t age = keeper->env->now(keeper->env) - keeper->keys_at;
    return !keeper->keys.len || age >= than || age < 0;
}

static err_t token_judge(struct keeper *keeper, const struct waiting *waiting)
{
    OWN(arena) arena = ARENA(1 << 20);
    OWN(buf) nonce = BUF(NONCE_MOST);
    const struct keeper_settings *settings = &keeper->settings;
    struct token_said said = {0};
    moment_t now = keeper->env->now(keeper->env);
    token_nonce(buf_str(&waiting->public), buf_str(&waiting->salt), &nonce);
    const struct token_ask ask = {.issuer = str(settings->issuer),
                                  .client = str(settings->client),
                                  .nonce = buf_str(&nonce),
                                  .keys = buf_str(&keeper->keys),
                                  .claim = *settings->claim ? settings->claim : NULL,
                                  .since = now - BEGAN_MS,
                                  .now = now};
    TRY(token_check(&ask, buf_str(&waiting->token), &arena, &said));
    return !*settings->claim || str_eq(said.claim, str(settings->claim_is))
               ? ERR_OK
               : fail(ERR_DENIED, "the token does not say what release-claim asks for");
}

/* Keys that the provider has changed are asked for once more. */
static err_t waiting_check(struct keeper *keeper, const struct waiting *waiting)
{
    if (keys_are_older(keeper, KEYS_MS))
        TRY(keys_fetch(keeper));
    err_t judged = token_judge(keeper, waiting);
    if (judged != ERR_MISSING || !keys_are_older(keeper, AGAIN_MS))
        return judged;
    TRY(keys_fetch(keeper));
    return token_judge(keeper, waiting);
}

static err_t key_send(struct keeper *keeper, const struct waiting *waiting)
{
    OWN(key) tenant = {{0}};
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(buf) answer = BUF(MAX_BODY);
    struct key public;
    TRY(key_from(buf_str(&waiting->public), &public));
    TRY(keeper_tenant_key(keeper, &tenant));
    box_seal(&public, key_bytes(&tenant), &sealed);
    TRY(buf_end(&sealed));
    buf_put(&body, STR("{\"session\":"));
    buf_put_json(&body, waiting->session);
    buf_put(&body, STR(",\"sealed\":\""));
    buf_put_base64(&body, buf_str(&sealed));
    buf_put(&body, STR("\"}"));
    TRY(buf_end(&body));
    return keeper_ask(&keeper->link, &(struct keeper_request){"POST", "/v1/keeper/releases", buf_str(&body)},
                      &answer);
}

/* Whatever comes of it, the same sign-in is looked at once: but for a provider or a service that did not answer. */
static bool is_new(struct keeper *keeper, str_t session)
{
    for (size_t i = 0; i < KEEPER_TRIED; i++)
        if (str_eq(str(keeper->tried[i]), session))
            return false;
    return true;
}

static void tried(struct keeper *keeper, str_t session)
{
    snprintf(keeper->tried[keeper->tries++ % KEEPER_TRIED], KEEPER_ID, "%.*s", STR_ARG(session));
}

static err_t release_one(struct keeper *keeper, const json_t *item)
{
    OWN(waiting) waiting = {{0}};
    if (!is_new(keeper, object_text(item, "session")))
        return ERR_OK;
    err_t done = waiting_read(keeper, item, &waiting);
    if (done == ERR_OK)
        done = waiting_check(keeper, &waiting);
    if (done == ERR_OK)
        done = key_send(keeper, &waiting);
    if (done != ERR_UNREACHABLE && done != ERR_BUSY)
        tried(keeper, object_text(item, "session"));
    return done;
}

err_t keeper_release(struct keeper *keeper, const json_t *state)
{
    err_t first = ERR_OK;
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(state, "pending"), i, item)
    {
        err_t done = release_one(keeper, item);
        first = first == ERR_OK ? done : first;
    }
    return first;
}
