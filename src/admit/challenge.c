/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/challenge.h"

static const ident_t service;

err_t challenges_prepare(struct ask *ask)
{
    OWN(buf) there = BUF(KEY_SIZE);
    OWN(key) key;
    err_t found = cell_get(ask->keyring, service, CELL_CHALLENGES, &there);
    if (found != ERR_MISSING)
        return found;
    key_random(ask->env, &key);
    return cell_put(ask->keyring, service, service, CELL_CHALLENGES, key_bytes(&key));
}

err_t challenge_key(struct ask *ask, const char *use, str_t input, struct key *out_key)
{
    OWN(buf) bytes = BUF(KEY_SIZE);
    OWN(key) key;
    TRY(cell_get(ask->keyring, service, CELL_CHALLENGES, &bytes));
    TRY(key_from(buf_str(&bytes), &key));
    key_derive(&key, use, input, out_key);
    return ERR_OK;
}

/* Over what it begins with, and all that it is for. */
static err_t proof_of(struct ask *ask, const struct challenge *what, str_t head,
                      uint8_t out_proof[DIGEST_SIZE])
{
    OWN(key) key;
    const str_t parts[] = {head, ident_bytes(&what->tenant), ident_bytes(&what->session),
                           ident_bytes(&what->target), str(what->act)};
    TRY(challenge_key(ask, "custody challenge", STR(""), &key));
    digest_keyed(key_bytes(&key), parts, sizeof parts / sizeof *parts, out_proof);
    return ERR_OK;
}

err_t challenge_make(struct ask *ask, const struct challenge *what, buf_t *out_challenge)
{
    uint8_t head[8 + 16], proof[DIGEST_SIZE];
    uint64_t until = (uint64_t)(ask->env->now(ask->env) + CHALLENGE_MS);
    for (int i = 0; i < 8; i++)
        head[i] = (uint8_t)(until >> (56 - 8 * i));
    ask->env->random(ask->env, head + 8, 16);
    TRY(proof_of(ask, what, str_bytes(head, sizeof head), proof));
    buf_put(out_challenge, str_bytes(head, sizeof head));
    buf_put(out_challenge, str_bytes(proof, sizeof proof));
    return buf_end(out_challenge);
}

static moment_t until_of(str_t challenge)
{
    uint64_t until = 0;
    for (int i = 0; i < 8; i++)
        until = until << 8 | (uint8_t)challenge.at[i];
    return (moment_t)until;
}

err_t challenge_take(struct ask *ask, const struct challenge *what, str_t challenge)
{
    uint8_t proof[DIGEST_SIZE], taken[DIGEST_SIZE];
    if (challenge.len != CHALLENGE_SIZE)
        return fail(ERR_DENIED, "the passkey was asked with a challenge that is not ours");
    TRY(proof_of(ask, what, str_bytes(challenge.at, CHALLENGE_SIZE - DIGEST_SIZE), proof));
    if (!bytes_equal(str_bytes(challenge.at + CHALLENGE_SIZE - DIGEST_SIZE, DIGEST_SIZE),
                     str_bytes(proof, DIGEST_SIZE)))
        return fail(ERR_DENIED, "the passkey was asked for something else");
    if (until_of(challenge) <= ask->env->now(ask->env))
        return fail(ERR_DENIED, "the passkey was asked too long ago: try again");
    digest(challenge, taken);
    TRY(db_do(ask->db,
              "insert into challenges (digest, until) values ($1, $2) on conflict (digest) do nothing",
              B(str_bytes(taken, sizeof taken)), N(until_of(challenge))));
    return db_changed(ask->db) ? ERR_OK
                               : fail(ERR_DENIED, "the passkey's answer was used already: try again");
}

err_t challenges_turn(struct ask *ask)
{
    return db_do(ask->db, "delete from challenges where until <= $1", N(ask->env->now(ask->env)));
}
