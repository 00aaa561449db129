/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of a folder, written and removed by a guard that is root: of the agent's, and of its own. The agent's belongs to whoever
 * runs the other process, and all this is done with the rights of a folder's owner alone: a link that was put there leads to
 * nothing that this user could not write. Only a file is read: a link or a pipe is
 * INVALID, and nobody waits for it.
 *
 *     TRY(folder_write(env, "/var/lib/custody-agent", "policy/current", bytes));     folders on the way are made
 *     TRY(folder_read(env, "/var/lib/custody-agent", "policy/arrived", &bytes));
 *     TRY(folder_remove(env, "/var/lib/custody-agent", "elevations/elv_….answer"));
 */
#pragma once
#include "sys/env.h"

CHECKED err_t folder_write(struct env *env, const char *folder, const char *name, str_t bytes);
CHECKED err_t folder_read(struct env *env, const char *folder, const char *name, buf_t *out_bytes);
CHECKED err_t folder_remove(struct env *env, const char *folder, const char *name);
