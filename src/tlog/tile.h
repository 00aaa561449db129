/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiles: the files a log is kept in, each named by its place and never changed once it is full.
 *
 *     tile/<level>/<index>            256 hashes: entries' at level 0, above it the roots of the tiles below
 *     tile/entries/<index>            256 entries, each behind its length in two bytes
 *     ….p/<width>                     the first 1 to 255 of them: at the right edge of some size
 *
 *     tile_path_t path = tile_path(&(struct tile){TILE_ENTRIES, 1234067, TILE_FULL});   tile/entries/x001/x234/067
 *     TRY(tile_from(path, &tile));                                                      INVALID for any other spelling
 *     unsigned width = tile_width(size, level, index);                                  0: no such tile in that size
 *
 * A log is read through a tile_source and written through a tile_sink. read() fails with MISSING where there is no such
 * file; put() is durable when the caller says so, not before. tile_fetch() reads exactly the tile that is named: where
 * the partial one is gone it takes the beginning of the full one. It fails with MISSING where the file ends too early,
 * with INVALID where it is too long or not made of entries. Source: C2SP tlog-tiles.
 */
#pragma once
#include "base/limits.h"
#include "tlog/tree.h"

enum {
    TILE_FULL = 256,
    TILE_HEIGHT = 8,   /* levels of the tree from one level of tiles to the next */
    TILE_LEVELS = 8,   /* that hold anything: 256^8 is past every size */
    TILE_ENTRIES = 64, /* the level of entries: those of hashes are 0 to 63 */
    TILE_BYTES = TILE_FULL * DIGEST_SIZE,
    BUNDLE_BYTES = TILE_FULL * (2 + MAX_ENTRY),
};

struct tile {
    unsigned level;
    uint64_t index;
    unsigned width;
};

typedef struct {
    char text[80];
} tile_path_t;

tile_path_t tile_path(const struct tile *tile);
CHECKED err_t tile_from(str_t path, struct tile *out_tile);
unsigned tile_width(uint64_t size, unsigned level, uint64_t index);

struct tile_source {
    err_t (*read)(void *from, const struct tile *tile, buf_t *out_bytes);
    void *from;
};
struct tile_sink {
    err_t (*put)(void *to, const struct tile *tile, str_t bytes);
    void *to;
};
CHECKED err_t tile_fetch(const struct tile_source *source, const struct tile *tile, buf_t *out_bytes);

/* Entries of a bundle. TOO_LARGE past MAX_ENTRY; MISSING where the bytes end within an entry. */
void bundle_put(buf_t *out, str_t entry);
CHECKED err_t bundle_next(str_t *rest, str_t *out_entry);
