/* SPDX-License-Identifier: Apache-2.0
 *
 * A signing key that is kept off the service: the file of --key, and the client whose it is.
 */
#pragma once
#include "cli/cli.h"
#include "govern/policy.h"

CHECKED err_t signer_load(struct cli *cli, struct note_signer *out_signer, ident_t *out_tenant);
