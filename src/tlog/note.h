/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed notes: text in lines, an empty line, then a line for each signature. Keys that sign and verify them, as text.
 *
 *     TRY(note_signer_new(env, NOTE_ED25519, STR("example.com/log"), &signer));
 *     buf_put(&note, text);                                   ends with a line end
 *     buf_put_byte(&note, '\n');
 *     note_sign(&signer, text, 0, &note);                     one more line; as many signers as there are
 *
 *     TRY(note_split(bytes, &note));                          INVALID for what is no note
 *     TRY(note_check(&note, &key, &seconds));                 DENIED, LOCKED: see below
 *
 * A key is known by its name and by four bytes of a digest over name, kind and key. What verifies is public text,
 * "name+id+key"; what signs is secret, "PRIVATE+KEY+name+id+seed". Both are refused with INVALID in any other spelling,
 * and where the four bytes are not those of the rest.
 *
 * A note is checked one key at a time: DENIED where no line is by this key, LOCKED where one is and does not fit the
 * text, whatever other lines say. Lines of unknown keys are not looked at, but have to have the shape of one. A key may
 * have signed twice; then both have to fit, and count as one.
 *
 * NOTE_ED25519 signs the text. NOTE_COSIGNATURE is a witness's: it signs a time too, in seconds since 1970, and the
 * first three lines say it is a checkpoint. `seconds` is 0 for the other kind.
 *
 * The parts of a split note are views of its bytes. At most MAX_NOTE bytes and MAX_SIGNATURES signatures (TOO_LARGE);
 * note_split_within() is for a kind of note that may be longer.
 * Source: C2SP signed-note and tlog-cosignature (c2sp.org).
 */
#pragma once
#include "base/limits.h"
#include "crypt/sign.h"

enum note_kind { NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4 };
enum { KEY_ID = 4 };

struct note_key {
    enum note_kind kind;
    char name[MAX_NAME + 1];
    uint8_t id[KEY_ID];
    struct key public;
};
CHECKED err_t note_key_make(enum note_kind kind, str_t name, const struct key *public,
                            struct note_key *out_key);
CHECKED err_t note_key_read(str_t text, struct note_key *out_key);
void note_key_put(buf_t *out, const struct note_key *key);
bool note_key_eq(const struct note_key *a, const struct note_key *b);

struct note_signer {
    struct note_key key;
    struct key seed;
};
typedef struct note_signer note_signer_own;
void note_signer_drop(struct note_signer *signer);
CHECKED err_t note_signer_new(struct env *env, enum note_kind kind, str_t name,
                              struct note_signer *out_signer);
CHECKED err_t note_signer_read(str_t text, struct note_signer *out_signer);
void note_signer_put(buf_t *out, const struct note_signer *signer);

struct note {
    str_t text, signatures; /* with their last line ends, without the empty line between them */
};
CHECKED err_t note_split(str_t bytes, struct note *out_note);
CHECKED err_t note_split_within(str_t bytes, size_t most, struct note *out_note);
CHECKED err_t note_check(const struct note *note, const struct note_key *key, uint64_t *out_seconds);
void note_sign(const struct note_signer *signer, str_t text, uint64_t seconds, buf_t *out_line);

/* The whole note of a text that one NOTE_ED25519 signs. */
CHECKED err_t note_put(const struct note_signer *signer, str_t text, buf_t *out_note);
