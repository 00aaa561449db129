/* SPDX-License-Identifier: Apache-2.0
 *
 * Folding: when an hour is over, what many small uploads have appended under a chain becomes one row an hour, sorted,
 * each launch once, compressed as one and sealed again; then the key of that hour is left behind, and nothing here can
 * open it any more. A chain with many segments is folded within its hour, too.
 *
 *     fold_due(&desk, FOLD_AT_ONCE);              each second, in the process that keeps the chains
 *
 * A fold is one transaction: segments out, row in, digest beside it. A crash before leaves the segments, which are read
 * like rows for ever; so does a chain that had to make way.
 */
#pragma once
#include "collect/desk.h"

enum { FOLD_SEGMENTS = 64, FOLD_AT_ONCE = 256 };

/* At most so many chains; how many there were. What fails is tried again the next time: the note says why. */
CHECKED err_t fold_due(struct desk *desk, size_t most, size_t *out_folded);
