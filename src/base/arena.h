/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of one request or one job: allocated piece by piece, freed and wiped as a whole.
 *
 *     OWN(arena) arena = ARENA(MAX_REPLY);
 *     struct device *found = arena_new(&arena, struct device);
 *
 * An arena has a hard limit; past it, or without memory, arena_take() returns NULL and arena_end() tells, as buf_t
 * does. Every piece is aligned for any type, and zeroed but for those from arena_room(), which is for bytes that are
 * written next. Nothing from an arena outlives it. Not shared by threads.
 */
#pragma once
#include "base/bytes.h"

struct arena_block;
typedef struct {
    struct arena_block *blocks;
    size_t used, limit;
    err_t state;
} arena_t;
typedef arena_t arena_own;

/* clang-format off */
#define ARENA(max) {.limit = (max)}
/* clang-format on */

void arena_drop(arena_t *arena);
void arena_clear(arena_t *arena); /* empty again; its largest block is wiped and kept */
void *arena_take(arena_t *arena, size_t len);
#define arena_new(arena, type)          ((type *)arena_take((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_take_array((arena), sizeof(type), (count)))
void *arena_take_array(arena_t *arena, size_t size, size_t count);

char *arena_room(arena_t *arena, size_t len);

/* A buffer for at most `max` bytes within the arena: it is not dropped by itself, and has failed where there is no room. */
buf_t arena_buf(arena_t *arena, size_t max);

/* A copy that the arena owns, followed by a NUL that does not count; empty where it did not fit. */
str_t arena_copy(arena_t *arena, str_t bytes);
CHECKED err_t arena_end(const arena_t *arena);
