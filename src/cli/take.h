/* SPDX-License-Identifier: Apache-2.0
 *
 * What leaves the service, taken to a file: the archive is made, with its progress shown, and downloaded.
 *
 *     TRY(take_begin(cli, request));           "" for everything; the warning stands, and is accepted by name
 *     TRY(take_on(cli, file));                 after anything went wrong: with what stands in FILE.ticket
 *
 * FILE.ticket, open to its owner only, goes on without the session; it is removed when the archive is there, whole.
 */
#pragma once
#include "cli/cli.h"

CHECKED err_t take_begin(struct cli *cli, const char *request);
CHECKED err_t take_on(struct cli *cli, const char *file);
