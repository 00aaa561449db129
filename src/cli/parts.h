/* SPDX-License-Identifier: Apache-2.0
 *
 * The recovery kit as somebody has it: printed whole, or in parts that guardians hold, which are joined here, on this machine.
 *
 *     TRY(kit_ask(cli, &kit));            the kit as text, however it came together
 *
 * What is typed first is the kit or a part; after a part as many more are asked for as it takes, those of --part-file first,
 * one a line. A slip, a part of another set or client and one that is there already are each named, and asked for again at a
 * terminal. Parts that give no kit are told too: with one more it is said which is wrong.
 */
#pragma once
#include "cli/cli.h"

CHECKED err_t kit_ask(struct cli *cli, buf_t *out_kit);
