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
#include "cli/sign_in.h"

/* The warning, and the client's name typed under it. */
CHECKED err_t take_accept(struct cli *cli, const struct sign_in *sign_in, buf_t *out_name);

CHECKED err_t take_begin(struct cli *cli, const char *request);
CHECKED err_t take_on(struct cli *cli, const char *file);
