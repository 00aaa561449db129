/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeping a log: entries out of the journal become tiles, the tiles durable, then a checkpoint is signed and stands beside
 * them. The jobs process does this for each log that is due.
 *
 *     TRY(log_keep(&(struct log_keeping){&folder, key, checkpoint, take, sign, with}, &left));
 *
 * The order is what makes a crash harmless. A crash before the signature leaves files that no checkpoint speaks of, and
 * the journal as it was: the next turn writes them again, the same way. A crash after it leaves a signed size whose files
 * are all there, and a checkpoint that the keys process still has: the next turn puts it down.
 *
 * Partial tiles stay until the full one stands and is signed; then they go, as C2SP tlog-tiles allows: whoever still reads
 * at an earlier size takes the beginning of the full one. A crash before they are gone leaves them: files that nobody asks
 * for. Their empty folders stay, since the process may remove none.
 *
 * The signature's root is computed by the keys process from its journal. A log whose files lead elsewhere was altered, or
 * is an older copy: BROKEN, and nothing is written.
 */
#pragma once
#include "base/arena.h"
#include "log/folder.h"
#include "tlog/checkpoint.h"

struct log_batch {
    const str_t *entries;
    size_t count;
};

struct log_keeping {
    const struct log_folder *folder;
    struct note_key key; /* verifies the log's checkpoints */
    str_t checkpoint;    /* signed last; empty: none was */
    CHECKED err_t (*take)(void *with, uint64_t from, arena_t *arena, struct log_batch *out_batch);
    CHECKED err_t (*sign)(void *with, uint64_t size, buf_t *out_note);
    void *with;
};

/* As much as there is, or of a log that is written to meanwhile a bounded part. Gives whether there may be more: the log is
 * due again as soon as the others have had their turn. */
CHECKED err_t log_keep(const struct log_keeping *keeping, bool *out_left);
