/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of an age file, for the code of age alone: armor, header, and the STREAM of chunks.
 *
 * A part that reads takes from the front of `*bytes` what it can use and moves `*bytes` past it; what it makes of
 * that is a view into itself, valid until the next call, empty where it needs more. So no part calls another, and
 * who calls them knows which one refused.
 */
#pragma once
#include "crypt/age.h"

enum {
    AGE_FILE_KEY = 16,
    AGE_NONCE = 16,
    AGE_TAG = 16,
    AGE_BODY = AGE_FILE_KEY + AGE_TAG, /* bytes of a wrapped file key */
    AGE_SALT = 16,
    AGE_CHUNK = 64 * 1024,
    AGE_COLUMNS = 64,
    AGE_LINE_BYTES = AGE_COLUMNS / 4 * 3,
    AGE_SPACE_MAX = 1024, /* white space before the armor, and after it */
};

struct age_file_key {
    uint8_t bytes[AGE_FILE_KEY];
};
typedef struct age_file_key age_file_key_own;
void age_file_key_drop(struct age_file_key *key);

/*
 * Base64 with the alphabet of RFC 4648 section 4, canonical: other texts of the same bytes are INVALID. Unpadded, of
 * up to 48 bytes; one line of at most 64 columns, padded in the armor; or of exactly `len` bytes.
 */
void age_base64_put(buf_t *out, str_t bytes);
CHECKED err_t age_base64_line(str_t line, bool padded, uint8_t out_bytes[AGE_LINE_BYTES], size_t *out_len);
CHECKED err_t age_base64_read(str_t text, size_t len, uint8_t *out_bytes);

/* HKDF-SHA-256 (RFC 5869) with one block of output. */
void age_hkdf(str_t input, str_t salt, str_t info, struct key *out_key);

/* One recipient of a file. `input` is the X25519 share or the scrypt salt. */
struct age_stanza {
    enum { AGE_FOREIGN, AGE_X25519, AGE_SCRYPT } kind;
    str_t type; /* its name; lives as long as the text of the header */
    uint8_t input[KEY_SIZE];
    unsigned work;
    uint8_t body[AGE_BODY];
};

/* Wrapping: INVALID for a public key or share of small order; unwrapping: LOCKED where the key is another. */
CHECKED err_t age_wrap(struct env *env, const struct age_file_key *key, const struct key *recipient,
                       struct age_stanza *out_stanza);
CHECKED err_t age_unwrap(const struct age_stanza *stanza, const struct key *identity,
                         const struct key *recipient, struct age_file_key *out_key);
CHECKED err_t age_unwrap_scrypt(const struct age_stanza *stanza, str_t passphrase,
                                struct age_file_key *out_key);

/* The name of a type of recipient that exists but is not implemented here; NULL for any other. */
const char *age_unsupported(str_t type);

/* The header. It is `whole` once its last line was taken, and then its stanzas are known to have their shape. */
struct age_header {
    buf_t text;
    size_t line; /* where the one that is being taken starts */
    bool whole;
    str_t covered; /* by the MAC */
    uint8_t mac[KEY_SIZE];
    size_t count;
    struct age_stanza stanzas[AGE_RECIPIENTS_MAX];
};
CHECKED err_t age_header_take(struct age_header *header, str_t *bytes);
CHECKED err_t age_header_read(struct age_header *header); /* of the text it holds */
CHECKED err_t age_header_open(const struct age_header *header, const struct age_read_ask *ask,
                              struct age_file_key *out_key, enum age_fault *out_fault);
CHECKED err_t age_header_write(struct env *env, const struct age_write_ask *ask,
                               const struct age_file_key *key, buf_t *out_text);

/* The payload, one chunk at a time. Opening refuses with LOCKED. */
struct age_stream {
    secret_t key;
    uint64_t chunk; /* how many came before */
    bool ended;
    size_t len;
    uint8_t in[AGE_CHUNK + AGE_TAG], out[AGE_CHUNK + AGE_TAG];
};
CHECKED err_t age_stream_start(struct age_stream *stream, const struct age_file_key *key,
                               const uint8_t nonce[AGE_NONCE]);
CHECKED err_t age_stream_open(struct age_stream *stream, str_t *bytes, str_t *out_plain);
CHECKED err_t age_stream_open_last(struct age_stream *stream, str_t *out_plain);
void age_stream_seal(struct age_stream *stream, str_t *bytes, str_t *out_sealed);
void age_stream_seal_last(struct age_stream *stream, str_t *out_sealed);

/* The armor. Reading refuses with INVALID. */
struct age_armor {
    enum { AGE_BEFORE, AGE_INSIDE, AGE_SHORT_LINE, AGE_AFTER } at;
    bool indented; /* white space since the last end of a line, before the armor */
    size_t spaces, len;
    char line[AGE_COLUMNS + 2];
    uint8_t bytes[AGE_LINE_BYTES];
};
CHECKED err_t age_armor_read(struct age_armor *armor, str_t *bytes, str_t *out_bytes);
CHECKED err_t age_armor_read_end(struct age_armor *armor);
void age_armor_write(struct age_armor *armor, str_t bytes, buf_t *out_text);
void age_armor_write_end(struct age_armor *armor, buf_t *out_text);
