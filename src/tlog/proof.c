/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/proof.h"

/* The largest power of two below `count`, which is 2 or more: where a tree of that many leaves splits. */
static uint64_t split(uint64_t count) { return 1ull << (63 - __builtin_clzll(count - 1)); }

static bool is_subtree(struct subtree part, uint64_t size)
{
    if (part.start >= part.end || part.end > size || size > TREE_SIZE_MAX)
        return false;
    uint64_t count = part.end - part.start;
    return count == 1 || part.start % (split(count) * 2) == 0;
}

static bool is_empty_root(hash_t root)
{
    struct tree none = {0};
    return hash_eq(root, tree_root(&none));
}

/* A proof that is walked along: each step takes its next hash. Without one left it is short, and stays so. */
struct walk {
    const struct proof *proof;
    size_t used;
    bool is_short;
};

static const hash_t *step(struct walk *walk)
{
    static const hash_t none;
    walk->is_short = walk->is_short || walk->used == walk->proof->count;
    return walk->is_short ? &none : &walk->proof->at[walk->used++];
}

static bool is_walked(const struct walk *walk) { return !walk->is_short && walk->used == walk->proof->count; }

/* From the leaf up, as the tree splits from the root down. */
static hash_t climb(struct walk *walk, const hash_t *leaf, uint64_t index, uint64_t size)
{
    if (size == 1)
        return *leaf;
    uint64_t left = split(size);
    bool is_left = index < left;
    hash_t below = is_left ? climb(walk, leaf, index, left) : climb(walk, leaf, index - left, size - left);
    const hash_t *sibling = step(walk);
    return is_left ? tree_node(&below, sibling) : tree_node(sibling, &below);
}

bool inclusion_holds(const struct inclusion *claim, const struct proof *proof)
{
    struct walk walk = {proof};
    struct subtree within = claim->within;
    if (!is_subtree(within, within.end) || claim->index < within.start || claim->index >= within.end)
        return false;
    hash_t root = climb(&walk, &claim->leaf, claim->index - within.start, within.end - within.start);
    return is_walked(&walk) && hash_eq(root, claim->root);
}

/* Both roots at once: that of the part and that of what has been climbed to. */
struct roots {
    hash_t part, whole;
};

/* `known`: the part is a complete branch of the tree so far, so that its claimed root stands for it. */
static struct roots join(struct walk *walk, const struct consistency *claim, uint64_t size, bool known)
{
    struct subtree part = claim->part;
    if (part.start == 0 && part.end == size) {
        hash_t root = known ? claim->part_root : *step(walk);
        return (struct roots){root, root};
    }
    uint64_t left = split(size);
    bool is_left = part.end <= left, is_right = part.start >= left;
    struct consistency below = *claim;
    below.part.start -= is_right ? left : 0;
    below.part.end -= is_left ? 0 : left;
    struct roots roots = join(walk, &below, is_left ? left : size - left, known && (is_left || is_right));
    const hash_t *sibling = step(walk);
    roots.whole = is_left ? tree_node(&roots.whole, sibling) : tree_node(sibling, &roots.whole);
    if (!is_left && !is_right)
        roots.part = tree_node(sibling, &roots.part);
    return roots;
}

bool consistency_holds(const struct consistency *claim, const struct proof *proof)
{
    struct walk walk = {proof};
    struct subtree part = claim->part;
    if (part.start == part.end && part.end <= claim->size && claim->size <= TREE_SIZE_MAX)
        return !proof->count && is_empty_root(claim->part_root);
    if (!is_subtree(part, claim->size))
        return false;
    struct roots roots = join(&walk, claim, claim->size, true);
    return is_walked(&walk) && hash_eq(roots.part, claim->part_root) && hash_eq(roots.whole, claim->root);
}

bool growth_holds(const struct growth *claim, const struct proof *proof)
{
    struct consistency parts = {{0, claim->old_size}, claim->size, claim->old_root, claim->root};
    if (claim->old_size == claim->size && !hash_eq(claim->old_root, claim->root))
        return false;
    if (claim->old_size == 0 && claim->size != 0)
        return false;
    return consistency_holds(&parts, proof);
}

