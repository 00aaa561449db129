/* SPDX-License-Identifier: Apache-2.0
 *
 * The programs installed on a machine, read from the records of its package systems below `root`. No other program is
 * started.
 *
 *     TRY(programs_read(root, arena, &programs));          a list of struct program, by name, then version
 *
 * dpkg, rpm, flatpak and snap are asked in turn; each may be there or not, and one may stand beside another. The same
 * name and version counts once. MISSING where none is there: then nothing is known, which is not the same as nothing
 * installed. A record that is there and cannot be read is BROKEN: a list without its part would say that it is gone.
 */
#pragma once
#include "agent/list.h"
#include "concept/program.h"

CHECKED err_t programs_read(const char *root, arena_t *arena, struct list *out_programs);

/* For the readers. Copies the texts; passes over a name that is empty, and texts past MAX_NAME or not UTF-8. */
void program_add(struct list *programs, str_t name, str_t version);
