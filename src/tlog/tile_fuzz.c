/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as the path of a tile, as a bundle, and as the tiles of a log that is read and gone on with.
 */
#include "tlog/edge.h"
#include "tlog/tiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void try_path(str_t input)
{
    struct tile tile;
    if (tile_from(input, &tile) == ERR_OK)
        require(str_eq(str(tile_path(&tile).text), input));
}

static void try_bundle(str_t input)
{
    OWN(buf) again = BUF(2 << 20);
    str_t rest = input, entry;
    while (rest.len && bundle_next(&rest, &entry) == ERR_OK)
        bundle_put(&again, entry);
    require(buf_end(&again) == ERR_OK && again.len + rest.len == input.len);
    require(str_starts(input, buf_str(&again)));
}

/* Every tile is the stranger's bytes, the partial ones only where the first byte says so. */
static err_t stranger_read(void *from, const struct tile *tile, buf_t *out_bytes)
{
    const str_t *input = from;
    if (tile->width < TILE_FULL && input->len && (input->at[0] & 1))
        return fail(ERR_MISSING, "no partial tile");
    buf_put(out_bytes, *input);
    return buf_end(out_bytes);
}

static err_t nowhere_put(void *to, const struct tile *tile, str_t bytes)
{
    size_t *puts = to;
    require(tile->width && bytes.len &&
            (tile->level == TILE_ENTRIES || bytes.len == tile->width * DIGEST_SIZE));
    ++*puts;
    return ERR_OK;
}

static void try_log(str_t input, uint64_t size)
{
    OWN(edge) edge = NULL;
    OWN(tiles) tiles = NULL;
    OWN(buf) entry = BUF(MAX_ENTRY);
    size_t puts = 0;
    const struct tile_source source = {stranger_read, &input};
    const struct tile_sink sink = {nowhere_put, &puts};
    struct proof proof;
    hash_t root;
    const str_t one[] = {STR("one"), STR("two")};
    if (edge_open(&source, size, &edge) == ERR_OK && size < TREE_SIZE_MAX - 2)
        require(edge_append(edge, one, 2, &sink) == ERR_OK && puts >= 2 && edge_size(edge) == size + 2);
    if (tiles_open(&source, size, &tiles) != ERR_OK)
        return;
    struct nodes nodes = tiles_nodes(tiles);
    if (tiles_root(tiles, &root) == ERR_OK && size &&
        inclusion_make(&nodes, size / 3, (struct subtree){0, size}, &proof) == ERR_OK)
        require(proof.count <= MAX_PATH_HASHES);
    if (tiles_entry(tiles, size / 2, &entry) == ERR_OK)
        require(entry.len <= MAX_ENTRY);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t input = str_bytes(at, len);
    uint64_t size = 0;
    for (size_t i = 0; i < 8 && i < len; i++)
        size = size << 8 | at[len - 1 - i];
    try_path(input);
    try_bundle(input);
    try_log(input, size & TREE_SIZE_MAX);
    try_log(input, len % 4 ? len / DIGEST_SIZE : size % 1024);
    return 0;
}
