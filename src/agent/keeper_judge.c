/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/keeper_judge.h"

#include "oidc/provider.h"
#include "oidc/token.h"

enum { KEYS_MS = 10 * 60 * 1000, AGAIN_MS = 60 * 1000, BEGAN_MS = 10 * 60 * 1000, NONCE_MOST = 64 };

void judging_drop(struct judging *judging) { buf_drop(&judging->keys); }

/* By the issuer of the keeper's own settings. */
static err_t keys_fetch(struct judging *judging)
{
    OWN(arena) arena = ARENA(1 << 20);
    OWN(buf) url = BUF(2 * KEEPER_TEXT);
    OWN(buf) document = BUF(SAID_MOST);
    OWN(buf) keys = BUF(KEYS_MOST);
    struct provider provider;
    str_t issuer = str(judging->settings->issuer);
    bool near =
        issuer_check(issuer, false) != ERR_OK; /* of this machine: the settings let it be that alone */
    size_t count = 0;
    document_put(issuer, &url);
    TRY(buf_end(&url));
    TRY(judging->fetch(judging->with, &(struct keeper_document){url.at, near}, &document));
    TRY(provider_read(buf_str(&document), issuer, &arena, &provider));
    const char *keys_at = arena_copy(&arena, provider.keys_at).at;
    TRY(judging->fetch(judging->with, &(struct keeper_document){keys_at, near}, &keys));
    TRY(token_keys_check(buf_str(&keys), &count));
    buf_drop(&judging->keys);
    judging->keys = give(keys);
    judging->keys_at = judging->env->now(judging->env);
    return count ? ERR_OK : fail(ERR_DENIED, "the provider gives no key that signs");
}

static bool keys_are_older(struct judging *judging, moment_t than)
{
    moment_t age = judging->env->now(judging->env) - judging->keys_at;
    return !judging->keys.len || age >= than || age < 0;
}

static err_t token_judge(struct judging *judging, const struct signed_in *signed_in)
{
    OWN(arena) arena = ARENA(1 << 20);
    OWN(buf) nonce = BUF(NONCE_MOST);
    const struct keeper_settings *settings = judging->settings;
    struct token_said said = {0};
    moment_t now = judging->env->now(judging->env);
    token_nonce(signed_in->public, signed_in->salt, &nonce);
    const struct token_ask ask = {.issuer = str(settings->issuer),
                                  .client = str(settings->client),
                                  .nonce = buf_str(&nonce),
                                  .keys = buf_str(&judging->keys),
                                  .claim = *settings->claim ? settings->claim : NULL,
                                  .claim_is = str(settings->claim_is),
                                  .since = now - BEGAN_MS,
                                  .now = now};
    TRY(token_check(&ask, signed_in->token, &arena, &said));
    return !*settings->claim || said.claim_is
               ? ERR_OK
               : fail(ERR_DENIED, "the token does not say what release-claim asks for");
}

/* Keys that the provider has changed are asked for once more; those that are young are no reason to give a sign-in up. */
err_t keeper_judge(struct judging *judging, const struct signed_in *signed_in)
{
    if (keys_are_older(judging, KEYS_MS))
        TRY(keys_fetch(judging));
    err_t judged = token_judge(judging, signed_in);
    if (judged != ERR_MISSING)
        return judged;
    if (!keys_are_older(judging, AGAIN_MS))
        return fail(ERR_BUSY,
                    "the provider has not told of the token's key: it is asked again within a minute");
    TRY(keys_fetch(judging));
    return token_judge(judging, signed_in);
}