/* The root of a subtree, from the complete ones it falls into. */
static err_t range_root(const struct nodes *nodes, struct subtree range, hash_t *out_root)
{
    uint64_t count = range.end - range.start;
    hash_t left, right;
    if ((count & (count - 1)) == 0) {
        unsigned height = (unsigned)__builtin_ctzll(count);
        return nodes->read(nodes->from, height, range.start >> height, out_root);
    }
    uint64_t middle = range.start + split(count);
    TRY(range_root(nodes, (struct subtree){range.start, middle}, &left));
    TRY(range_root(nodes, (struct subtree){middle, range.end}, &right));
    *out_root = tree_node(&left, &right);
    return ERR_OK;
}

static err_t put_root(const struct nodes *nodes, struct subtree range, struct proof *proof)
{
    TRY(range_root(nodes, range, &proof->at[proof->count]));
    proof->count++;
    return ERR_OK;
}

/* What climb() will ask for, in its order. */
static err_t put_path(const struct nodes *nodes, uint64_t index, struct subtree range, struct proof *proof)
{
    if (range.end - range.start == 1)
        return ERR_OK;
    uint64_t middle = range.start + split(range.end - range.start);
    struct subtree left = {range.start, middle}, right = {middle, range.end};
    TRY(put_path(nodes, index, index < middle ? left : right, proof));
    return put_root(nodes, index < middle ? right : left, proof);
}

err_t inclusion_make(const struct nodes *nodes, uint64_t index, struct subtree within,
                     struct proof *out_proof)
{
    struct proof proof = {0};
    if (!is_subtree(within, within.end) || index < within.start || index >= within.end)
        return fail(ERR_INVALID, "no entry of this tree");
    TRY(put_path(nodes, index, within, &proof));
    *out_proof = proof;
    return ERR_OK;
}

/* What join() will ask for, in its order. `known` begins and ends as there. */
struct branch {
    struct subtree part, range;
    bool known;
};

static err_t put_joint(const struct nodes *nodes, struct branch at, struct proof *proof)
{
    if (at.part.start == at.range.start && at.part.end == at.range.end)
        return at.known ? ERR_OK : put_root(nodes, at.range, proof);
    uint64_t middle = at.range.start + split(at.range.end - at.range.start);
    struct subtree left = {at.range.start, middle}, right = {middle, at.range.end};
    bool is_left = at.part.end <= middle, is_right = at.part.start >= middle;
    struct branch below = {at.part, is_left ? left : right, at.known && (is_left || is_right)};
    if (!is_left && !is_right)
        below.part.start = middle;
    TRY(put_joint(nodes, below, proof));
    return put_root(nodes, is_left ? right : left, proof);
}

err_t consistency_make(const struct nodes *nodes, struct subtree part, uint64_t size, struct proof *out_proof)
{
    struct proof proof = {0};
    bool is_empty = part.start == part.end && part.end <= size && size <= TREE_SIZE_MAX;
    if (!is_empty && !is_subtree(part, size))
        return fail(ERR_INVALID, "no part of this tree");
    if (!is_empty)
        TRY(put_joint(nodes, (struct branch){part, {0, size}, true}, &proof));
    *out_proof = proof;
    return ERR_OK;
}

void proof_put(buf_t *out, const struct proof *proof)
{
    for (size_t i = 0; i < proof->count; i++) {
        hash_put(out, &proof->at[i]);
        buf_put_byte(out, '\n');
    }
}

err_t proof_read(str_t *rest, struct proof *out_proof)
{
    struct proof proof = {0};
    while (rest->len) {
        str_t line = str_until(rest, '\n');
        if (!line.len) {
            *out_proof = proof;
            return ERR_OK;
        }
        if (proof.count == MAX_PATH_HASHES)
            return fail(ERR_TOO_LARGE, "a proof of more than %d hashes", MAX_PATH_HASHES);
        TRY(hash_read(line, &proof.at[proof.count++]));
    }
    return fail(ERR_INVALID, "a proof that no empty line ends");
}
