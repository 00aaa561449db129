/* SPDX-License-Identifier: Apache-2.0
 *
 * What is left to be done of people who were forgotten: an errand of the jobs process. Promise person.forget.
 *
 *     struct errand forgetting = {.jobs = &jobs, .run = forgotten_clear, .every_ms = FORGOTTEN_MS};
 *
 * The keys are gone before; here go the rows that nobody can read, again until no writer can add to them, and what endpoints
 * are to withhold comes into the store where a crash has kept it from there.
 */
#pragma once
#include "custodyd/post.h"

enum { FORGOTTEN_MS = 5000 };

CHECKED err_t forgotten_clear(struct jobs *jobs, arena_t *arena);
