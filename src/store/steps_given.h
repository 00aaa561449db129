/* SPDX-License-Identifier: Apache-2.0
 *
 * A disk for tests that counts what is done to it: each write, sync and truncation of a database's files, and each file that
 * comes to be, changes or goes through the env, is a step. At the n-th the process is killed, or from the n-th on there is no
 * room.
 *
 *     steps_kill(&env, 7);          in a child, before anything is opened
 *     steps_full(&env, 7);          and steps_full(&env, 0): there is room again
 *     steps_taken();                so far
 *
 *     steps_power(&env, store, kept); what a store syncs is kept in a folder as it was when the sync began
 *     TRY(steps_cut(now));             a store's folder as a power cut would leave it at the least
 *     steps_sync_fails();             the next sync of a log of writes; what that had to bring to the disk no later one does
 *
 *     TRY(steps_again(base, now));  the folder `now` is what `base` is: where each try begins
 *
 * The env is the real one, changed; databases are SQLite's own, whichever handle opens them. One process, any thread.
 */
#pragma once
#include "sys/env.h"

void steps_kill(struct env *env, int at);
void steps_full(struct env *env, int at);
void steps_power(struct env *env, const char *store, const char *kept);
CHECKED err_t steps_cut(const char *now);
void steps_sync_fails(void);
int steps_taken(void);
CHECKED err_t steps_again(const char *base, const char *now);
