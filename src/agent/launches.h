/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches on their way from the guard to the service: sealed batches, launches/NNNNNNNN of the agent's folder.
 *
 *     OWN(launches) launches = {0};
 *     TRY(launches_open(env, folder, &launches));             MISSING where this machine is not enrolled
 *     TRY(launches_put(&launches, batch));                    the guard's; BUSY where LAUNCHES_BYTES would be passed
 *     TRY(launches_send(&launches, &upload, &sent));          the other process's: in order, each until it is answered
 *
 * Sealed as the spool is (agent/spool.h), under a key of their own. What is oldest is kept when there is no more room: what
 * was refused is told in numbers (guard/guard.h), and never what it was.
 *
 * A batch leaves once the service has answered that it is stored; sent again, under its number, it is stored once. One that
 * is damaged, or that the service refuses for what it is, is given up. Where the client does not collect launches, those that
 * are there are removed unsent. A crash between an answer and the removal sends it again.
 */
#pragma once
#include "agent/report.h"
#include "agent/state.h"
#include "guard/journal.h"

#define LAUNCHES_BYTES ((size_t)64 * 1024 * 1024)

struct launches {
    struct env *env;
    const char *folder;
    struct key key;
    size_t limit;
};
typedef struct launches launches_own;
void launches_drop(struct launches *launches);

CHECKED err_t launches_open(struct env *env, const char *folder, struct launches *launches);
CHECKED err_t launches_put(void *launches, const struct journal_batch *batch);
uint64_t launches_next(const struct launches *launches); /* the number past all that are there */

CHECKED err_t launches_send(struct launches *launches, const struct reporter *by, size_t *out_batches);
