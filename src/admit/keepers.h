/* SPDX-License-Identifier: Apache-2.0
 *
 * Keepers: a program in the client's network that holds the tenant's key for it, so that what has to go on by itself does:
 * scheduled exports, and the key for members who wait for it. Its id is that of its token, which has the scope "keeper".
 *
 *     keeper_enrol    with the token: the public half of a pair that was born in the client's network
 *     keeper_approve  in a session with the key, by who compared the fingerprint: the tenant's key is sealed to that half
 *     keeper_poll     with the token: how it stands, what there is to do, and where it wants the key, the public half of a
 *                     pair for one use
 *     keeper_unlock   with the token: the tenant's key, sealed to that. It begins a session of the keeper's, which may what
 *                     the token's scopes say, and opens; the keeper ends it when it is done
 *     keeper_give     in that session: the key to each member who waits for it and has one of the roles it may give it to
 *
 *     session_release in a session by single sign-on, which keeper_poll told the keeper of: what the keeper has sealed to
 *                     the one-time pair that the ID token's nonce is made of, once it has checked that token by itself
 *
 * So the token alone opens nothing, and neither does the private half without the token. The process that speaks HTTP sees
 * sealed bytes on the way in and none on the way out. What is sealed to a keeper ends with its token, and its sessions too.
 */
#pragma once
#include "keyring/answer.h"

/* An ID token for the keeper that releases the key to who signs in by it: sealed, in the arena; empty where there is none. */
CHECKED err_t keeper_token_seal(struct ask *ask, ident_t tenant, str_t token, str_t *out_sealed);

/* The token is gone: nothing where it was no keeper's. */
CHECKED err_t keeper_revoke(struct ask *ask, const struct who *who, ident_t token);
