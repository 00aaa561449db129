/* SPDX-License-Identifier: Apache-2.0
 *
 * Folding: when an hour is over, what many small uploads have appended under a chain becomes one row an hour, sorted,
 * each launch once, compressed as one and sealed again; then the key of that hour is left behind, and nothing here can
 * open it any more. A chain with many segments is folded within its hour, too.
 *
 *     TRY(fold_due(&desk, FOLD_SEGMENTS, &count));       each second, in the process that keeps the chains
 *     TRY(fold_due(&desk, 1, &count));                   whatever there is, before it ends
 *
 * A fold is one transaction: segments out, row in, digest beside it. A crash before leaves the segments, which are read
 * like rows for ever; so does a chain that had to make way, and one that cannot be folded: whatever fails, no key is kept for
 * an hour more than its own.
 */
#pragma once
#include "collect/desk.h"

enum { FOLD_SEGMENTS = 64, FOLD_AT_ONCE = 256 };

/* Chains with an hour that is over, or with so many segments: FOLD_AT_ONCE of them at most; how many they were. What is
 * BUSY is tried again the next time. */
CHECKED err_t fold_due(struct desk *desk, uint32_t segments, size_t *out_folded);
