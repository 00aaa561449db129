/* SPDX-License-Identifier: Apache-2.0
 *
 * What `custody snapshot restore` does with --into: the snapshot goes into the organisation that the code is of. With --dry-run it
 * says what that would be; else the other organisation's name and the password are asked for, and it is followed to its end.
 * Ctrl-C leaves it where it is: `custody snapshot go-on` goes on.
 */
#pragma once
#include "cli/cli.h"

CHECKED err_t copy_into(struct cli *cli);
