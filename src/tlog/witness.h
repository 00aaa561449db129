/* SPDX-License-Identifier: Apache-2.0
 *
 * What a log and its witness say to each other (POST /add-checkpoint), and how a witness decides; no sockets.
 *
 *     TRY(witness_ask_read(body, &ask));                    INVALID: 400
 *     TRY(checkpoint_open(ask.checkpoint, &key, &checkpoint));
 *     switch (witness_judge(&ask, &checkpoint, &seen)) …    seen is what was cosigned last: {0} for nothing yet
 *
 * A witness cosigns a checkpoint when it is the log's and continues what it cosigned last; and never one that does not.
 * So whoever has a cosigned checkpoint knows that nobody was cosigned another history. What was cosigned is to be
 * durable before the answer leaves, and nobody else may have changed it since it was judged.
 *
 * The other side's answer to a conflict is the size it has: witness_size_read(). Source: C2SP tlog-witness.
 */
#pragma once
#include "tlog/checkpoint.h"
#include "tlog/proof.h"

struct witness_ask {
    uint64_t old_size;
    struct proof proof;
    str_t checkpoint; /* with its signatures */
};
void witness_ask_put(buf_t *out, const struct witness_ask *ask);
CHECKED err_t witness_ask_read(str_t body, struct witness_ask *out_ask);

struct witness_seen {
    uint64_t size;
    hash_t root;
};

/* Each is its HTTP status. */
enum witness_verdict {
    WITNESS_COSIGNS = 200,
    WITNESS_IMPOSSIBLE = 400, /* the old size is past the new one */
    WITNESS_ELSEWHERE = 409,  /* another size was cosigned last, or another root of the same size */
    WITNESS_UNPROVEN = 422,   /* the proof does not lead from one to the other */
};
enum witness_verdict witness_judge(const struct witness_ask *ask, const struct checkpoint *checkpoint,
                                   const struct witness_seen *seen);

void witness_size_put(buf_t *out, uint64_t size);
CHECKED err_t witness_size_read(str_t body, uint64_t *out_size);
