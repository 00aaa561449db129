/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of a journal's half (guard/journal.h), read back: a length of four bytes, then so many sealed ones.
 *
 *     OWN(lines) lines = {.arena = ARENA(LINES_MAX)};
 *     TRY(lines_read(&key, half, &lines));        as many as are whole; what does not open is left out
 *     lines_merge(&lines);                        equal ones within a minute become one, ordered by subject
 *     TRY(lines_parts(&lines, &batch));           BROKEN where one is no launch
 *
 * Sealed within is a struct line_entry, as it lies in memory, and the packed list of one launch, without `at` and `count`.
 */
#pragma once
#include "guard/journal.h"

enum { LINES_MAX = 64 * 1024 * 1024 };
#define LINE_BOUND STR("launch")

struct line_entry {
    ident_t subject;
    int64_t at;
    uint64_t count;
};

struct line {
    struct line_entry entry;
    str_t packed;
};

struct lines {
    arena_t arena;
    struct line *at;
    size_t count;
};
typedef struct lines lines_own;
void lines_drop(struct lines *lines);

CHECKED err_t lines_read(const struct key *key, str_t half, struct lines *lines);
void lines_merge(struct lines *lines);
CHECKED err_t line_launch(const struct line *line, arena_t *arena, struct launch *out_launch);
CHECKED err_t lines_parts(struct lines *lines, struct journal_batch *out_batch);
