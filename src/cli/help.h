/* SPDX-License-Identifier: Apache-2.0
 *
 * The help, printed from the command table: of everything, of the noun or of the command that the words name. With
 * --json the rows themselves, for whoever builds on them.
 */
#pragma once
#include "cli/commands.h"

/* INVALID where the words name nothing. */
CHECKED err_t help_print(struct cli *cli);

/* "custody token create --name NAME --role ROLE --days N"; the options of the sign-in are not said again. */
void usage_put(const struct command *command, buf_t *out);

/* Its two parts: "custody token create", and " --name NAME --role ROLE --days N". */
void usage_words_put(const struct command *command, buf_t *out);
void usage_options_put(const struct command *command, buf_t *out);
