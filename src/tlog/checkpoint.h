/* SPDX-License-Identifier: Apache-2.0
 *
 * Checkpoints: a note whose text names a log, its size and its root, a line each.
 *
 *     checkpoint_sign(&signer, &(struct checkpoint){origin, tree.size, tree_root(&tree)}, &bytes);
 *     TRY(checkpoint_open(bytes, &key, &checkpoint));
 *
 * Opening fails as note_split() and note_check() do, with INVALID for a text that is no checkpoint, and with DENIED for
 * one that names another log than the key: a log is known by the name of its key. The origin is a view of the bytes.
 * Lines behind the third are allowed, signed and not looked at. Source: C2SP tlog-checkpoint.
 */
#pragma once
#include "tlog/note.h"
#include "tlog/tree.h"

struct checkpoint {
    str_t origin;
    uint64_t size;
    hash_t root;
};

void checkpoint_put(buf_t *out, const struct checkpoint *checkpoint);
CHECKED err_t checkpoint_read(str_t text, struct checkpoint *out_checkpoint);

/* The whole note, with the signature of the log; cosignatures are put behind it as they come, by note_sign(). */
void checkpoint_sign(const struct note_signer *signer, const struct checkpoint *checkpoint, buf_t *out_note);
CHECKED err_t checkpoint_open(str_t bytes, const struct note_key *key, struct checkpoint *out_checkpoint);
