/* SPDX-License-Identifier: Apache-2.0
 *
 * Challenges for passkeys: made here, good for one act of one session, or for one sign-in to one client, for five minutes,
 * and once.
 *
 *     TRY(challenge_make(ask, &(struct challenge){"passkey.remove", who.tenant, who.session, id}, &bytes));
 *     TRY(challenge_take(ask, &(struct challenge){"passkey.remove", who.tenant, who.session, id}, bytes));
 *
 * Until it is taken nothing is kept of one, so that strangers who ask for many of them fill nothing: it carries its end and
 * is keyed to what it is for. Taking it, within an act, leaves a row until that end: a second time it is DENIED, and so is
 * one that is old, or was made for something else.
 */
#pragma once
#include "keyring/answer.h"

enum { CHALLENGE_SIZE = 8 + 16 + DIGEST_SIZE, CHALLENGE_MS = 5 * 60 * 1000 };

struct challenge {
    const char *act;
    ident_t tenant, session, target; /* zero where there is none */
};
CHECKED err_t challenge_make(struct ask *ask, const struct challenge *what, buf_t *out_challenge);
CHECKED err_t challenge_take(struct ask *ask, const struct challenge *what, str_t challenge);

/* A key of the service's own for one use, as what is said to a stranger about a client that does not exist. */
CHECKED err_t challenge_key(struct ask *ask, const char *use, str_t input, struct key *out_key);

/* At the first start. Those that were taken go when they would have ended: challenges_turn(). */
CHECKED err_t challenges_prepare(struct ask *ask);
