/* SPDX-License-Identifier: Apache-2.0
 *
 * The stores' high-water marks (keyring/behind.h), as the two processes that have the stores open tell of them: each file
 * when it is opened, before anything is done through it, and each second what was committed since.
 *
 *     marking_web(channel, store);      the channel is its own: it is asked with the store's lock held
 *     TRY(marks_tell(desk));            each second
 *
 * marks_errand() is the same for the jobs process, which has marking_jobs() look, and brings through what was accepted: it
 * raises counters, and hands the keys process what the files of the logs have.
 */
#pragma once
#include "collect/desk.h"
#include "custodyd/post.h"

void marking_web(struct channel *channel, struct store *store);
CHECKED err_t marks_tell(struct desk *desk);

void marking_jobs(struct jobs *jobs, struct store *store);
CHECKED err_t marks_errand(struct jobs *jobs, arena_t *arena);
