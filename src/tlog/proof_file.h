/* SPDX-License-Identifier: Apache-2.0
 *
 * A .tlog-proof file: all that somebody needs, besides the log's key and the entry, to see offline that the log holds
 * the entry. It is text: where the entry stands, the hashes that lead to the root, and a checkpoint with its signatures.
 *
 *     proof_file_put(&out, &(struct proof_file){.index = index, .proof = proof, .checkpoint = buf_str(&note)});
 *     TRY(proof_file_read(bytes, &file));                          INVALID, TOO_LARGE: not such a file
 *     TRY(checkpoint_open(file.checkpoint, &key, &checkpoint));    as it says
 *     TRY(proof_file_check(&file, &checkpoint, entry));            LOCKED: this entry is not there
 *
 * `extra` is base64 text of whatever goes with the file, unsigned; empty where there is none. Reading gives views of the
 * bytes, and looks at the checkpoint no further than that there is one. Source: C2SP tlog-proof.
 */
#pragma once
#include "tlog/checkpoint.h"
#include "tlog/proof.h"

struct proof_file {
    str_t extra;
    uint64_t index;
    struct proof proof;
    str_t checkpoint;
};

void proof_file_put(buf_t *out, const struct proof_file *file);
CHECKED err_t proof_file_read(str_t bytes, struct proof_file *out_file);
CHECKED err_t proof_file_check(const struct proof_file *file, const struct checkpoint *checkpoint,
                               str_t entry);
