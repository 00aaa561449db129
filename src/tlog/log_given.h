/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests and fuzzers: a whole log in memory, with a key of its own, and what it gives out.
 *
 *     OWN(given_log) log = {0};
 *     CHECK_OK(given_log(&log, 1));                     another seed: another key
 *     CHECK_OK(given_growth(&log, 20));                 to twenty entries
 *     CHECK_OK(given_checkpoint(&log, &note));
 *     CHECK_OK(given_proof(&log, 7, &file));            a .tlog-proof
 *     CHECK_OK(given_ask(&log, 12, &body));             what a witness is asked that has seen twelve
 */
#pragma once
#include "sys/env_virtual.h"
#include "tlog/edge.h"
#include "tlog/proof_file.h"
#include "tlog/shelf_given.h"
#include "tlog/tiles.h"
#include "tlog/witness.h"

struct given_log {
    struct world world;
    struct note_signer signer;
    struct shelf *shelf;
    uint64_t size;
    hash_t root;
    const char *entry; /* the format of an entry, of its index; "seq": as the service's are */
    uint64_t skipped;  /* numbers that such entries have left out */
};
typedef struct given_log given_log_own;

static inline void given_log_drop(struct given_log *log)
{
    world_drop(&log->world);
    shelf_drop(&log->shelf);
}

static inline err_t given_log(struct given_log *log, uint64_t seed)
{
    TRY(crypt_start());
    world_open(&log->world, seed);
    log->shelf = shelf_new();
    log->entry = "entry %llu";
    return note_signer_new(&log->world.env, NOTE_ED25519, STR("log.example/one"), &log->signer);
}

static inline void given_entry(const struct given_log *log, uint64_t index, buf_t *out)
{
    buf_clear(out);
    if (!strcmp(log->entry, "entry %llu"))
        buf_putf(out, "entry %llu", (unsigned long long)index);
    else if (!strcmp(log->entry, "seq"))
        buf_putf(out, "{\"seq\":%llu,\"act\":\"x\"}", (unsigned long long)(index + log->skipped));
    else
        buf_putf(out, "other %llu", (unsigned long long)index);
}

static inline err_t given_growth(struct given_log *log, uint64_t size)
{
    OWN(edge) edge = NULL;
    struct tile_source source = shelf_source(log->shelf);
    struct tile_sink sink = shelf_sink(log->shelf);
    TRY(edge_open(&source, log->size, &edge));
    for (; log->size < size; log->size++) {
        OWN(buf) entry = BUF(64);
        given_entry(log, log->size, &entry);
        TRY(edge_append(edge, &(str_t){entry.at, entry.len}, 1, &sink));
    }
    log->root = edge_root(edge);
    return ERR_OK;
}

static inline err_t given_checkpoint(const struct given_log *log, buf_t *out_note)
{
    struct checkpoint checkpoint = {STR("log.example/one"), log->size, log->root};
    checkpoint_sign(&log->signer, &checkpoint, out_note);
    return buf_end(out_note);
}

static inline err_t given_proof(const struct given_log *log, uint64_t index, buf_t *out_file)
{
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(tiles) tiles = NULL;
    struct tile_source source = shelf_source(log->shelf);
    struct proof_file file = {.index = index};
    TRY(given_checkpoint(log, &note));
    TRY(tiles_open(&source, log->size, &tiles));
    struct nodes nodes = tiles_nodes(tiles);
    TRY(inclusion_make(&nodes, index, (struct subtree){0, log->size}, &file.proof));
    file.checkpoint = buf_str(&note);
    proof_file_put(out_file, &file);
    return buf_end(out_file);
}

static inline err_t given_ask(const struct given_log *log, uint64_t old_size, buf_t *out_body)
{
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(tiles) tiles = NULL;
    struct tile_source source = shelf_source(log->shelf);
    struct witness_ask ask = {.old_size = old_size};
    TRY(given_checkpoint(log, &note));
    TRY(tiles_open(&source, log->size, &tiles));
    struct nodes nodes = tiles_nodes(tiles);
    TRY(consistency_make(&nodes, (struct subtree){0, old_size}, log->size, &ask.proof));
    ask.checkpoint = buf_str(&note);
    witness_ask_put(out_body, &ask);
    return buf_end(out_body);
}
