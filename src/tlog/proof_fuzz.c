/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as a .tlog-proof file, as what a witness is asked and answered, and as a proof. What is taken
 * prints the same; what a stranger proves about our log is nothing.
 */
#include "tlog/proof_file.h"
#include "tlog/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

/* No root that we know can be reached by hashes that somebody else chose. */
static void try_proof(const struct proof *proof, uint64_t one, uint64_t other)
{
    const hash_t ours = tree_leaf(STR("ours")), root = tree_leaf(STR("the root"));
    require(!inclusion_holds(&(struct inclusion){one, {0, other}, ours, root}, proof));
    require(!inclusion_holds(&(struct inclusion){one, {other, one}, ours, root}, proof));
    require(!growth_holds(&(struct growth){one, other, ours, root}, proof));
    require(!consistency_holds(&(struct consistency){{one, other}, other, ours, root}, proof));
}

static void try_file(str_t input)
{
    OWN(buf) again = BUF(2 * MAX_PROOF_FILE);
    struct proof_file file;
    struct checkpoint checkpoint;
    if (proof_file_read(input, &file) != ERR_OK)
        return;
    proof_file_put(&again, &file);
    require(str_eq(buf_str(&again), input));
    try_proof(&file.proof, file.index, file.proof.count);
    try_proof(&file.proof, file.index, file.index * 2 + 1);
    if (checkpoint_read(file.checkpoint, &checkpoint) == ERR_OK)
        require(proof_file_check(&file, &checkpoint, input) != ERR_OK);
}

static void try_ask(str_t input)
{
    OWN(buf) again = BUF(2 << 20);
    struct witness_ask ask;
    if (witness_ask_read(input, &ask) != ERR_OK)
        return;
    witness_ask_put(&again, &ask);
    require(str_eq(buf_str(&again), input));
    const struct witness_seen seen = {ask.old_size, tree_leaf(STR("what was seen"))};
    const struct checkpoint next = {STR("log"), ask.old_size + 5, tree_leaf(STR("what is told"))};
    if (seen.size)
        require(witness_judge(&ask, &next, &seen) != WITNESS_COSIGNS);
}

static void try_size(str_t input)
{
    OWN(buf) again = BUF(64);
    uint64_t size = 0;
    if (witness_size_read(input, &size) != ERR_OK)
        return;
    witness_size_put(&again, size);
    require(str_eq(buf_str(&again), input));
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t input = str_bytes(at, len);
    try_file(input);
    try_ask(input);
    try_size(input);
    return 0;
}
