/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of the rule language, as the reader knows them: custody-rules(5), `custody describe rules` and whoever
 * helps to write rules print these and nothing else, so that no text differs from what is read.
 */
#pragma once
#include "base/bytes.h"

enum word_part { PART_STATEMENT, PART_DECISION, PART_OPTION, PART_WHO, PART_WHAT, PART_COUNT };

/* name  as it is typed, without =
 * form  what follows it: the values there are, or NAME = VALUE …
 * help  what it does, in a sentence without a full stop */
struct rule_word {
    const char *name, *form, *help;
};

/* What is known or recorded of a launch, by its bit (enum fact, RECORD_PATH, RECORD_WHO): "sha256", "path". */
const char *rules_fact_name(unsigned bit);

/* The words of one part, one after the other; false past the last. */
bool rules_word(enum word_part part, size_t number, struct rule_word *out_word);
