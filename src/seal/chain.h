/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of one subject's day, sealed by a key that goes forward only: whoever writes can seal in this hour and in later
 * ones, and cannot open what it sealed in an hour that it has left.
 *
 *     chain_begin(env, &public, &key, box);               a day's key, and its box for the subject: kept with the day
 *     chain_forward(&key, 1);                             an hour later: K <- H(K), the one before is gone
 *     chain_rows(&key, &rows);                            what seals the rows of this hour, and makes no later key
 *     chain_put(env, &rows, &place, frame, &sealed);
 *
 *     … whoever may has the box opened, which gives the key of the first hour, and goes forward from there …
 *     chain_get(&rows, &place, sealed, &frame);           LOCKED where place or key are others
 *
 * Layout of a row: version (1 byte, 2) · nonce (24) · ciphertext and tag. What is encrypted is the frame, a byte 0x80, and
 * zeros up to a Padmé length, as in seal/seal.h. The additional data is realm, concept, number of the chain, hour, part and
 * version. `hour` counts from 1970 and says what the row is about, which may be earlier than when it was sealed.
 */
#pragma once
#include "seal/seal.h"

enum { CHAIN_EXTRA = 1 + AEAD_EXTRA, CHAIN_VERSION = 2 };
enum chain_part { CHAIN_ROWS, CHAIN_DIGEST };

struct chain_place {
    ident_t realm;
    int concept;
    int64_t number, hour;
    enum chain_part part;
};

CHECKED err_t chain_begin(struct env *env, const struct key *public, struct key *out_key,
                          uint8_t out_box[SEAL_BOX]);
void chain_forward(struct key *key, int64_t hours);
void chain_rows(const struct key *key, struct key *out_rows);
void chain_put(struct env *env, const struct key *rows, const struct chain_place *place, str_t frame,
               buf_t *out_sealed);
CHECKED err_t chain_get(const struct key *rows, const struct chain_place *place, str_t sealed,
                        buf_t *out_frame);
