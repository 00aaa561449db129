/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/tree.h"

hash_t tree_leaf(str_t entry)
{
    hash_t hash;
    digest_of((str_t[]){STR("\0"), entry}, 2, hash.bytes);
    return hash;
}

hash_t tree_node(const hash_t *left, const hash_t *right)
{
    hash_t hash;
    digest_of((str_t[]){STR("\1"), hash_bytes(left), hash_bytes(right)}, 3, hash.bytes);
    return hash;
}

unsigned tree_add(struct tree *tree, const hash_t *leaf, hash_t out_completed[TREE_HEIGHTS])
{
    hash_t hash = *leaf;
    unsigned height = 0;
    for (;; height++) {
        if (out_completed)
            out_completed[height] = hash;
        if (!(tree->size >> height & 1))
            break;
        hash = tree_node(&tree->peaks[height], &hash);
    }
    tree->peaks[height] = hash;
    tree->size++;
    return height;
}

hash_t tree_root(const struct tree *tree)
{
    hash_t root;
    bool begun = false;
    if (!tree->size)
        digest(STR(""), root.bytes);
    for (unsigned height = 0; height < TREE_HEIGHTS; height++) {
        if (!(tree->size >> height & 1))
            continue;
        root = begun ? tree_node(&tree->peaks[height], &root) : tree->peaks[height];
        begun = true;
    }
    return root;
}

hash_t tree_over(const hash_t *hashes, size_t count)
{
    struct tree tree = {0};
    for (size_t i = 0; i < count; i++)
        tree_add(&tree, &hashes[i], NULL);
    return tree_root(&tree);
}

void hash_put(buf_t *out, const hash_t *hash) { buf_put_base64_padded(out, hash_bytes(hash)); }

err_t hash_read(str_t text, hash_t *out_hash)
{
    OWN(buf) bytes = BUF(DIGEST_SIZE);
    if (base64_padded_read(text, &bytes) != ERR_OK || bytes.len != DIGEST_SIZE)
        return fail(ERR_INVALID, "not a hash in base64");
    memcpy(out_hash->bytes, bytes.at, DIGEST_SIZE);
    return ERR_OK;
}
