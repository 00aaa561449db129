/* SPDX-License-Identifier: Apache-2.0
 *
 * An owner is told while there are fewer than two ways in to the client's data.
 */
#pragma once
#include "cli/service.h"

void ways_tell(struct cli *cli, const struct sign_in *sign_in);
