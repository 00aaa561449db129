/* SPDX-License-Identifier: Apache-2.0 */
#include "prove/checks.h"

#define check_NULL NULL /* of a row whose check is not written yet */
const struct promise promises[PROMISES] = {
#define P(id, check, annex, title) {id, title, check_##check},
    PROMISE_TABLE(P)
#undef P
};

/* A store that is behind its high-water mark is looked at by nobody: what needs it has no evidence. */
static err_t check_run(struct proving *proving, const struct promise *promise, bool behind,
                       struct finding *out_finding)
{
    err_t result = promise->check(proving, out_finding);
    if (result != ERR_BUSY || !behind)
        return result;
    *out_finding = finding_put(proving, FINDING_NO_EVIDENCE, "%s", err_note());
    return arena_end(proving->desk->arena);
}

err_t prove(struct proving *proving, struct finding out_findings[PROMISES])
{
    Keys__Drills *drills = NULL;
    TRY(drills_ask(proving, &drills));
    for (size_t i = 0; i < PROMISES; i++) {
        out_findings[i] = (struct finding){.evidence = STR("the check of this promise is not written yet")};
        if (promises[i].check)
            TRY(check_run(proving, &promises[i], drills->behind, &out_findings[i]));
    }
    return ERR_OK;
}

const char *finding_name(enum finding_state state)
{
    static const char *const names[] = {"no evidence", "kept", "broken", "not yet due"};
    return names[state];
}
