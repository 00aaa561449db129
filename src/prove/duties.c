/* SPDX-License-Identifier: Apache-2.0
 *
 * staff.bound and ops.procedures: what the keys process knows of the provider's people, their certificate and orders.
 */
#include "prove/checks.h"

err_t duties_ask(struct proving *proving, Keys__Duties **out_duties)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    return keys_ask(proving->desk->channel, &(struct question){ASK_duties, &in}, proving->desk->arena,
                    out_duties);
}

/* Who has lapsed is kept out, and is no breach; that somebody asked for access while lapsed would be one. */
err_t check_bound(struct proving *proving, struct finding *out_finding)
{
    Keys__Duties *duties = NULL;
    TRY(duties_ask(proving, &duties));
    if (!duties->staff && !duties->unbound) {
        *out_finding = finding_put(proving, FINDING_NO_EVIDENCE, "the provider has no member of staff");
        return arena_end(proving->desk->arena);
    }
    *out_finding = finding_put(
        proving, duties->unbound ? FINDING_BROKEN : FINDING_KEPT,
        "%s%lld members of staff, %lld current, %lld lapsed and kept out until they are; last training %s; %lld times"
        " access was asked for without agreement or training",
        duties->unbound ? "somebody acted who was not bound: " : "", (long long)duties->staff,
        (long long)duties->current, (long long)(duties->staff - duties->current),
        duties->trained_at ? moment_text(duties->trained_at).text : "never", (long long)duties->unbound);
    return arena_end(proving->desk->arena);
}

err_t check_procedures(struct proving *proving, struct finding *out_finding)
{
    Keys__Duties *duties = NULL;
    TRY(duties_ask(proving, &duties));
    const Keys__Standard *standard = duties->standard;
    if (!standard) {
        *out_finding = finding_put(proving, FINDING_NO_EVIDENCE, "no certificate is on file");
        return arena_end(proving->desk->arena);
    }
    bool valid = standard->until > proving->desk->env->now(proving->desk->env);
    *out_finding = finding_put(
        proving, valid && !duties->orders_alone ? FINDING_KEPT : FINDING_BROKEN,
        "%s: certificate %s of %s, %s until %s; destructive acts with a second person %lld, without %lld",
        valid ? "the certificate is valid" : "the certificate has expired", standard->number, standard->body,
        valid ? "valid" : "was valid", moment_text(standard->until).text, (long long)duties->orders_done,
        (long long)duties->orders_alone);
    return arena_end(proving->desk->arena);
}
