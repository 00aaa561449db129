/* SPDX-License-Identifier: Apache-2.0
 *
 * The groups that a machine keeps itself, in etc/group below `root`.
 *
 *     TRY(groups_read(root, &locals, arena, &groups));     a list of struct group; the accounts have their ids
 *
 * Members are those whom the line names and those whose own group it is: ids, in the order of their bytes. Who has no
 * account here (from a directory), or is withheld, is left out. The groups stand in the order of their names.
 *
 * A person's name stands in that person's own record and nowhere else: a group that bears the name of a person (their
 * private group) is told without its name, and not at all where nobody else is in it.
 *
 * Lines that are not of the form name:password:gid:members, and names that name_is_told() refuses, are left out.
 * <grp.h> is not used: its struct group is not ours.
 */
#pragma once
#include "agent/accounts.h"
#include "concept/group.h"

void group_text_read(str_t text, const struct locals *locals, struct list *groups);
CHECKED err_t groups_read(const char *root, const struct locals *locals, arena_t *arena,
                          struct list *out_groups);
