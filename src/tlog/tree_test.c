/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/env.h"
#include "test/test.h"
#include "tlog/proof.h"

#include <dirent.h>
#include <jansson.h>

enum { LEAVES = 300 };

/* All the leaves: what a log's tiles would answer, and the roots by the definition of the RFC. */
struct given_leaves {
    hash_t at[LEAVES];
};

static hash_t root_by_definition(const hash_t *leaves, size_t count)
{
    struct tree none = {0};
    size_t left = 1;
    if (count < 2)
        return count ? leaves[0] : tree_root(&none);
    while (left * 2 < count)
        left *= 2;
    hash_t a = root_by_definition(leaves, left), b = root_by_definition(leaves + left, count - left);
    return tree_node(&a, &b);
}

static void given_leaves(struct given_leaves *leaves)
{
    for (size_t i = 0; i < LEAVES; i++) {
        char entry[16];
        snprintf(entry, sizeof entry, "entry %zu", i);
        leaves->at[i] = tree_leaf(str(entry));
    }
}

static err_t node_read(void *from, unsigned height, uint64_t index, hash_t *out_hash)
{
    const struct given_leaves *leaves = from;
    if ((index + 1) << height > LEAVES)
        return fail(ERR_BROKEN, "a node outside the tree");
    *out_hash = root_by_definition(leaves->at + (index << height), 1ull << height);
    return ERR_OK;
}

