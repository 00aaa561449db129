/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as a note, a checkpoint and a key. What is taken prints the same; what a stranger signed never
 * verifies.
 */
#include "tlog/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void try_key(str_t input)
{
    OWN(buf) text = BUF(1024);
    OWN(note_signer) signer = {.seed = {{0}}};
    struct note_key key;
    if (note_key_read(input, &key) == ERR_OK)
        note_key_put(&text, &key);
    else if (note_signer_read(input, &signer) == ERR_OK)
        note_signer_put(&text, &signer);
    else
        return;
    require(str_eq(buf_str(&text), input));
}

/* Two parts and the empty line between them; text and lines end as lines do. */
static void try_note(str_t input, const struct note_key *key)
{
    struct note note;
    uint64_t seconds = 0;
    if (note_split(input, &note) != ERR_OK)
        return;
    require(note.text.len + 1 + note.signatures.len == input.len && note.text.at == input.at);
    require(note.text.at[note.text.len - 1] == '\n' && note.text.at[note.text.len] == '\n');
    require(note_check(&note, key, &seconds) != ERR_OK);
}

static void try_checkpoint(str_t input)
{
    OWN(buf) text = BUF(2 * MAX_NOTE);
    struct checkpoint checkpoint;
    if (checkpoint_read(input, &checkpoint) != ERR_OK)
        return;
    checkpoint_put(&text, &checkpoint);
    require(buf_end(&text) == ERR_OK && str_starts(input, buf_str(&text)));
}

/* The stranger's text, signed by us, verifies as long as it is the text of a note. */
static void try_signing(str_t input, const struct note_signer *signer)
{
    OWN(buf) bytes = BUF(MAX_NOTE);
    struct note note;
    uint64_t seconds = 0;
    buf_put(&bytes, input);
    buf_put_byte(&bytes, '\n');
    note_sign(signer, input, 1, &bytes);
    if (buf_end(&bytes) == ERR_OK && note_split(buf_str(&bytes), &note) == ERR_OK && str_eq(note.text, input))
        require(note_check(&note, &signer->key, &seconds) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static const struct key seed = {{1, 2, 3}};
    OWN(note_signer) signer = {.seed = seed};
    struct key public;
    str_t input = str_bytes(at, len);
    require(crypt_start() == ERR_OK);
    sign_public(&seed, &public);
    require(note_key_make(NOTE_COSIGNATURE, STR("fuzz.example"), &public, &signer.key) == ERR_OK);
    try_key(input);
    try_note(input, &signer.key);
    try_checkpoint(input);
    try_signing(input, &signer);
    return 0;
}
