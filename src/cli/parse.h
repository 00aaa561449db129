/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the command line into `cli`: options and words, and the command they name. Options stand anywhere, as
 * `--name VALUE` or `--name=VALUE`; after `--` all are words. INVALID for an option that is unknown, given twice,
 * without its value or not the command's, for a value that is none of its choices, and for words too few or too many;
 * no note repeats a word that may be a secret typed in the wrong place. A required option that the environment stands
 * for may be missing.
 *
 * With --help or --version the words are read and nothing is required.
 */
#pragma once
#include "cli/commands.h"

CHECKED err_t parse(struct cli *cli, char **arguments);
