/* SPDX-License-Identifier: Apache-2.0
 *
 * Records as they stand in a store: sealed to their subject's public key, so that whoever stores one cannot read it.
 *
 *     seal_put(env, &public, &place, frame, &sealed);
 *
 *     seal_box(sealed, &box);                            the 80 bytes that hold the record's data key
 *     …  the keys process opens the box for those who may, and gives the data key  …
 *     seal_get(&data_key, &place, sealed, &frame);
 *
 * Layout: version (1 byte, 1) · box of a random data key to the subject (80) · nonce (24) · ciphertext and tag. What is
 * encrypted is the zstd frame of the packed list, a byte 0x80, and zeros up to a Padmé length (Nikitin et al., 2019): at
 * most 12 % more, and a length that tells little. The additional data is realm, concept, record id and version, so that a
 * record moved to another place does not open (LOCKED).
 */
#pragma once
#include "concept/concept.h"
#include "crypt/seal.h"

enum { SEAL_BOX = KEY_SIZE + BOX_EXTRA, SEAL_EXTRA = 1 + SEAL_BOX + AEAD_EXTRA };

struct seal_place {
    ident_t realm, id;
    int concept;
};

/* A data key, and its box for the subject: for several records of one subject that are written together. Nonces are
 * random and long enough for any number of them. */
struct seal_key {
    struct key data_key;
    uint8_t box[SEAL_BOX];
};
typedef struct seal_key seal_key_own;
void seal_key_drop(struct seal_key *key);
CHECKED err_t seal_key_make(struct env *env, const struct key *public, struct seal_key *out_key);
void seal_put_with(struct env *env, const struct seal_key *key, const struct seal_place *place, str_t frame,
                   buf_t *out_sealed);

void seal_put(struct env *env, const struct key *public, const struct seal_place *place, str_t frame,
              buf_t *out_sealed);
CHECKED err_t seal_box(str_t sealed, str_t *out_box);
CHECKED err_t seal_check(str_t sealed); /* INVALID where no sealed record is of this length and version */
CHECKED err_t seal_get(const struct key *data_key, const struct seal_place *place, str_t sealed,
                       buf_t *out_frame);

size_t padme(size_t len);     /* the length that `len` bytes are padded to */
size_t seal_size(size_t len); /* of the sealed record that a frame of `len` bytes becomes */
