/* SPDX-License-Identifier: Apache-2.0
 *
 * What takes long, asked for and followed to its end: how far it is on err each second, its note at the end.
 *
 *     return work_ask(cli, &(struct call){"POST", path, body});        the answer names the work
 *
 * With --json the work as it ended is printed. BROKEN, and what was in its way, where it failed. Ctrl-C leaves it going: `custody work
 * list` shows it.
 */
#pragma once
#include "cli/service.h"

CHECKED err_t work_ask(struct cli *cli, const struct call *call);
