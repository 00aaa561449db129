/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches on their way from the guard to the service: sealed batches, launches/NNNNNNNN of the agent's folder.
 *
 *     OWN(launches) launches = {0};
 *     TRY(launches_open(env, folder, &launches));             MISSING where this machine is not enrolled
 *     launches.own = &own;                                    the guard's (guard/own.h), which keeps the numbers
 *     TRY(launches_put(&launches, batch));                    the guard's; BUSY where there is no room
 *     TRY(launches_send(&launches, &upload, &sent));          the other process's: in order, each until it is answered
 *
 * Sealed as the spool is (agent/spool.h), under a key of their own. What is oldest is kept when there is no more room, and past it,
 * in LAUNCHES_GRAVE bytes more, what was refused or ran with other rights (guard/journal.h): the others are lost, which is told in
 * numbers (guard/guard.h), to the service too.
 *
 * Its number is written down in the guard's own folder before it is put: a crash in between leaves a number that is never used.
 * So no number is used twice, though journal and batches are gone, and the service never takes a batch for one it had.
 *
 * A batch leaves once the service has answered that it is stored; sent again, under its number, it is stored once. One that
 * is damaged, or that the service refuses for what it is, is given up. Where the client does not collect launches, those that
 * are there are removed unsent. A crash between an answer and the removal sends it again.
 */
#pragma once
#include "agent/report.h"
#include "agent/state.h"
#include "guard/journal.h"
#include "guard/own.h"

#define LAUNCHES_BYTES ((size_t)64 * 1024 * 1024)
#define LAUNCHES_GRAVE ((size_t)4 * 1024 * 1024)

struct launches {
    struct env *env;
    const char *folder;
    struct key key;
    size_t limit;
    const struct own *own; /* NULL: nobody puts */
};
typedef struct launches launches_own;
void launches_drop(struct launches *launches);

CHECKED err_t launches_open(struct env *env, const char *folder, struct launches *launches);
CHECKED err_t launches_put(void *launches, const struct journal_batch *batch);
uint64_t launches_next(const struct launches *launches); /* the number past all that there were */

CHECKED err_t launches_send(struct launches *launches, const struct reporter *by, size_t *out_batches);
