/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/promise.h"

static const struct {
    const char *id, *check, *annex;
} rows[PROMISES] = {
#define P(id, check, annex, title) {id, #check, annex},
    PROMISE_TABLE(P)
#undef P
};

static const struct {
    const char *number, *asks;
} controls[] = {
#define A(number, asks) {number, asks},
    ANNEX_A(A)
#undef A
};

static bool is_evidence_for(size_t row, str_t control)
{
    str_t rest = str(rows[row].annex);
    for (str_t each = str_until(&rest, ' '); each.len; each = str_until(&rest, ' '))
        if (str_eq(each, control))
            return true;
    return false;
}

/* The promises of one control whose check is written, or is not; a dash where there is none. */
static void promises_put(buf_t *out, str_t control, bool checked)
{
    size_t put = 0;
    for (size_t i = 0; i < PROMISES; i++) {
        if (!is_evidence_for(i, control) || (strcmp(rows[i].check, "NULL") != 0) != checked)
            continue;
        buf_putf(out, "%s`%s`", put++ ? ", " : "", rows[i].id);
    }
    if (!put)
        buf_put(out, STR("–"));
}

void describe_annex_a(buf_t *out)
{
    buf_put(
        out,
        STR("# The promises and ISO/IEC 27001:2022, Annex A\n\n"
            "Printed by `custody describe annex-a`: the controls that a promise's check is evidence for, in words "
            "of our own.\nWhat is checked today `custody prove` shows with its evidence; evidence is no "
            "certificate.\n\n"
            "| control | what it asks for | checked today | not checked yet |\n| --- | --- | --- | --- |\n"));
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        const str_t number = str(controls[i].number);
        buf_putf(out, "| %s | %s | ", controls[i].number, controls[i].asks);
        promises_put(out, number, true);
        buf_put(out, STR(" | "));
        promises_put(out, number, false);
        buf_put(out, STR(" |\n"));
    }
}
