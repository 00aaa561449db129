/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the agent's folder, written and removed by a guard that is root. The folder belongs to whoever runs the other
 * process, and all this is done with that user's rights alone: a link that was put there leads to nothing that this user could
 * not write.
 *
 *     TRY(folder_write(env, "/var/lib/custody-agent", "policy/current", bytes));     folders on the way are made
 *     TRY(folder_remove(env, "/var/lib/custody-agent", "elevations/elv_….answer"));
 */
#pragma once
#include "sys/env.h"

CHECKED err_t folder_write(struct env *env, const char *folder, const char *name, str_t bytes);
CHECKED err_t folder_remove(struct env *env, const char *folder, const char *name);
