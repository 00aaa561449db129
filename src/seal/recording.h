/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording as it stands in a file: docs/formats/recording.md. A key of its own, sealed to the key that its subject has for
 * videos; then fragments, each sealed before it touches a disk. Whoever writes one holds a fragment in memory, and so does
 * whoever reads one; a crash loses at most the fragment that was being written.
 *
 *     TRY(seal_key_make(env, &public, &key));                       written, a buffer at a time
 *     recording_begin(&(struct recording_ask){env, &key, &about}, &writer, &out);
 *     TRY(recording_put(&writer, fragment, last, &out));
 *
 *     TRY(recording_look(&source, &head));                          read: what it says of itself, and the box
 *     …  the keys process opens head.box for those who may, and gives the key  …
 *     TRY(recording_open(&source, &head, &key, &reader));           what the head says was believed until here
 *     while (recording_next(&reader, &fragment)) …;
 *     TRY(recording_end(&reader, &whole));                          not whole: it is cut, behind a whole fragment
 *
 * recording_look: INVALID where it is no recording, LOCKED where it is one of a form that this program does not know.
 * recording_end: LOCKED where a fragment is not what was written in its place, and says which; the fragments before it are
 * as they were written. What the source refuses passes through. The source is borrowed until the reader is dropped.
 * Sources: XChaCha20-Poly1305 by libsodium; Padmé (Nikitin et al., 2019).
 */
#pragma once
#include "seal/seal.h"

enum {
    RECORDING_HEAD = 172,                     /* bytes before the first fragment */
    RECORDING_FRAGMENT_MAX = 8 * 1024 * 1024, /* bytes of one: 5 s of video */
    RECORDING_PADDED_MAX = RECORDING_FRAGMENT_MAX + 256 * 1024,
    RECORDING_FRAGMENT_EXTRA =
        9 + AEAD_EXTRA + AEAD_EXTRA, /* what a fragment takes beside its padded bytes */
    RECORDING_SEALED_MAX = RECORDING_HEAD + RECORDING_FRAGMENT_EXTRA + RECORDING_PADDED_MAX,
};

enum recording_form {
    RECORDING_MP4 = 1
}; /* ISO/IEC 14496-12, fragmented; each fragment begins a moof, or is the rest of one */

struct recording_about {
    ident_t realm, id, subject, device;
    moment_t made; /* when it was begun, by the endpoint's clock */
    enum recording_form form;
};

struct recording_ask {
    struct env *env;
    const struct seal_key *key;
    const struct recording_about *about;
};
struct recording_writer {
    struct env *env;
    struct key key;
    uint8_t head[DIGEST_SIZE];
    uint32_t number; /* of the last fragment that was put */
    bool ended;
};
typedef struct recording_writer recording_writer_own;
void recording_writer_drop(struct recording_writer *writer);
void recording_begin(const struct recording_ask *ask, struct recording_writer *out_writer, buf_t *out);
/* TOO_LARGE past RECORDING_FRAGMENT_MAX. The last one may be empty; behind it nothing is put. */
CHECKED err_t recording_put(struct recording_writer *writer, str_t fragment, bool last, buf_t *out);

/* As many bytes as there are, at most `len`; none at the end. */
struct recording_source {
    err_t (*read)(void *from, char *at, size_t len, size_t *out_len);
    void *from;
};

struct recording_head {
    struct recording_about about;
    uint8_t box[SEAL_BOX], digest[DIGEST_SIZE];
};
CHECKED err_t recording_look(const struct recording_source *source, struct recording_head *out_head);

struct recording_reader {
    const struct recording_source *source;
    struct key key;
    uint8_t head[DIGEST_SIZE];
    buf_t sealed;
    uint32_t number; /* of the last fragment that was read */
    bool last, over;
    err_t result;
    char note[128];
};
typedef struct recording_reader recording_reader_own;
void recording_reader_drop(struct recording_reader *reader);
void recording_open(const struct recording_source *source, const struct recording_head *head,
                    const struct key *key, struct recording_reader *out_reader);
/* The fragment lives until the next one is asked for. */
bool recording_next(struct recording_reader *reader, str_t *out_fragment);
CHECKED err_t recording_end(const struct recording_reader *reader, bool *out_whole);
