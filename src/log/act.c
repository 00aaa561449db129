/* SPDX-License-Identifier: Apache-2.0 */
#include "log/act.h"

static const struct {
    const char *name, *meaning;
} acts[ACT_COUNT] = {
#define A(constant, name, meaning) [ACT_##constant] = {name, meaning},
    ACTS(A)
#undef A
};

const struct ungranted ungranted[UNGRANTED_COUNT] = {
#define U(act, is, why) {ACT_##act, UNGRANTED_##is, why},
    UNGRANTED(U)
#undef U
};

const struct ungranted *ungranted_find(enum act act)
{
    for (size_t i = 0; i < UNGRANTED_COUNT; i++)
        if (ungranted[i].act == act)
            return &ungranted[i];
    return NULL;
}

const char *act_name(enum act act) { return acts[act].name; }
const char *act_meaning(enum act act) { return acts[act].meaning; }

void describe_acts(buf_t *out)
{
    buf_put(out, STR("# What is written into the evidence log\n\n"
                     "Printed by `custody describe acts`; the form of an entry is in "
                     "[log.md](../formats/log.md).\n\n| act | meaning |\n| --- | --- |\n"));
    for (int act = ACT_NONE + 1; act < ACT_COUNT; act++)
        buf_putf(out, "| `%s` | %s |\n", acts[act].name, acts[act].meaning);
    buf_put(
        out,
        STR("\n## What the provider's people do without a grant\n\n"
            "Whatever else of theirs stands in a client's log was done under a grant that was on, or the promise "
            "`access.support` is broken.\n\n| act | why it needs none |\n| --- | --- |\n"));
    for (size_t i = 0; i < UNGRANTED_COUNT; i++)
        buf_putf(out, "| `%s` | %s |\n", act_name(ungranted[i].act), ungranted[i].why);
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
