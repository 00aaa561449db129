/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/witness.h"

static const str_t old_mark = {"old ", 4};

void witness_ask_put(buf_t *out, const struct witness_ask *ask)
{
    buf_putf(out, "old %llu\n", (unsigned long long)ask->old_size);
    proof_put(out, &ask->proof);
    buf_put_byte(out, '\n');
    buf_put(out, ask->checkpoint);
}

err_t witness_ask_read(str_t body, struct witness_ask *out_ask)
{
    struct witness_ask ask;
    str_t line = str_until(&body, '\n');
    if (!str_starts(line, old_mark))
        return fail(ERR_INVALID, "a question without its old size");
    TRY(str_number(str_bytes(line.at + old_mark.len, line.len - old_mark.len), TREE_SIZE_MAX, &ask.old_size));
    TRY(proof_read(&body, &ask.proof));
    if (!body.len)
        return fail(ERR_INVALID, "a question without its checkpoint");
    ask.checkpoint = body;
    *out_ask = ask;
    return ERR_OK;
}

static bool is_empty(const struct checkpoint *checkpoint)
{
    struct tree none = {0};
    return checkpoint->size == 0 && hash_eq(checkpoint->root, tree_root(&none));
}

/* Any log continues an empty one: there is nothing to prove. */
static bool is_first(const struct witness_ask *ask, const struct checkpoint *checkpoint)
{
    return !ask->proof.count && (checkpoint->size || is_empty(checkpoint));
}

enum witness_verdict witness_judge(const struct witness_ask *ask, const struct checkpoint *checkpoint,
                                   const struct witness_seen *seen)
{
    const struct growth claim = {seen->size, checkpoint->size, seen->root, checkpoint->root};
    if (ask->old_size > checkpoint->size)
        return WITNESS_IMPOSSIBLE;
    if (ask->old_size != seen->size)
        return WITNESS_ELSEWHERE;
    if (seen->size && seen->size == checkpoint->size && !hash_eq(seen->root, checkpoint->root))
        return WITNESS_ELSEWHERE;
    bool held = seen->size ? growth_holds(&claim, &ask->proof) : is_first(ask, checkpoint);
    return held ? WITNESS_COSIGNS : WITNESS_UNPROVEN;
}

void witness_size_put(buf_t *out, uint64_t size) { buf_putf(out, "%llu\n", (unsigned long long)size); }

err_t witness_size_read(str_t body, uint64_t *out_size)
{
    bool is_ended = body.len && body.at[body.len - 1] == '\n';
    str_t line = str_until(&body, '\n');
    if (!is_ended || body.len)
        return fail(ERR_INVALID, "not one line with a size");
    return str_number(line, TREE_SIZE_MAX, out_size);
}
