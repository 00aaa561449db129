/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/_private.h"

enum { VERSION = 1, AD_SIZE = 8 + 16 + 4 + 16 + 1 };

size_t padme(size_t len)
{
    if (len < 2)
        return len;
    unsigned exponent = 63u - (unsigned)__builtin_clzl(len);
    unsigned kept = exponent ? 64u - (unsigned)__builtin_clzl(exponent) : 1;
    size_t mask = exponent > kept ? ((size_t)1 << (exponent - kept)) - 1 : 0;
    return (len + mask) & ~mask;
}

void pad_put(str_t frame, char *at)
{
    memset(at + frame.len, 0, padme(frame.len + 1) - frame.len);
    if (frame.len)
        memcpy(at, frame.at, frame.len);
    at[frame.len] = (char)0x80;
}

err_t pad_take(buf_t *frame, size_t before)
{
    size_t len = frame->len;
    while (len > before && frame->at[len - 1] == 0)
        len--;
    if (len == before || (uint8_t)frame->at[len - 1] != 0x80) {
        frame->len = before;
        return fail(ERR_BROKEN, "a sealed record without its padding");
    }
    frame->len = len - 1;
    return ERR_OK;
}

static str_t additional_data(const struct seal_place *place, uint8_t version, uint8_t at[AD_SIZE])
{
    uint32_t concept = (uint32_t)place->concept;
    memcpy(at, "custody ", 8);
    memcpy(at + 8, place->realm.bytes, 16);
    for (int i = 0; i < 4; i++)
        at[24 + i] = (uint8_t)(concept >> (24 - 8 * i));
    memcpy(at + 28, place->id.bytes, 16);
    at[44] = version;
    return str_bytes(at, AD_SIZE);
}

size_t seal_size(size_t len) { return SEAL_EXTRA + padme(len + 1); }

void seal_key_drop(struct seal_key *key) { explicit_bzero(key, sizeof *key); }

err_t seal_key_make(struct env *env, const struct key *public, struct seal_key *out_key)
{
    OWN(buf) box = BUF(SEAL_BOX);
    OWN(key) data_key;
    key_random(env, &data_key);
    box_seal(public, key_bytes(&data_key), &box);
    TRY(buf_end(&box));
    out_key->data_key = data_key;
    memcpy(out_key->box, box.at, SEAL_BOX);
    return ERR_OK;
}

/* Written once, where it stays: the frame and its padding stand in their place before they are encrypted there. */
void seal_put_with(struct env *env, const struct seal_key *key, const struct seal_place *place, str_t frame,
                   buf_t *out_sealed)
{
    uint8_t ad[AD_SIZE];
    size_t padded = padme(frame.len + 1);
    char *at = buf_room(out_sealed, seal_size(frame.len));
    if (!at)
        return;
    *at++ = VERSION;
    memcpy(at, key->box, SEAL_BOX);
    at += SEAL_BOX;
    pad_put(frame, at + AEAD_NONCE);
    aead_seal_at(env, &key->data_key, additional_data(place, VERSION, ad), at, padded);
}

void seal_put(struct env *env, const struct key *public, const struct seal_place *place, str_t frame,
              buf_t *out_sealed)
{
    OWN(seal_key) key = {0};
    err_t made = seal_key_make(env, public, &key);
    if (made == ERR_OK)
        seal_put_with(env, &key, place, frame, out_sealed);
    else
        buf_fail(out_sealed, made);
}

err_t seal_box(str_t sealed, str_t *out_box)
{
    if (sealed.len < SEAL_EXTRA || sealed.at[0] != VERSION)
        return fail(ERR_LOCKED, "a sealed record of a form this program does not know");
    *out_box = str_bytes(sealed.at + 1, SEAL_BOX);
    return ERR_OK;
}

err_t seal_check(str_t sealed)
{
    size_t padded = sealed.len > SEAL_EXTRA ? sealed.len - SEAL_EXTRA : 0;
    return padded && sealed.at[0] == VERSION && padme(padded) == padded
               ? ERR_OK
               : fail(ERR_INVALID, "a sealed record of another form");
}

err_t seal_get(const struct key *data_key, const struct seal_place *place, str_t sealed, buf_t *out_frame)
{
    str_t box;
    uint8_t ad[AD_SIZE];
    size_t before = out_frame->len;
    TRY(seal_box(sealed, &box));
    str_t body = str_bytes(sealed.at + 1 + SEAL_BOX, sealed.len - 1 - SEAL_BOX);
    TRY(aead_open(data_key, additional_data(place, VERSION, ad), body, out_frame));
    return pad_take(out_frame, before);
}
