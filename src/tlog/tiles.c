/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/tiles.h"

struct tiles {
    struct tile_source source;
    uint64_t size;
    struct kept {
        struct tile tile; /* width 0: none yet */
        hash_t hashes[TILE_FULL];
    } levels[TILE_LEVELS];
};

void tiles_drop(struct tiles **tiles)
{
    free(*tiles);
    *tiles = NULL;
}

err_t tiles_open(const struct tile_source *source, uint64_t size, struct tiles **out_tiles)
{
    struct tiles *tiles = calloc(1, sizeof *tiles);
    if (!tiles)
        return fail(ERR_BUSY, "no memory for the tiles of a log");
    tiles->source = *source;
    tiles->size = size;
    *out_tiles = tiles;
    return ERR_OK;
}

static err_t kept_read(struct tiles *tiles, const struct tile *tile)
{
    struct kept *kept = &tiles->levels[tile->level];
    OWN(buf) bytes = BUF(TILE_BYTES);
    if (kept->tile.width && kept->tile.index == tile->index)
        return ERR_OK;
    TRY(tile_fetch(&tiles->source, tile, &bytes));
    memcpy(kept->hashes, bytes.at, bytes.len);
    kept->tile = *tile;
    return ERR_OK;
}

/* A node lies in the tile whose level is at or below it; between two levels it is made of hashes of the lower one. */
static err_t node_read(void *from, unsigned height, uint64_t index, hash_t *out_hash)
{
    struct tiles *tiles = from;
    unsigned level = height / TILE_HEIGHT, above = height % TILE_HEIGHT;
    if (height >= TREE_HEIGHTS || index >= tiles->size >> height)
        return fail(ERR_INVALID, "a node outside a log of %llu entries", (unsigned long long)tiles->size);
    struct tile tile = {level, index >> (TILE_HEIGHT - above), 0};
    tile.width = tile_width(tiles->size, level, tile.index);
    TRY(kept_read(tiles, &tile));
    size_t first = (size_t)(index << above) % TILE_FULL;
    *out_hash = tree_over(tiles->levels[level].hashes + first, 1u << above);
    return ERR_OK;
}

struct nodes tiles_nodes(struct tiles *tiles) { return (struct nodes){node_read, tiles}; }

err_t tiles_root(struct tiles *tiles, hash_t *out_root)
{
    struct tree tree = {.size = tiles->size};
    for (unsigned height = 0; height < TREE_HEIGHTS; height++)
        if (tiles->size >> height & 1)
            TRY(node_read(tiles, height, (tiles->size >> height) - 1, &tree.peaks[height]));
    *out_root = tree_root(&tree);
    return ERR_OK;
}

err_t tiles_entry(struct tiles *tiles, uint64_t index, buf_t *out_entry)
{
    struct tile tile = {TILE_ENTRIES, index / TILE_FULL, 0};
    OWN(buf) bytes = BUF(BUNDLE_BYTES);
    str_t entry = {NULL, 0};
    if (index >= tiles->size)
        return fail(ERR_INVALID, "no entry %llu in a log of %llu", (unsigned long long)index,
                    (unsigned long long)tiles->size);
    tile.width = tile_width(tiles->size, TILE_ENTRIES, tile.index);
    TRY(tile_fetch(&tiles->source, &tile, &bytes));
    str_t rest = buf_str(&bytes);
    for (uint64_t i = 0; i <= index % TILE_FULL; i++)
        TRY(bundle_next(&rest, &entry));
    buf_put(out_entry, entry);
    return buf_end(out_entry);
}
