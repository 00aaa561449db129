/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/edge.h"

struct edge {
    struct tree tree;
    buf_t bundle;
    struct level {
        unsigned width;
        bool changed; /* since it was put */
        hash_t hashes[TILE_FULL];
    } levels[TILE_LEVELS];
};

void edge_drop(struct edge **edge)
{
    if (*edge)
        buf_drop(&(*edge)->bundle);
    free(*edge);
    *edge = NULL;
}

uint64_t edge_size(const struct edge *edge) { return edge->tree.size; }
hash_t edge_root(const struct edge *edge) { return tree_root(&edge->tree); }
const struct tree *edge_tree(const struct edge *edge) { return &edge->tree; }

/* The tile that grows at this level; where the last one is full, the one behind it. */
static struct tile growing(const struct edge *edge, unsigned level)
{
    unsigned shift = level == TILE_ENTRIES ? 0 : level * TILE_HEIGHT;
    uint64_t hashes = edge->tree.size >> shift;
    return (struct tile){level, hashes / TILE_FULL, (unsigned)(hashes % TILE_FULL)};
}

/* The peaks between two levels of tiles are made of the lower one's hashes, from the left: the highest comes first. */
static void peaks_from(struct tree *tree, unsigned level, const hash_t *hashes)
{
    for (unsigned above = TILE_HEIGHT; above-- > 0;) {
        unsigned height = level * TILE_HEIGHT + above;
        if (height >= TREE_HEIGHTS || !(tree->size >> height & 1))
            continue;
        tree->peaks[height] = tree_over(hashes, 1u << above);
        hashes += 1u << above;
    }
}

static err_t level_read(const struct tile_source *source, unsigned level, struct edge *edge)
{
    struct tile tile = growing(edge, level);
    OWN(buf) bytes = BUF(TILE_BYTES);
    if (!tile.width)
        return ERR_OK;
    TRY(tile_fetch(source, &tile, &bytes));
    memcpy(edge->levels[level].hashes, bytes.at, bytes.len);
    edge->levels[level].width = tile.width;
    peaks_from(&edge->tree, level, edge->levels[level].hashes);
    return ERR_OK;
}

/* Entries that were altered since would be put again, under hashes that are not theirs. */
static err_t bundle_check(const struct edge *edge)
{
    str_t rest = buf_str(&edge->bundle), entry;
    for (unsigned i = 0; i < edge->levels[0].width; i++) {
        TRY(bundle_next(&rest, &entry));
        if (!hash_eq(tree_leaf(entry), edge->levels[0].hashes[i]))
            return fail(ERR_LOCKED, "an entry at the edge of the log is not the one that was hashed");
    }
    return ERR_OK;
}

static err_t bundle_read(const struct tile_source *source, struct edge *edge)
{
    struct tile tile = growing(edge, TILE_ENTRIES);
    if (!tile.width)
        return ERR_OK;
    TRY(tile_fetch(source, &tile, &edge->bundle));
    return bundle_check(edge);
}

err_t edge_open(const struct tile_source *source, uint64_t size, struct edge **out_edge)
{
    if (size > TREE_SIZE_MAX)
        return fail(ERR_INVALID, "a log past 2^63 entries");
    OWN(edge) edge = calloc(1, sizeof *edge);
    if (!edge)
        return fail(ERR_BUSY, "no memory for the edge of a log");
    edge->bundle = (buf_t)BUF(BUNDLE_BYTES);
    edge->tree.size = size;
    for (unsigned level = 0; level < TILE_LEVELS; level++)
        TRY(level_read(source, level, edge));
    TRY(bundle_read(source, edge));
    *out_edge = give(edge);
    return ERR_OK;
}

static err_t level_put(struct edge *edge, const struct tile *tile, const struct tile_sink *sink)
{
    struct level *level = &edge->levels[tile->level];
    level->changed = false;
    return sink->put(sink->to, tile, str_bytes(level->hashes, tile->width * sizeof *level->hashes));
}

/* A hash that is complete at its level; the tile that it fills is put, and the level begins anew. */
static err_t level_add(struct edge *edge, unsigned number, const hash_t *hash, const struct tile_sink *sink)
{
    struct level *level = &edge->levels[number];
    level->hashes[level->width++] = *hash;
    level->changed = true;
    if (level->width < TILE_FULL)
        return ERR_OK;
    level->width = 0;
    struct tile tile = {number, growing(edge, number).index - 1, TILE_FULL};
    return level_put(edge, &tile, sink);
}

static err_t entry_add(struct edge *edge, str_t entry, const struct tile_sink *sink)
{
    hash_t leaf = tree_leaf(entry), completed[TREE_HEIGHTS];
    bundle_put(&edge->bundle, entry);
    TRY(buf_end(&edge->bundle));
    unsigned height = tree_add(&edge->tree, &leaf, completed);
    for (unsigned level = 0; level * TILE_HEIGHT <= height; level++)
        TRY(level_add(edge, level, &completed[level * TILE_HEIGHT], sink));
    if (height < TILE_HEIGHT)
        return ERR_OK;
    struct tile tile = {TILE_ENTRIES, growing(edge, TILE_ENTRIES).index - 1, TILE_FULL};
    TRY(sink->put(sink->to, &tile, buf_str(&edge->bundle)));
    buf_clear(&edge->bundle);
    return ERR_OK;
}

err_t edge_end(struct edge *edge, const struct tile_sink *sink)
{
    struct tile bundle = growing(edge, TILE_ENTRIES);
    if (bundle.width)
        TRY(sink->put(sink->to, &bundle, buf_str(&edge->bundle)));
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        struct tile tile = growing(edge, level);
        if (tile.width && edge->levels[level].changed)
            TRY(level_put(edge, &tile, sink));
    }
    return ERR_OK;
}

err_t edge_grow(struct edge *edge, const str_t *entries, size_t count, const struct tile_sink *sink)
{
    if (count > TREE_SIZE_MAX - edge->tree.size)
        return fail(ERR_TOO_LARGE, "a log past 2^63 entries");
    for (size_t i = 0; i < count; i++)
        if (entries[i].len > MAX_ENTRY)
            return fail(ERR_TOO_LARGE, "an entry of %zu bytes, past %d", entries[i].len, MAX_ENTRY);
    for (size_t i = 0; i < count; i++)
        TRY(entry_add(edge, entries[i], sink));
    return ERR_OK;
}

err_t edge_append(struct edge *edge, const str_t *entries, size_t count, const struct tile_sink *sink)
{
    TRY(edge_grow(edge, entries, count, sink));
    return count ? edge_end(edge, sink) : ERR_OK;
}
