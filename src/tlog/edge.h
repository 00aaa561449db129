/* SPDX-License-Identifier: Apache-2.0
 *
 * The right edge of a log, and appending to it: entries go in, tiles come out.
 *
 *     OWN(edge) edge = NULL;
 *     TRY(edge_open(&source, checkpoint.size, &edge));          and see that edge_root() is the signed one
 *     TRY(edge_append(edge, entries, count, &sink));            the tiles that these entries fill or change
 *     …                                                         make what the sink was given durable, then
 *     checkpoint_sign(&signer, &(struct checkpoint){origin, edge_size(edge), edge_root(edge)}, &bytes);
 *
 * Each tile is put once it is full; after the last entry, the partial tiles of the new size. So a batch of any length is
 * one call, and what it costs at its end is one partial bundle and one partial tile of hashes, rarely more. Batches that
 * come in parts go in by edge_grow(), which puts full tiles only, and are ended once, by edge_end():
 *
 *     while (…) TRY(edge_grow(edge, entries, count, &sink));
 *     TRY(edge_end(edge, &sink));
 *
 * The same entries give the same tiles, whatever the batches were. So a crash needs no care: until the checkpoint is
 * signed, an edge opened at the old size puts the same bytes again, and files that are there already are overwritten with
 * what they hold. An edge whose sink failed has gone on: it is to be dropped, and opened again.
 *
 * Cost: a leaf hash and about one node hash an entry; memory 64 KiB and the bytes of one bundle. Opening reads at most
 * one bundle and one tile a level, and is LOCKED where the bundle's entries are not those of the tile. Fails as
 * tile_fetch() does, as the sink does, and with TOO_LARGE for an entry past MAX_ENTRY and a log past its largest size;
 * then nothing of the batch was taken. Not shared by threads.
 */
#pragma once
#include "tlog/tile.h"

typedef struct edge *edge_own;
void edge_drop(struct edge **edge);
CHECKED err_t edge_open(const struct tile_source *source, uint64_t size, struct edge **out_edge);
CHECKED err_t edge_append(struct edge *edge, const str_t *entries, size_t count,
                          const struct tile_sink *sink);
CHECKED err_t edge_grow(struct edge *edge, const str_t *entries, size_t count, const struct tile_sink *sink);
CHECKED err_t edge_end(struct edge *edge, const struct tile_sink *sink);
uint64_t edge_size(const struct edge *edge);
hash_t edge_root(const struct edge *edge);
const struct tree *edge_tree(const struct edge *edge);
