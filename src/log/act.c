/* SPDX-License-Identifier: Apache-2.0 */
#include "log/act.h"

static const struct {
    const char *name, *meaning;
} acts[ACT_COUNT] = {
#define A(constant, name, meaning) [ACT_##constant] = {name, meaning},
    ACTS(A)
#undef A
};

const char *act_name(enum act act) { return acts[act].name; }
const char *act_meaning(enum act act) { return acts[act].meaning; }

void describe_acts(buf_t *out)
{
    buf_put(out, STR("# What is written into the evidence log\n\n"
                     "Printed by `custody describe acts`; the form of an entry is in "
                     "[log.md](../formats/log.md).\n\n| act | meaning |\n| --- | --- |\n"));
    for (int act = ACT_NONE + 1; act < ACT_COUNT; act++)
        buf_putf(out, "| `%s` | %s |\n", acts[act].name, acts[act].meaning);
}

err_t act_find(str_t name, enum act *out_act)
{
    for (int act = ACT_NONE + 1; act < ACT_COUNT; act++)
        if (str_eq(str(acts[act].name), name)) {
            *out_act = (enum act)act;
            return ERR_OK;
        }
    return fail(ERR_INVALID, "no act %.*s", STR_ARG(name));
}
