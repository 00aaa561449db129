/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a log that is kept: how far it is signed, and its entries, 256 at a time.
 *
 *     TRY(log_size(&folder, &size));                                as the checkpoint in the folder says, 0 for none yet
 *     TRY(log_bundle(&folder, size, index / TILE_FULL, arena, &bundle));    bundle.entries[index % TILE_FULL]
 *     struct log_line line = log_line(entry);                       views of the entry's parts
 *
 * Nothing is verified here: whoever does not trust the service copies the files and looks at them with custody-verify.
 */
#pragma once
#include "base/arena.h"
#include "log/folder.h"
#include "log/keep.h"

CHECKED err_t log_size(const struct log_folder *folder, uint64_t *out_size);
CHECKED err_t log_size_of(str_t checkpoint, uint64_t *out_size); /* as this one says */
CHECKED err_t log_bundle(const struct log_folder *folder, uint64_t size, uint64_t bundle, arena_t *arena,
                         struct log_batch *out_bundle);

/* The .tlog-proof of an entry, with `extra` in base64 or none; MISSING where it is not signed yet. */
CHECKED err_t log_proof(const struct log_folder *folder, uint64_t index, str_t extra, buf_t *out_file);

struct log_line {
    str_t at, act, by;
    str_t on;    /* between the brackets: "dev_…","acc_…"; empty where none are named */
    str_t under; /* the request whose grant it was done under */
};
struct log_line log_line(str_t entry);
bool log_line_is_on(const struct log_line *line, str_t id);
