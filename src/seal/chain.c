/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/chain.h"

#include "seal/_private.h"

enum { AD_SIZE = 8 + 16 + 4 + 8 + 8 + 1 + 1 };

static void number_put(uint64_t number, size_t len, uint8_t *at)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(number >> (8 * (len - 1 - i)));
}

static str_t additional_data(const struct chain_place *place, uint8_t at[AD_SIZE])
{
    memcpy(at, "custody ", 8);
    memcpy(at + 8, place->realm.bytes, 16);
    number_put((uint64_t)place->concept, 4, at + 24);
    number_put((uint64_t)place->number, 8, at + 28);
    number_put((uint64_t)place->hour, 8, at + 36);
    at[44] = (uint8_t)place->part;
    at[45] = CHAIN_VERSION;
    return str_bytes(at, AD_SIZE);
}

/* One key, one use: what seals the rows of an hour is not what the next hour's key is made of. */
void chain_rows(const struct key *key, struct key *out_rows) { key_derive(key, "rows", STR(""), out_rows); }

err_t chain_begin(struct env *env, const struct key *public, struct key *out_key, uint8_t out_box[SEAL_BOX])
{
    OWN(seal_key) made = {0};
    TRY(seal_key_make(env, public, &made));
    *out_key = made.data_key;
    memcpy(out_box, made.box, SEAL_BOX);
    return ERR_OK;
}

void chain_forward(struct key *key, int64_t hours)
{
    for (int64_t i = 0; i < hours; i++) {
        OWN(key) before = *key;
        key_derive(&before, "the next hour", STR(""), key);
    }
}

void chain_put(struct env *env, const struct key *rows, const struct chain_place *place, str_t frame,
               buf_t *out_sealed)
{
    uint8_t ad[AD_SIZE];
    size_t padded = padme(frame.len + 1);
    char *at = buf_room(out_sealed, CHAIN_EXTRA + padded);
    if (!at)
        return;
    *at++ = CHAIN_VERSION;
    pad_put(frame, at + AEAD_NONCE);
    aead_seal_at(env, rows, additional_data(place, ad), at, padded);
}

err_t chain_get(const struct key *rows, const struct chain_place *place, str_t sealed, buf_t *out_frame)
{
    uint8_t ad[AD_SIZE];
    size_t before = out_frame->len;
    if (sealed.len < CHAIN_EXTRA || sealed.at[0] != CHAIN_VERSION)
        return fail(ERR_LOCKED, "a sealed row of a form this program does not know");
    TRY(aead_open(rows, additional_data(place, ad), str_bytes(sealed.at + 1, sealed.len - 1), out_frame));
    return pad_take(out_frame, before);
}