TEST(the_hashes_are_those_of_the_rfc)
{
    static const char *const entries[] = {"",   "\x00", "\x10",     " !",
                                          "01", "@ABC", "PQRSTUVW", "`abcdefghijklmno"};
    static const size_t lengths[] = {0, 1, 1, 2, 2, 4, 8, 16};
    struct tree tree = {0};
    hash_t found, empty = tree_root(&tree);
    for (size_t i = 0; i < 8; i++) {
        hash_t leaf = tree_leaf(str_bytes(entries[i], lengths[i]));
        if (i == 0) {
            CHECK_OK(hash_read(STR("bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="), &found));
            CHECK(hash_eq(found, leaf));
        }
        tree_add(&tree, &leaf, NULL);
    }
    CHECK_OK(hash_read(STR("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), &found));
    CHECK(hash_eq(found, empty));
    CHECK_OK(hash_read(STR("XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="), &found));
    CHECK(hash_eq(found, tree_root(&tree)));
}

TEST(a_tree_that_grows_has_at_each_size_the_root_of_the_definition)
{
    static struct given_leaves leaves;
    struct tree tree = {0};
    given_leaves(&leaves);
    for (size_t size = 0; size < LEAVES; size++) {
        CHECK(hash_eq(tree_root(&tree), root_by_definition(leaves.at, size)));
        CHECK(hash_eq(tree_over(leaves.at, size), tree_root(&tree)));
        hash_t completed[TREE_HEIGHTS];
        unsigned height = tree_add(&tree, &leaves.at[size], completed);
        for (unsigned i = 0; i <= height; i++)
            CHECK(hash_eq(completed[i], root_by_definition(leaves.at + size + 1 - (1u << i), 1u << i)));
    }
}

TEST(every_entry_of_every_size_has_a_proof_that_holds_for_it_alone)
{
    static struct given_leaves leaves;
    struct nodes nodes = {node_read, &leaves};
    given_leaves(&leaves);
    for (uint64_t size = 1; size <= 70; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct proof proof;
            struct inclusion claim = {
                index, {0, size}, leaves.at[index], root_by_definition(leaves.at, size)};
            CHECK_OK(inclusion_make(&nodes, index, claim.within, &proof));
            CHECK(inclusion_holds(&claim, &proof));
            claim.leaf = leaves.at[(index + 1) % LEAVES];
            CHECK(!inclusion_holds(&claim, &proof));
            claim.leaf = leaves.at[index];
            claim.index = (index + 1) % size;
            CHECK(size == 1 || !inclusion_holds(&claim, &proof));
        }
}

TEST(every_subtree_of_every_size_has_a_proof_that_holds)
{
    static struct given_leaves leaves;
    struct nodes nodes = {node_read, &leaves};
    size_t made = 0;
    given_leaves(&leaves);
    for (uint64_t size = 1; size <= 40; size++)
        for (uint64_t i = 0; i < size * (size + 1); i++) {
            struct proof proof, within;
            struct subtree part = {i / (size + 1), i % (size + 1)};
            if (part.start >= part.end || consistency_make(&nodes, part, size, &proof) != ERR_OK)
                continue;
            hash_t root = root_by_definition(leaves.at + part.start, part.end - part.start);
            struct consistency claim = {part, size, root, root_by_definition(leaves.at, size)};
            CHECK(consistency_holds(&claim, &proof));
            CHECK_OK(inclusion_make(&nodes, part.end - 1, part, &within));
            CHECK(inclusion_holds(&(struct inclusion){part.end - 1, part, leaves.at[part.end - 1], root},
                                  &within));
            made++;
        }
    CHECK(made > 2000);
}

/* Every single bit, every cut, every exchange of neighbours, one more hash. */
static bool any_change_holds(const struct growth *claim, struct proof proof)
{
    bool held = false;
    for (size_t bit = 0; bit < proof.count * 256; bit++) {
        uint8_t *at = &proof.at[bit / 256].bytes[bit % 256 / 8];
        *at ^= (uint8_t)(1 << bit % 8);
        held = held || growth_holds(claim, &proof);
        *at ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t i = 0; i + 1 < proof.count; i++) {
        struct proof changed = proof;
        changed.at[i] = proof.at[i + 1];
        changed.at[i + 1] = proof.at[i];
        held = held || growth_holds(claim, &changed);
    }
    for (size_t count = 0; count <= proof.count + 1; count++) {
        struct proof changed = proof;
        changed.count = count;
        held = held || (count != proof.count && growth_holds(claim, &changed));
    }
    return held;
}

TEST(a_proof_of_growth_that_was_changed_anywhere_does_not_hold)
{
    static struct given_leaves leaves;
    struct nodes nodes = {node_read, &leaves};
    given_leaves(&leaves);
    for (uint64_t size = 2; size <= 20; size++)
        for (uint64_t old = 1; old < size; old++) {
            struct proof proof;
            struct growth claim = {old, size, root_by_definition(leaves.at, old),
                                   root_by_definition(leaves.at, size)};
            CHECK_OK(consistency_make(&nodes, (struct subtree){0, old}, size, &proof));
            CHECK(growth_holds(&claim, &proof) && !any_change_holds(&claim, proof));
            claim.old_root = leaves.at[LEAVES - 1];
            CHECK(!growth_holds(&claim, &proof));
        }
}

TEST(what_is_no_part_of_a_tree_has_no_proof)
{
    static struct given_leaves leaves;
    struct nodes nodes = {node_read, &leaves};
    struct proof proof = {0};
    given_leaves(&leaves);
    CHECK_FAILS(ERR_INVALID, inclusion_make(&nodes, 5, (struct subtree){0, 5}, &proof));
    CHECK_FAILS(ERR_INVALID, inclusion_make(&nodes, 3, (struct subtree){3, 5}, &proof));
    CHECK_FAILS(ERR_INVALID, consistency_make(&nodes, (struct subtree){0, 6}, 5, &proof));
    CHECK_FAILS(ERR_INVALID, consistency_make(&nodes, (struct subtree){2, 6}, 8, &proof));
    CHECK_FAILS(ERR_INVALID, consistency_make(&nodes, (struct subtree){4, 2}, 8, &proof));
    CHECK_OK(consistency_make(&nodes, (struct subtree){0, 0}, 8, &proof));
    CHECK(proof.count == 0);
    struct inclusion huge = {1, {0, UINT64_MAX}, leaves.at[0], leaves.at[0]};
    CHECK(!inclusion_holds(&huge, &proof));
    huge.within.end = TREE_SIZE_MAX;
    CHECK(!inclusion_holds(&huge, &proof));
}

TEST(the_lines_of_a_proof_have_one_form)
{
    static const char *const wrong[] = {
        "",
        "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
        "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB1=\n\n",
        "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0\n\n",
        "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\r\n\r\n",
        " bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n",
        "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoA==\n\n",
    };
    OWN(buf) text = BUF(4096);
    struct proof proof = {0};
    str_t rest = STR("bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\nrest");
    CHECK_OK(proof_read(&rest, &proof));
    proof_put(&text, &proof);
    CHECK(proof.count == 1 && str_eq(rest, STR("rest")) && text.len == 45);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rest = str(wrong[i]);
        CHECK_FAILS(ERR_INVALID, proof_read(&rest, &proof));
    }
    buf_clear(&text);
    for (int i = 0; i <= MAX_PATH_HASHES; i++)
        hash_put(&text, &proof.at[0]), buf_put_byte(&text, '\n');
    buf_put_byte(&text, '\n');
    rest = buf_str(&text);
    CHECK_FAILS(ERR_TOO_LARGE, proof_read(&rest, &proof));
}

/*
 * The public vectors: one JSON file a case. A value that is not 32 bytes long stands here as one that is, filled up with
 * zeros: the functions take no others. A leaf or root of no bytes at all is refused before them. Two files have numbers
 * past 2^63; they are read as the largest there is.
 */
static hash_t vector_hash(json_t *text)
{
    OWN(buf) bytes = BUF(256);
    hash_t hash = {{0}};
    if (json_is_string(text) && base64_padded_read(str(json_string_value(text)), &bytes) == ERR_OK &&
        bytes.len)
        memcpy(hash.bytes, bytes.at, bytes.len < DIGEST_SIZE ? bytes.len : DIGEST_SIZE);
    return hash;
}

static uint64_t vector_number(json_t *vector, const char *name)
{
    double number = json_number_value(json_object_get(vector, name));
    return number < (double)TREE_SIZE_MAX ? (uint64_t)number : UINT64_MAX;
}

static bool is_without(json_t *vector, const char *name)
{
    return json_string_length(json_object_get(vector, name)) == 0;
}

static bool vector_holds(const char *folder, json_t *vector)
{
    struct proof proof = {.count = json_array_size(json_object_get(vector, "proof"))};
    hash_t root = vector_hash(json_object_get(vector, "root")),
           leaf = vector_hash(json_object_get(vector, "leafHash")),
           one = vector_hash(json_object_get(vector, "root1")),
           two = vector_hash(json_object_get(vector, "root2"));
    uint64_t start = vector_number(vector, "start"), end = vector_number(vector, "end");
    for (size_t i = 0; i < proof.count && i < MAX_PATH_HASHES; i++)
        proof.at[i] = vector_hash(json_array_get(json_object_get(vector, "proof"), i));
    if (proof.count > MAX_PATH_HASHES)
        return false;
    if (!strcmp(folder, "consistency"))
        return growth_holds(
            &(struct growth){vector_number(vector, "size1"), vector_number(vector, "size2"), one, two},
            &proof);
    if (!strcmp(folder, "subtreeconsistency"))
        return consistency_holds(&(struct consistency){{start, end}, vector_number(vector, "size"), one, two},
                                 &proof);
    if (!strcmp(folder, "inclusion"))
        end = vector_number(vector, "treeSize");
    if (is_without(vector, "root") || is_without(vector, "leafHash"))
        return false;
    return inclusion_holds(&(struct inclusion){vector_number(vector, "leafIdx"), {start, end}, leaf, root},
                           &proof);
}

struct counts {
    size_t passed, failed;
};

static void vectors_run(const char *folder, const char *path, struct counts *counts)
{
    DIR *open = opendir(path);
    for (const struct dirent *entry; open && (entry = readdir(open));) {
        char below[1024];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (!strstr(entry->d_name, ".json")) {
            vectors_run(folder, below, counts);
            continue;
        }
        json_t *vector = json_load_file(below, JSON_DECODE_INT_AS_REAL, NULL);
        json_t *wants = json_object_get(vector, "wantErr");
        bool as_wanted = json_is_boolean(wants) && vector_holds(folder, vector) == json_is_false(wants);
        if (!as_wanted)
            printf("not so: %s\n", below);
        *(as_wanted ? &counts->passed : &counts->failed) += 1;
        json_decref(vector);
    }
    if (open)
        closedir(open);
}

TEST(every_public_vector_of_the_merkle_tree_gives_the_result_it_expects)
{
    static const char *const folders[] = {"inclusion", "consistency", "subtreeinclusion",
                                          "subtreeconsistency"};
    const char *vectors = getenv("CUSTODY_VECTORS");
    struct counts all = {0};
    for (size_t i = 0; i < 4; i++) {
        char path[512];
        struct counts counts = {0};
        snprintf(path, sizeof path, "%s/merkle/%s", vectors ? vectors : "", folders[i]);
        vectors_run(folders[i], path, &counts);
        printf("%s: %zu as expected, %zu not\n", folders[i], counts.passed, counts.failed);
        all.passed += counts.passed;
        all.failed += counts.failed;
    }
    if (!all.passed && !all.failed)
        SKIP("no vectors: https://github.com/transparency-dev/merkle (testdata), in the folder merkle of "
             "CUSTODY_VECTORS");
    CHECK(!all.failed && all.passed == 518);
}

TESTS(the_hashes_are_those_of_the_rfc, a_tree_that_grows_has_at_each_size_the_root_of_the_definition,
      every_entry_of_every_size_has_a_proof_that_holds_for_it_alone,
      every_subtree_of_every_size_has_a_proof_that_holds,
      a_proof_of_growth_that_was_changed_anywhere_does_not_hold, what_is_no_part_of_a_tree_has_no_proof,
      the_lines_of_a_proof_have_one_form, every_public_vector_of_the_merkle_tree_gives_the_result_it_expects)
