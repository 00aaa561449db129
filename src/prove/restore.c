/* SPDX-License-Identifier: Apache-2.0
 *
 * backup.restore: what the last drill found, and whether the store was copied back underneath. An empty store is built from the newest snapshot each week, and compared.
 */
#include "prove/checks.h"

enum { WITHIN_DAYS = 8 }; /* a week, and the day on which it is done */

err_t drills_ask(struct proving *proving, Keys__Drills **out_drills)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    return keys_ask(proving->desk->channel, &(struct question){ASK_drill_list, &in}, proving->desk->arena,
                    out_drills);
}

static err_t made_at(struct proving *proving, moment_t *out_made)
{
    struct tenant tenant;
    TRY(store_tenant_find(proving->desk->store, proving->tenant, proving->desk->arena, &tenant));
    *out_made = tenant.made;
    return ERR_OK;
}

static struct finding no_drill(struct proving *proving, moment_t age)
{
    return age < DAYS(WITHIN_DAYS)
               ? finding_put(proving, FINDING_NOT_YET_DUE, "the first drill is due in the first week")
               : finding_put(proving, FINDING_BROKEN, "no restore was tried in %d days", WITHIN_DAYS);
}

static struct finding drill_found(struct proving *proving, const Keys__Drill *drill)
{
    moment_t age = proving->desk->env->now(proving->desk->env) - drill->at;
    if (*drill->trouble)
        return finding_put(proving, FINDING_BROKEN, "the drill of %s: %s", moment_text(drill->at).text,
                           drill->trouble);
    return finding_put(proving, age < DAYS(WITHIN_DAYS) ? FINDING_KEPT : FINDING_BROKEN,
                       "last drill %s: an empty store built from the snapshot had the same %lld rows and %lld"
                       " bytes, after %lld.%03lld s%s",
                       moment_text(drill->at).text, (long long)drill->rows, (long long)drill->bytes,
                       (long long)(drill->ms / 1000), (long long)(drill->ms % 1000),
                       age < DAYS(WITHIN_DAYS) ? "" : "; the next one is overdue");
}

err_t check_restore(struct proving *proving, struct finding *out_finding)
{
    Keys__Drills *drills = NULL;
    moment_t made = 0;
    TRY(drills_ask(proving, &drills));
    if (drills->behind) {
        *out_finding =
            finding_put(proving, FINDING_BROKEN,
                        "the store was copied back: it is behind its high-water mark since %s, and nothing"
                        " of it is opened before its file is put back or a snapshot restored",
                        moment_text(drills->behind).text);
        return arena_end(proving->desk->arena);
    }
    TRY(made_at(proving, &made));
    *out_finding = drills->n_items ? drill_found(proving, drills->items[0])
                                   : no_drill(proving, proving->desk->env->now(proving->desk->env) - made);
    return arena_end(proving->desk->arena);
}
