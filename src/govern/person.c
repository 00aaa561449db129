/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/_private.h"

/* The folder itself or what lies in it, in a path or among arguments. */
static bool speaks_of_folder(str_t text, str_t folder)
{
    for (size_t i = 0; i + folder.len <= text.len; i++) {
        str_t rest = str_bytes(text.at + i, text.len - i);
        if (str_starts(rest, folder) && (rest.len == folder.len || rest.at[folder.len] == '/'))
            return true;
    }
    return false;
}

static bool values_name(const struct values *values, str_t home)
{
    for (size_t i = 0; i < values->literal_count; i++)
        if (speaks_of_folder(values->literals[i], home))
            return true;
    for (size_t i = 0; i < values->pattern_count; i++)
        if (!values->patterns[i].home && speaks_of_folder(values->patterns[i].prefix, home))
            return true;
    return false;
}

static bool condition_names(const struct condition *condition, str_t name, str_t home)
{
    if (!strcmp(condition->kind->name, "group"))
        return values_have(condition->values, name);
    return condition->kind->of_paths && home.len > 1 && values_name(condition->values, home);
}

bool rules_name_person(const struct rules *rules, str_t name, str_t home, size_t *out_rule)
{
    const struct values *last = NULL; /* rules that share a set often follow each other */
    while (home.len && home.at[home.len - 1] == '/')
        home.len--;
    for (size_t i = 0; i < rules->count; i++)
        for (unsigned j = 0; j < rules->rules[i].condition_count; j++) {
            const struct condition *condition = &rules->rules[i].conditions[j];
            if (condition->values != last && condition_names(condition, name, home)) {
                *out_rule = i;
                return true;
            }
            last = condition->values;
        }
    return false;
}
