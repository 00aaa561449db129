/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/age_private.h"

#include <sodium.h>

_Static_assert(AGE_TAG == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(KEY_SIZE == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key");

enum { COUNTER = 11, CHUNK_NONCE = crypto_aead_chacha20poly1305_ietf_NPUBBYTES };

err_t age_stream_start(struct age_stream *stream, const struct age_file_key *key,
                       const uint8_t nonce[AGE_NONCE])
{
    OWN(key) payload = {{0}};
    age_hkdf(str_bytes(key->bytes, AGE_FILE_KEY), str_bytes(nonce, AGE_NONCE), STR("payload"), &payload);
    return secret_make(&payload, &stream->key);
}

/* Eleven bytes of counter, of which no file reaches the first three, and whether this chunk is the last. */
static void nonce_of(const struct age_stream *stream, bool last, uint8_t nonce[CHUNK_NONCE])
{
    memset(nonce, 0, CHUNK_NONCE);
    for (int i = 0; i < 8; i++)
        nonce[COUNTER - 1 - i] = (uint8_t)(stream->chunk >> 8 * i);
    nonce[COUNTER] = last;
}

static void fill(struct age_stream *stream, size_t room, str_t *bytes)
{
    size_t left = room - stream->len, len = bytes->len < left ? bytes->len : left;
    if (len)
        memcpy(stream->in + stream->len, bytes->at, len);
    stream->len += len;
    *bytes = str_bytes(bytes->at + len, bytes->len - len);
}

/* The two buffers are apart because libsodium clears the output of an opening that it refuses. */
static bool opens(struct age_stream *stream, bool last, str_t *out_plain)
{
    uint8_t nonce[CHUNK_NONCE];
    nonce_of(stream, last, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(stream->out, NULL, NULL, stream->in, stream->len, NULL, 0,
                                                  nonce, stream->key.key->bytes) != 0)
        return false;
    *out_plain = str_bytes(stream->out, stream->len - AGE_TAG);
    stream->chunk++;
    stream->len = 0;
    stream->ended = last;
    return true;
}

static err_t altered(const struct age_stream *stream)
{
    return fail(ERR_LOCKED, "chunk %llu was altered or is not in its place",
                (unsigned long long)stream->chunk);
}

err_t age_stream_open(struct age_stream *stream, str_t *bytes, str_t *out_plain)
{
    *out_plain = STR("");
    if (stream->ended)
        return fail(ERR_LOCKED, "bytes after the last chunk");
    fill(stream, AGE_CHUNK + AGE_TAG, bytes);
    if (stream->len < AGE_CHUNK + AGE_TAG || opens(stream, false, out_plain) ||
        opens(stream, true, out_plain))
        return ERR_OK;
    return altered(stream);
}

err_t age_stream_open_last(struct age_stream *stream, str_t *out_plain)
{
    *out_plain = STR("");
    if (stream->ended)
        return ERR_OK;
    if (stream->len < AGE_TAG)
        return fail(ERR_LOCKED, "cut short in chunk %llu", (unsigned long long)stream->chunk);
    if (stream->len == AGE_TAG && stream->chunk)
        return fail(ERR_LOCKED, "a last chunk without content");
    return opens(stream, true, out_plain) ? ERR_OK : altered(stream);
}

static void seal(struct age_stream *stream, bool last, str_t *out_sealed)
{
    uint8_t nonce[CHUNK_NONCE];
    nonce_of(stream, last, nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt(stream->out, NULL, stream->in, stream->len, NULL, 0, NULL,
                                              nonce, stream->key.key->bytes);
    *out_sealed = str_bytes(stream->out, stream->len + AGE_TAG);
    stream->chunk++;
    stream->len = 0;
}

/* A full chunk is kept until more comes: it may be the last. */
void age_stream_seal(struct age_stream *stream, str_t *bytes, str_t *out_sealed)
{
    *out_sealed = STR("");
    if (stream->len == AGE_CHUNK && bytes->len)
        seal(stream, false, out_sealed);
    fill(stream, AGE_CHUNK, bytes);
}

void age_stream_seal_last(struct age_stream *stream, str_t *out_sealed) { seal(stream, true, out_sealed); }
