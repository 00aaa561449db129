/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/checkpoint.h"

void checkpoint_put(buf_t *out, const struct checkpoint *checkpoint)
{
    buf_put(out, checkpoint->origin);
    buf_putf(out, "\n%llu\n", (unsigned long long)checkpoint->size);
    hash_put(out, &checkpoint->root);
    buf_put_byte(out, '\n');
}

err_t checkpoint_read(str_t text, struct checkpoint *out_checkpoint)
{
    struct checkpoint checkpoint;
    if (!text.len || text.at[text.len - 1] != '\n')
        return fail(ERR_INVALID, "a checkpoint whose last line does not end");
    checkpoint.origin = str_until(&text, '\n');
    if (!checkpoint.origin.len || checkpoint.origin.len > MAX_NAME)
        return fail(ERR_INVALID, "a checkpoint without the name of a log, or with one past %d bytes",
                    MAX_NAME);
    TRY(str_number(str_until(&text, '\n'), TREE_SIZE_MAX, &checkpoint.size));
    TRY(hash_read(str_until(&text, '\n'), &checkpoint.root));
    while (text.len)
        if (!str_until(&text, '\n').len)
            return fail(ERR_INVALID, "a checkpoint with an empty line");
    *out_checkpoint = checkpoint;
    return ERR_OK;
}

void checkpoint_sign(const struct note_signer *signer, const struct checkpoint *checkpoint, buf_t *out_note)
{
    OWN(buf) text = BUF(MAX_NOTE);
    checkpoint_put(&text, checkpoint);
    buf_put(out_note, buf_str(&text));
    buf_put_byte(out_note, '\n');
    note_sign(signer, buf_str(&text), 0, out_note);
}

err_t checkpoint_open(str_t bytes, const struct note_key *key, struct checkpoint *out_checkpoint)
{
    struct note note = {0};
    struct checkpoint checkpoint = {0};
    uint64_t seconds = 0;
    TRY(note_split(bytes, &note));
    TRY(checkpoint_read(note.text, &checkpoint));
    TRY(note_check(&note, key, &seconds));
    if (!str_eq(checkpoint.origin, str(key->name)))
        return fail(ERR_DENIED, "a checkpoint of the log %.*s, and not of %s", STR_ARG(checkpoint.origin),
                    key->name);
    *out_checkpoint = checkpoint;
    return ERR_OK;
}
