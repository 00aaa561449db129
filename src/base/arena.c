/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>

enum { BLOCK = 8 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t room, used;
    alignas(max_align_t) unsigned char at[];
};

static void block_free(struct arena_block *block)
{
    explicit_bzero(block->at, block->used);
    free(block);
}

void arena_drop(arena_t *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        block_free(block);
    }
    *arena = (arena_t){.limit = arena->limit};
}

void arena_clear(arena_t *arena)
{
    struct arena_block *kept = arena->blocks;
    for (struct arena_block *block = kept ? kept->next : NULL, *next; block; block = next) {
        struct arena_block *less = block->room > kept->room ? kept : block;
        next = block->next;
        kept = less == block ? kept : block;
        block_free(less);
    }
    *arena = (arena_t){.blocks = kept, .limit = arena->limit};
    if (!kept)
        return;
    explicit_bzero(kept->at, kept->used);
    kept->next = NULL;
    kept->used = 0;
}

/* A large piece has a block of its own, behind the one in which small ones go on. */
static struct arena_block *block_add(arena_t *arena, size_t len)
{
    bool behind = arena->blocks && len > BLOCK;
    struct arena_block **link = behind ? &arena->blocks->next : &arena->blocks;
    size_t room = len > BLOCK ? len : BLOCK;
    struct arena_block *block = malloc(sizeof *block + room);
    if (!block)
        return NULL;
    *block = (struct arena_block){.next = *link, .room = room};
    return *link = block;
}

static void *piece_take(arena_t *arena, size_t len)
{
    if (arena->state != ERR_OK)
        return NULL;
    if (len > arena->limit - arena->used) {
        arena->state = fail(ERR_TOO_LARGE, "past %zu bytes of memory", arena->limit);
        return NULL;
    }
    len = len ? (len + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1) : alignof(max_align_t);
    struct arena_block *block = arena->blocks;
    if (!block || len > block->room - block->used)
        block = block_add(arena, len);
    if (!block) {
        arena->state = fail(ERR_BUSY, "no memory for %zu bytes", len);
        return NULL;
    }
    void *at = block->at + block->used;
    block->used += len;
    arena->used = arena->used + len < arena->limit ? arena->used + len : arena->limit;
    return at;
}

void *arena_take(arena_t *arena, size_t len)
{
    void *at = piece_take(arena, len);
    return at ? memset(at, 0, len) : NULL;
}

void *arena_take_array(arena_t *arena, size_t size, size_t count)
{
    if (size && count > SIZE_MAX / size) {
        arena->state = fail(ERR_TOO_LARGE, "an array of %zu entries", count);
        return NULL;
    }
    return arena_take(arena, size * count);
}

char *arena_room(arena_t *arena, size_t len) { return piece_take(arena, len); }

buf_t arena_buf(arena_t *arena, size_t max)
{
    char *at = arena_room(arena, max + 1);
    return at ? (buf_t){.at = at, .room = max + 1, .limit = max} : (buf_t){.state = arena->state};
}

str_t arena_copy(arena_t *arena, str_t bytes)
{
    char *at = arena_room(arena, bytes.len + 1);
    if (!at)
        return (str_t){"", 0};
    if (bytes.len)
        memcpy(at, bytes.at, bytes.len);
    at[bytes.len] = '\0';
    return (str_t){at, bytes.len};
}

err_t arena_end(const arena_t *arena) { return arena->state; }
