/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers that a log's entries say of themselves: {"seq":17,… is the eighteenth (docs/formats/log.md). Its writer gives
 * them out in commits, so that one that is missing was left out of the log.
 *
 *     if (!number_holds(entry, index))
 *         return find_gap(verify, entry, index);
 *
 * Entries of another log say nothing: they hold.
 */
#pragma once
#include "verify/verify.h"

bool is_numbered(str_t entry);
bool number_holds(str_t entry, uint64_t index);
CHECKED err_t find_gap(struct verify *verify, str_t entry, uint64_t index);
