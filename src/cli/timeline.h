/* SPDX-License-Identifier: Apache-2.0
 *
 * Dated events, as a line through time: the events of a client's life, as the service and `custody simulate` give them.
 *
 *     TRY(timeline_print(cli, json_object_get(page, "items"), cli->env->now(cli->env)));
 */
#pragma once
#include "cli/cli.h"
#include <jansson.h>

/* `now` stands between what was and what will be; 0: nowhere. */
CHECKED err_t timeline_print(struct cli *cli, const json_t *events, moment_t now);
