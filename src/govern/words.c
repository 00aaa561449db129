/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/_private.h"

static const struct {
    unsigned bit;
    const char *name;
} facts[] = {{RECORD_PATH, "path"}, {FACT_SHA256, "sha256"}, {FACT_PACKAGE, "package"},
             {FACT_TRUST, "trust"}, {FACT_PARENT, "parent"}, {FACT_SCRIPT, "script"},
             {FACT_ARGS, "args"},   {FACT_HOME, "home"},     {RECORD_WHO, "who"}};

const char *rules_fact_name(unsigned bit)
{
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (facts[i].bit == bit)
            return facts[i].name;
    return "";
}

unsigned fact_find(str_t name)
{
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (str_eq(str(facts[i].name), name))
            return facts[i].bit;
    return 0;
}

static bool condition_word(bool who, size_t number, struct rule_word *out_word)
{
    for (size_t i = 0; i < CONDITION_KINDS; i++) {
        const struct condition_kind *kind = &condition_kinds[i];
        if (kind->who != who || number--)
            continue;
        *out_word = (struct rule_word){kind->name, kind->form, kind->help};
        return true;
    }
    return false;
}

bool rules_word(enum word_part part, size_t number, struct rule_word *out_word)
{
    switch (part) {
    case PART_STATEMENT:
        return statement_word(number, out_word);
    case PART_DECISION:
        return decision_word(number, out_word);
    case PART_OPTION:
        return option_word(number, out_word);
    default:
        return condition_word(part == PART_WHO, number, out_word);
    }
}
