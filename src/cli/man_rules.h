/* SPDX-License-Identifier: Apache-2.0
 *
 * The rule language, printed from the words that the reader of rules knows (govern/words.h): custody-rules(5) in roff, and
 * its tables in Markdown. The committed copies are man/custody-rules.5 and docs/describe/rules.md; tests compare.
 *
 *     custody describe man custody-rules | man -l -
 */
#pragma once
#include "base/bytes.h"

void man_rules_put(buf_t *out);
void describe_rules(buf_t *out);
