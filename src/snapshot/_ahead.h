/* SPDX-License-Identifier: Apache-2.0
 *
 * What a restore reads of snapshots, by a thread ahead of it: to open what is sealed is work of its own, beside what is done with
 * the rows.
 *
 *     TRY(ahead_begin(&(struct ahead_of){reader, NULL, places}, &ahead));
 *     for each of the places, in their order                       NULL-ended
 *         while (ahead_next(ahead, &row)) …                         views, until the next one
 *         TRY(ahead_end(ahead));
 *     ahead_drop(&ahead);                                           at any time: then the thread has ended
 *
 * The rows are those of place_read(), or where there is an `other` snapshot of place_read_changed(). Whatever fails is told by
 * the next ahead_end(), with its note. AHEAD_PARTS parts of AHEAD_PART bytes are read ahead at most, and a row more in each.
 * Meanwhile others only look at the reader.
 */
#pragma once
#include "snapshot/read.h"

enum { AHEAD_PART = 256 * 1024, AHEAD_PARTS = 32 };

struct ahead_of {
    struct snapshot_reader *reader;
    const ident_t *other;
    const struct place *const *places; /* as long as the thread runs */
};

struct ahead_row {
    str_t key, row, other; /* `at` NULL: there is none */
};

struct ahead;
CHECKED err_t ahead_begin(const struct ahead_of *of, struct ahead **out_ahead);
bool ahead_next(struct ahead *ahead, struct ahead_row *out_row);
CHECKED err_t ahead_end(struct ahead *ahead);
void ahead_drop(struct ahead **ahead);
