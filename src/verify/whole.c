/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole mirrored log, computed anew: the entries go in where a log's writer would put them, and each tile that comes
 * out is compared with the mirror's. Where all of it holds, the entries' own numbers are looked at too.
 */
#include "tlog/edge.h"
#include "verify/mirror.h"
#include "verify/numbers.h"
#include "verify/visit.h"

struct whole {
    struct verify *verify;
    struct tile_source mirror;
    const struct checkpoint *checkpoint;
    bool numbered, gap; /* as its first entry is; and where the first one is that is missing */
    uint64_t gap_at;
    char gap_entry[32];
};

static int hash_order(const void *a, const void *b) { return memcmp(a, b, DIGEST_SIZE); }

static bool is_permuted(const struct tile *tile, str_t ours, str_t theirs)
{
    hash_t one[TILE_FULL], other[TILE_FULL];
    if (tile->level == TILE_ENTRIES)
        return false;
    memcpy(one, ours.at, ours.len);
    memcpy(other, theirs.at, theirs.len);
    qsort(one, tile->width, DIGEST_SIZE, hash_order);
    qsort(other, tile->width, DIGEST_SIZE, hash_order);
    return !memcmp(one, other, ours.len);
}

static err_t differs(struct verify *verify, const struct tile *tile, str_t ours, str_t theirs)
{
    size_t at = 0;
    while (at + DIGEST_SIZE < ours.len && !memcmp(ours.at + at, theirs.at + at, DIGEST_SIZE))
        at += DIGEST_SIZE;
    if (is_permuted(tile, ours, theirs))
        return find(verify, REORDERED, "%s has what lies below it in another order, from its hash %zu on",
                    tile_path(tile).text, at / DIGEST_SIZE);
    return find(verify, TAMPERED, "%s is not that of what lies below it, from its hash %zu on",
                tile_path(tile).text, at / DIGEST_SIZE);
}

/* Tiles that would have been partial on the way to this size are of no interest. */
static err_t compare(void *to, const struct tile *tile, str_t bytes)
{
    struct whole *whole = to;
    OWN(buf) theirs = BUF(TILE_BYTES);
    if (tile->level == TILE_ENTRIES ||
        tile->width != tile_width(whole->checkpoint->size, tile->level, tile->index))
        return ERR_OK;
    err_t code = tile_fetch(&whole->mirror, tile, &theirs);
    if (code != ERR_OK)
        return find_in_tiles(whole->verify, code);
    return str_eq(buf_str(&theirs), bytes) ? ERR_OK : differs(whole->verify, tile, bytes, buf_str(&theirs));
}

/* A gap is remembered, and said where nothing worse is found. */
static void number_look(struct whole *whole, uint64_t index, str_t entry)
{
    whole->numbered |= !index && is_numbered(entry);
    if (whole->gap || !whole->numbered || (is_numbered(entry) && number_holds(entry, index)))
        return;
    whole->gap = true;
    whole->gap_at = index;
    snprintf(whole->gap_entry, sizeof whole->gap_entry, "%.*s", STR_ARG(entry));
}

static err_t bundle_add(struct whole *whole, uint64_t index, struct edge *edge)
{
    struct tile tile = {TILE_ENTRIES, index, tile_width(whole->checkpoint->size, TILE_ENTRIES, index)};
    const struct tile_sink sink = {compare, whole};
    OWN(buf) bytes = BUF(BUNDLE_BYTES);
    str_t entries[TILE_FULL];
    err_t code = tile_fetch(&whole->mirror, &tile, &bytes);
    if (code != ERR_OK)
        return find_in_tiles(whole->verify, code);
    str_t rest = buf_str(&bytes);
    for (unsigned i = 0; i < tile.width; i++) {
        TRY(bundle_next(&rest, &entries[i]));
        number_look(whole, index * TILE_FULL + i, entries[i]);
    }
    return edge_append(edge, entries, tile.width, &sink);
}

static err_t compute(struct whole *whole)
{
    OWN(edge) edge = NULL;
    uint64_t size = whole->checkpoint->size;
    TRY(edge_open(&whole->mirror, 0, &edge));
    for (uint64_t index = 0; edge_size(edge) < size; index++)
        TRY(bundle_add(whole, index, edge));
    hash_t root = edge_root(edge);
    if (!hash_eq(root, whole->checkpoint->root))
        return find(whole->verify, TAMPERED,
                    "entries and tiles agree with each other, and not with the signed root");
    return whole->gap ? find_gap(whole->verify, str(whole->gap_entry), whole->gap_at) : ERR_OK;
}

err_t check_log(struct verify *verify)
{
    OWN(visit) visit = {.bytes = BUF(MAX_NOTE)};
    struct mirror mirror = {verify->env, verify->words[0]};
    struct whole whole = {verify, mirror_source(&mirror), &visit.checkpoint, .gap = false};
    err_t code = mirror_read(&mirror, "checkpoint", &visit.bytes);
    if (code == ERR_MISSING || code == ERR_TOO_LARGE)
        return find(verify, NO_LOG, "%s", err_note());
    TRY(code);
    TRY(visit_check(verify, &visit));
    return compute(&whole);
}
