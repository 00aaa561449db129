/* SPDX-License-Identifier: Apache-2.0
 *
 * Proofs over the Merkle tree: that an entry is in it, and that one tree is the beginning of another. Both also for
 * subtrees: the leaves `start` to before `end`, where `start` is a multiple of the least power of two that is not less
 * than their number. A whole tree is the subtree {0, size}.
 *
 *     TRY(inclusion_make(&nodes, index, (struct subtree){0, size}, &proof));
 *     bool held = inclusion_holds(&(struct inclusion){index, {0, size}, leaf, root}, &proof);
 *
 *     TRY(consistency_make(&nodes, (struct subtree){0, old_size}, size, &proof));
 *     bool held = growth_holds(&(struct growth){old_size, size, old_root, root}, &proof);
 *
 * A proof holds when its hashes, all of them and no more, lead from what is claimed to the root. What is no subtree, or
 * lies outside the tree, never holds. An empty subtree is part of every tree: then its root has to be the empty one's,
 * the proof has no hashes, and nothing is said about the tree.
 *
 * Growth is that of a whole tree into a later one. Of two of the same size the roots have to be equal, empty or not. From
 * an empty tree to another there is nothing to prove, so that no proof of it holds: who allows that step says so.
 *
 * Making reads complete subtrees through `nodes`: read() gives the root of the leaves index·2^height to before
 * (index+1)·2^height, and is asked for such alone as lie within the size. It fails with what read() fails with, and
 * with INVALID for what is no subtree. Cost: at most 63 hashes, and as many reads as bits are set in the sizes.
 *
 * Source: RFC 6962 sections 2.1.1 and 2.1.2, RFC 9162; subtrees: draft-ietf-plants-merkle-tree-certs.
 */
#pragma once
#include "base/limits.h"
#include "tlog/tree.h"

struct proof {
    size_t count;
    hash_t at[MAX_PATH_HASHES];
};

struct subtree {
    uint64_t start, end;
};

struct inclusion {
    uint64_t index;
    struct subtree within;
    hash_t leaf, root;
};
CHECKED bool inclusion_holds(const struct inclusion *claim, const struct proof *proof);

struct consistency {
    struct subtree part;
    uint64_t size;
    hash_t part_root, root;
};
CHECKED bool consistency_holds(const struct consistency *claim, const struct proof *proof);

struct growth {
    uint64_t old_size, size;
    hash_t old_root, root;
};
CHECKED bool growth_holds(const struct growth *claim, const struct proof *proof);

struct nodes {
    err_t (*read)(void *from, unsigned height, uint64_t index, hash_t *out_hash);
    void *from;
};
CHECKED err_t inclusion_make(const struct nodes *nodes, uint64_t index, struct subtree within,
                             struct proof *out_proof);
CHECKED err_t consistency_make(const struct nodes *nodes, struct subtree part, uint64_t size,
                               struct proof *out_proof);

/* The lines of a proof: one hash each. Reading takes lines from `*rest` up to and with the empty one. */
void proof_put(buf_t *out, const struct proof *proof);
CHECKED err_t proof_read(str_t *rest, struct proof *out_proof);
