/* SPDX-License-Identifier: Apache-2.0
 *
 * guard.sock: where sudo's plugin asks. A thread of its own, so that nothing of it waits for a launch, or a launch for it.
 *
 *     OWN(elevate_door) door = NULL;
 *     TRY(elevate_door_open(&host, &door));             the socket stands in the agent's folder, and is root's alone
 *     …
 *                                                       the end of the scope ends the thread, and removes the socket
 *
 * Who asks has to be root (sudo is), in this machine's own file system: a path means the same to both. One question and one
 * answer a connection; a question has to be there within a second.
 */
#pragma once
#include "guard/elevate.h"

struct elevate_door;
typedef struct elevate_door *elevate_door_own;
CHECKED err_t elevate_door_open(const struct elevate_host *host, struct elevate_door **out_door);
void elevate_door_drop(struct elevate_door **door);
