/* SPDX-License-Identifier: Apache-2.0 */
#include "log/keep.h"

#include "base/limits.h"
#include "tlog/edge.h"

enum { BATCH_MAX = 16 * 1024 * 1024, TAKES_MAX = 4, TURNS_MAX = 4 };

static err_t note_read(const struct log_keeping *keeping, str_t note, struct checkpoint *out_checkpoint)
{
    if (note.len)
        return checkpoint_open(note, &keeping->key, out_checkpoint);
    struct tree none = {0};
    *out_checkpoint = (struct checkpoint){.origin = str(keeping->key.name), .root = tree_root(&none)};
    return ERR_OK;
}

/* The edge of the files, where they lead to what was signed. */
static err_t edge_signed(const struct log_keeping *keeping, struct edge **out_edge)
{
    OWN(edge) edge = NULL;
    struct checkpoint checkpoint;
    struct tile_source source = log_folder_source(keeping->folder);
    TRY(note_read(keeping, keeping->checkpoint, &checkpoint));
    err_t opened = edge_open(&source, checkpoint.size, &edge);
    if (opened != ERR_OK || !hash_eq(edge_root(edge), checkpoint.root))
        return fail(ERR_BROKEN, "the files of the log %s do not lead to its checkpoint of %llu entries",
                    keeping->key.name, (unsigned long long)checkpoint.size);
    *out_edge = give(edge);
    return ERR_OK;
}

static err_t edge_sign(const struct log_keeping *keeping, struct edge *edge)
{
    OWN(buf) note = BUF(MAX_NOTE);
    struct checkpoint checkpoint;
    TRY(keeping->sign(keeping->with, edge_size(edge), &note));
    TRY(note_read(keeping, buf_str(&note), &checkpoint));
    if (checkpoint.size != edge_size(edge) || !hash_eq(checkpoint.root, edge_root(edge)))
        return fail(ERR_BROKEN, "the log %s was signed at %llu entries with another root", keeping->key.name,
                    (unsigned long long)checkpoint.size);
    return log_folder_checkpoint_put(keeping->folder, buf_str(&note));
}

static err_t partials_drop(const struct log_folder *folder, struct tile tile)
{
    for (; tile.width; tile.width--)
        TRY(log_folder_drop(folder, &tile));
    return ERR_OK;
}

/* Those of a size whose tile is full by now. Narrower ones of the same tile were put at sizes before it. */
static err_t size_tidy(const struct log_folder *folder, uint64_t size, uint64_t now)
{
    for (unsigned step = 0; step <= TILE_LEVELS; step++) {
        unsigned level = step == TILE_LEVELS ? TILE_ENTRIES : step;
        uint64_t index = (level == TILE_ENTRIES ? size : size >> level * TILE_HEIGHT) / TILE_FULL;
        if (tile_width(now, level, index) == TILE_FULL)
            TRY(partials_drop(folder, (struct tile){level, index, tile_width(size, level, index)}));
    }
    return ERR_OK;
}

/* What the journal has, up to TAKES_MAX of its batches, so that many entries share what a checkpoint costs. */
static err_t edge_take(const struct log_keeping *keeping, struct edge *edge)
{
    struct tile_sink sink = log_folder_sink(keeping->folder);
    uint64_t from = edge_size(edge);
    for (int takes = 0; takes < TAKES_MAX; takes++) {
        OWN(arena) arena = ARENA(BATCH_MAX);
        struct log_batch batch = {0};
        TRY(keeping->take(keeping->with, edge_size(edge), &arena, &batch));
        if (!batch.count)
            break;
        TRY(edge_grow(edge, batch.entries, batch.count, &sink));
    }
    if (edge_size(edge) == from)
        return ERR_OK;
    TRY(edge_end(edge, &sink));
    return log_folder_sync(keeping->folder);
}

/* Until the journal has no more: what came meanwhile goes along. Of a log that is written to all the time the rest is left:
 * other logs wait for this one. */
err_t log_keep(const struct log_keeping *keeping, bool *out_left)
{
    OWN(edge) edge = NULL;
    *out_left = false;
    TRY(edge_signed(keeping, &edge));
    for (size_t turn = 0; turn < TURNS_MAX; turn++) {
        uint64_t from = edge_size(edge);
        TRY(edge_take(keeping, edge));
        if (turn && edge_size(edge) == from)
            return ERR_OK;
        TRY(edge_sign(keeping, edge));
        TRY(size_tidy(keeping->folder, from, edge_size(edge)));
    }
    *out_left = true;
    return ERR_OK;
}
