/* SPDX-License-Identifier: Apache-2.0
 *
 * A log of some size, read from its tiles: the nodes that proofs are made of, and its entries.
 *
 *     OWN(tiles) tiles = NULL;
 *     TRY(tiles_open(&source, size, &tiles));
 *     struct nodes nodes = tiles_nodes(tiles);
 *     TRY(inclusion_make(&nodes, index, (struct subtree){0, size}, &proof));
 *     TRY(tiles_root(tiles, &root));
 *     TRY(tiles_entry(tiles, index, &entry));
 *
 * Nothing that is read is believed: whoever asks compares what comes of it with a signed root. Each level keeps the tile
 * read last, so that neighbours cost no second read: 64 KiB. The source is borrowed until the end. Not shared by threads.
 * Fails as tile_fetch() does, and with INVALID for what lies outside the size.
 */
#pragma once
#include "tlog/proof.h"
#include "tlog/tile.h"

typedef struct tiles *tiles_own;
void tiles_drop(struct tiles **tiles);
CHECKED err_t tiles_open(const struct tile_source *source, uint64_t size, struct tiles **out_tiles);
struct nodes tiles_nodes(struct tiles *tiles);
CHECKED err_t tiles_root(struct tiles *tiles, hash_t *out_root);
CHECKED err_t tiles_entry(struct tiles *tiles, uint64_t index, buf_t *out_entry);
