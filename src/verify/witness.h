/* SPDX-License-Identifier: Apache-2.0
 *
 * A witness over a folder: its key, the logs it knows, and what it cosigned last of each.
 *
 *     OWN(witness) witness = NULL;
 *     TRY(witness_open(env, folder, &keys, &witness));       BUSY: another process has the folder
 *     struct witness_answer answer = {.body = BUF(MAX_NOTE)};
 *     witness_answer(witness, body, &answer);                an HTTP status and a body, for whoever asked
 *
 * What is cosigned is on the disk before witness_answer() returns, under the folder's lock, by one thread: so it cosigns
 * no size twice with different roots, whatever crashes. A crash between disk and answer loses the answer alone: the log
 * asks again, is told the size that is there (409), and goes on from it.
 *
 * A file of the folder that this witness did not sign is BROKEN: going on without it would be beginning anew.
 */
#pragma once
#include "verify/verify.h"

enum { MAX_QUESTION = MAX_NOTE + 4096 }; /* a checkpoint, and the proof before it */

typedef struct witness *witness_own;
void witness_drop(struct witness **witness);

CHECKED err_t witness_new_key(struct env *env, const char *folder, str_t name, struct note_key *out_key);
CHECKED err_t witness_open(struct env *env, const char *folder, const struct keys *logs,
                           struct witness **out_witness);
const struct note_key *witness_key(const struct witness *witness);

struct witness_answer {
    int status;
    const char *type;
    buf_t body;
};
typedef struct witness_answer witness_answer_own;
static inline void witness_answer_drop(struct witness_answer *answer) { buf_drop(&answer->body); }
void witness_answer(struct witness *witness, str_t question, struct witness_answer *answer);

/* serve.c: over HTTP, until SIGTERM or SIGINT. */
CHECKED err_t witness_serve(struct verify *verify, struct witness *witness);
