/* SPDX-License-Identifier: Apache-2.0
 *
 * The Merkle tree of a log: hashes of entries and of nodes, and a tree that grows by its right edge.
 *
 *     struct tree tree = {0};
 *     hash_t leaf = tree_leaf(entry);
 *     tree_add(&tree, &leaf, NULL);
 *     hash_t root = tree_root(&tree);
 *
 * A tree is kept as its peaks: the roots of the complete subtrees that its size falls into, one for each bit of the
 * size, in peaks[height]. That is all an append and the root need: at most 63 hashes, whatever the size. A copy of the
 * struct is a copy of the tree. A size is less than 2^63.
 *
 * Cost: one leaf hash and about one node hash an entry. Source: RFC 6962 section 2.1, SHA-256.
 */
#pragma once
#include "crypt/seal.h"

typedef struct {
    uint8_t bytes[DIGEST_SIZE];
} hash_t;

enum { TREE_HEIGHTS = 63 };
#define TREE_SIZE_MAX ((uint64_t)INT64_MAX)

struct tree {
    uint64_t size;
    hash_t peaks[TREE_HEIGHTS];
};

hash_t tree_leaf(str_t entry);
hash_t tree_node(const hash_t *left, const hash_t *right);

/*
 * Appends a leaf. `out_completed` gets the root of every subtree that this leaf completes, the leaf itself at height 0,
 * up to the height that is returned; NULL where nobody asks.
 */
unsigned tree_add(struct tree *tree, const hash_t *leaf, hash_t out_completed[TREE_HEIGHTS]);

hash_t tree_root(const struct tree *tree);

/* The root over `count` hashes: they are the leaves. */
hash_t tree_over(const hash_t *hashes, size_t count);

static inline str_t hash_bytes(const hash_t *hash) { return str_bytes(hash->bytes, sizeof hash->bytes); }
static inline bool hash_eq(hash_t a, hash_t b) { return !memcmp(a.bytes, b.bytes, sizeof a.bytes); }

/* As text: base64 with padding, 44 letters, and no other spelling. */
void hash_put(buf_t *out, const hash_t *hash);
CHECKED err_t hash_read(str_t text, hash_t *out_hash);
