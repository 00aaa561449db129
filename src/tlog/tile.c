/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/tile.h"

#define TILE_INDEX_MAX (TREE_SIZE_MAX / TILE_FULL)
enum { LEVEL_MAX = 63, GROUP = 1000, GROUPS_MAX = 7, PATH_MAX_BYTES = 80 };

static void put_index(char **at, const char *end, uint64_t index)
{
    unsigned groups[GROUPS_MAX] = {0};
    size_t count = 0;
    do
        groups[count++] = (unsigned)(index % GROUP);
    while ((index /= GROUP) && count < GROUPS_MAX);
    while (count--)
        *at += snprintf(*at, (size_t)(end - *at), count ? "/x%03u" : "/%03u", groups[count]);
}

tile_path_t tile_path(const struct tile *tile)
{
    tile_path_t path = {{0}};
    char *at = path.text, *end = path.text + sizeof path.text;
    if (tile->level == TILE_ENTRIES)
        at += snprintf(at, (size_t)(end - at), "tile/entries");
    else
        at += snprintf(at, (size_t)(end - at), "tile/%u", tile->level);
    put_index(&at, end, tile->index);
    if (tile->width < TILE_FULL)
        snprintf(at, (size_t)(end - at), ".p/%u", tile->width);
    return path;
}

/* Three digits, whatever stands around them. */
static err_t group_read(str_t part, uint64_t *index)
{
    uint64_t group = 0;
    if (str_starts(part, STR("x")))
        part = str_bytes(part.at + 1, part.len - 1);
    if (part.len < 3 || *index > TILE_INDEX_MAX / GROUP)
        return fail(ERR_INVALID, "not the index of a tile");
    for (size_t i = 0; i < 3; i++) {
        if (part.at[i] < '0' || part.at[i] > '9')
            return fail(ERR_INVALID, "not the index of a tile");
        group = group * 10 + (uint64_t)(part.at[i] - '0');
    }
    *index = *index * GROUP + group;
    return *index <= TILE_INDEX_MAX ? ERR_OK : fail(ERR_INVALID, "a tile past every size");
}

static bool is_partial(str_t part)
{
    return part.len >= 2 && str_eq(str_bytes(part.at + part.len - 2, 2), STR(".p"));
}

/* Loosely: the text has to be the tile's own again. */
static err_t parts_read(str_t rest, struct tile *out_tile)
{
    uint64_t level = TILE_ENTRIES, index = 0, width = TILE_FULL;
    str_t first = str_until(&rest, '/'), second = str_until(&rest, '/');
    if (!str_eq(first, STR("tile")))
        return fail(ERR_INVALID, "not the path of a tile");
    if (!str_eq(second, STR("entries")))
        TRY(str_number(second, LEVEL_MAX, &level));
    while (rest.len && width == TILE_FULL) {
        str_t part = str_until(&rest, '/');
        TRY(group_read(part, &index));
        if (is_partial(part))
            TRY(str_number(rest, TILE_FULL - 1, &width));
    }
    *out_tile = (struct tile){(unsigned)level, index, (unsigned)width};
    return width ? ERR_OK : fail(ERR_INVALID, "a tile of no width");
}

err_t tile_from(str_t path, struct tile *out_tile)
{
    struct tile tile = {0};
    if (path.len >= PATH_MAX_BYTES)
        return fail(ERR_INVALID, "not the path of a tile");
    TRY(parts_read(path, &tile));
    if (!str_eq(str(tile_path(&tile).text), path))
        return fail(ERR_INVALID, "not the one spelling of a tile's path");
    *out_tile = tile;
    return ERR_OK;
}

unsigned tile_width(uint64_t size, unsigned level, uint64_t index)
{
    unsigned shift = level == TILE_ENTRIES ? 0 : level * TILE_HEIGHT;
    uint64_t hashes = shift < 64 ? size >> shift : 0;
    if (index < hashes / TILE_FULL)
        return TILE_FULL;
    return index == hashes / TILE_FULL ? (unsigned)(hashes % TILE_FULL) : 0;
}

/* Where the first `count` entries end. */
static err_t bundle_length(str_t bytes, unsigned count, size_t *out_len)
{
    str_t rest = bytes, entry;
    for (unsigned i = 0; i < count; i++)
        TRY(bundle_next(&rest, &entry));
    *out_len = bytes.len - rest.len;
    return ERR_OK;
}

static err_t cut(const struct tile *tile, bool is_longer, buf_t *bytes)
{
    size_t len = tile->width * (size_t)DIGEST_SIZE;
    if (tile->level == TILE_ENTRIES)
        TRY(bundle_length(buf_str(bytes), tile->width, &len));
    if (bytes->len < len)
        return fail(ERR_MISSING, "%s ends too early", tile_path(tile).text);
    if (bytes->len > len && !is_longer)
        return fail(ERR_INVALID, "%s is too long", tile_path(tile).text);
    bytes->len = len;
    return ERR_OK;
}

err_t tile_fetch(const struct tile_source *source, const struct tile *tile, buf_t *out_bytes)
{
    struct tile full = {tile->level, tile->index, TILE_FULL};
    bool is_partial = tile->width < TILE_FULL;
    OWN(buf) bytes = BUF(tile->level == TILE_ENTRIES ? BUNDLE_BYTES : TILE_BYTES);
    err_t code = source->read(source->from, tile, &bytes);
    bool is_longer = is_partial && code == ERR_MISSING;
    if (is_longer)
        code = source->read(source->from, &full, &bytes);
    if (code == ERR_MISSING)
        return fail(ERR_MISSING, "%s is missing", tile_path(tile).text);
    TRY(code);
    TRY(cut(tile, is_longer, &bytes));
    buf_put(out_bytes, buf_str(&bytes));
    return buf_end(out_bytes);
}

void bundle_put(buf_t *out, str_t entry)
{
    if (entry.len > MAX_ENTRY) {
        buf_fail(out, fail(ERR_TOO_LARGE, "an entry of %zu bytes, past %d", entry.len, MAX_ENTRY));
        return;
    }
    buf_put_byte(out, (uint8_t)(entry.len >> 8));
    buf_put_byte(out, (uint8_t)entry.len);
    buf_put(out, entry);
}

err_t bundle_next(str_t *rest, str_t *out_entry)
{
    const uint8_t *at = (const uint8_t *)rest->at;
    size_t len = rest->len >= 2 ? (size_t)(at[0] << 8 | at[1]) : 0;
    if (rest->len < 2 || rest->len - 2 < len)
        return fail(ERR_MISSING, "entries that end within one");
    *out_entry = str_bytes(rest->at + 2, len);
    *rest = str_bytes(rest->at + 2 + len, rest->len - 2 - len);
    return ERR_OK;
}
