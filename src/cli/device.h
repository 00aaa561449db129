/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices and what was launched on them, as people read them: a client's own, and those in the scope of a grant.
 */
#pragma once
#include "cli/list.h"

extern const struct column device_columns[], launch_columns[];

/* Asks for the device at that path, and prints all that it reported; programs with --programs. */
CHECKED err_t device_show(struct cli *cli, const char *path);
CHECKED err_t device_tell(struct cli *cli, const struct reply *reply); /* one that was asked for already */
