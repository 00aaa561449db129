/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a sign-in by the client's provider is one that the keeper releases the key to. The ID token is checked by the keys that
 * the provider gives to the keeper itself, and its nonce has to be of the one-time pair that the key will be sealed to. What the
 * service says of either is not believed.
 *
 *     struct judging judging = {.env = env, .settings = &settings, .fetch = link_fetch, .with = &link};
 *     TRY(keeper_judge(&judging, &(struct signed_in){public, salt, token}));
 *
 * The provider's keys are asked for when they are ten minutes old, and once more where a token's key is not among them, but not
 * within a minute. UNREACHABLE where the provider does not answer, BUSY within that minute: the same sign-in is to be judged again.
 * DENIED, MISSING (a key that it does not give) or INVALID where the token does not fit.
 */
#pragma once
#include "agent/keeper_link.h"
#include "agent/keeper_settings.h"

struct judging {
    struct env *env;
    const struct keeper_settings *settings;
    err_t (*fetch)(void *with, const struct keeper_document *document, buf_t *out_body);
    void *with;
    buf_t keys; /* the provider's, as it gave them */
    moment_t keys_at;
};
void judging_drop(struct judging *judging);

/* The public half of the one-time pair, and the salt, that the nonce is the hash of. */
struct signed_in {
    str_t public, salt, token;
};
CHECKED err_t keeper_judge(struct judging *judging, const struct signed_in *signed_in);
