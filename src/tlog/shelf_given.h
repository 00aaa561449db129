/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests and fuzzers: a log's files in memory, as source and sink.
 *
 *     OWN(shelf) shelf = {0};
 *     struct tile_source source = shelf_source(&shelf);
 *     struct tile_sink sink = shelf_sink(&shelf);
 *     shelf.puts_left = 3;                           the fourth put from now fails with BROKEN; 0: none does
 */
#pragma once
#include "tlog/tile.h"

enum { SHELF_FILES = 4096 };

struct shelf {
    size_t count, puts_left;
    struct shelf_file {
        tile_path_t path;
        buf_t bytes;
    } files[SHELF_FILES];
};
typedef struct shelf *shelf_own;

static inline void shelf_drop(struct shelf **shelf)
{
    for (size_t i = 0; *shelf && i < (*shelf)->count; i++)
        buf_drop(&(*shelf)->files[i].bytes);
    free(*shelf);
    *shelf = NULL;
}

static inline struct shelf *shelf_new(void)
{
    struct shelf *shelf = calloc(1, sizeof *shelf);
    if (!shelf)
        abort();
    return shelf;
}

static inline struct shelf_file *shelf_find(struct shelf *shelf, const char *path)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (!strcmp(shelf->files[i].path.text, path))
            return &shelf->files[i];
    return NULL;
}

static inline err_t shelf_read(void *from, const struct tile *tile, buf_t *out_bytes)
{
    const struct shelf_file *file = shelf_find(from, tile_path(tile).text);
    if (!file)
        return fail(ERR_MISSING, "not on the shelf");
    buf_put(out_bytes, buf_str(&file->bytes));
    return buf_end(out_bytes);
}

static inline err_t shelf_put(void *to, const struct tile *tile, str_t bytes)
{
    struct shelf *shelf = to;
    struct shelf_file *file = shelf_find(shelf, tile_path(tile).text);
    if (shelf->puts_left && --shelf->puts_left == 0)
        return fail(ERR_BROKEN, "the shelf gave way");
    if (!file && shelf->count == SHELF_FILES)
        return fail(ERR_TOO_LARGE, "the shelf is full");
    if (!file) {
        file = &shelf->files[shelf->count++];
        *file = (struct shelf_file){tile_path(tile), BUF(BUNDLE_BYTES)};
    }
    buf_clear(&file->bytes);
    buf_put(&file->bytes, bytes);
    return buf_end(&file->bytes);
}

static inline struct tile_source shelf_source(struct shelf *shelf)
{
    return (struct tile_source){shelf_read, shelf};
}

static inline struct tile_sink shelf_sink(struct shelf *shelf)
{
    return (struct tile_sink){shelf_put, shelf};
}
