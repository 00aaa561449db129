/* SPDX-License-Identifier: Apache-2.0
 *
 * licence.grace, licence.snapshots and erase.expiry: what the contract says beside what was done, and when.
 */
#include "keyring/licence.h"
#include "concept/device.h"
#include "prove/checks.h"
#include "store/record.h"

/* What is done by the clock is done within minutes: past that nobody did it. */
enum {
    DONE_WITHIN_MS = 10 * 60 * 1000,
    TAKEN_WITHIN_MS = 2 * 60 * 1000,
    FROZEN_WITHIN_MS = 24 * 60 * 60 * 1000
};

struct licence_seen {
    bool any; /* the contract names a date */
    struct contract contract;
    struct life_facts facts;
    struct standing standing;
    moment_t now;
    int64_t frozen;
};

static err_t licence_see(struct proving *proving, struct licence_seen *out)
{
    Keys__OfTenant in = KEYS__OF_TENANT__INIT;
    Keys__Licence *licence = NULL;
    struct desk *desk = proving->desk;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    *out = (struct licence_seen){.now = desk->env->now(desk->env)};
    TRY(keys_ask(desk->channel, &(struct question){ASK_contract_get, &in}, desk->arena, &licence));
    TRY(licence_told(licence, &out->contract, &out->facts));
    out->standing = life_at(&out->contract, &out->facts, out->now);
    out->any = out->standing.expires != 0;
    out->frozen = licence->frozen;
    return ERR_OK;
}

static err_t finding_give(struct proving *proving, struct finding finding, struct finding *out_finding)
{
    *out_finding = finding;
    return arena_end(proving->desk->arena);
}

static err_t no_contract(struct proving *proving, struct finding *out_finding)
{
    return finding_give(proving,
                        finding_put(proving, FINDING_NO_EVIDENCE, "no contract says when the licence ends"),
                        out_finding);
}

/* When an endpoint was last heard: a report that is taken in says so. */
struct heard {
    arena_t *arena;
    moment_t last;
};

static err_t heard_act(struct tx *tx, void *with)
{
    struct heard *heard = with;
    struct record_page page = {0};
    idents_t ids = {0};
    TRY(record_devices(tx, BY_SEEN_DOWN, heard->arena, &ids));
    if (!ids.count)
        return ERR_OK;
    const struct record_ask newest = {.id = &ids.at[0]};
    TRY(record_list(tx, &device_concept, &newest, heard->arena, &page));
    heard->last = page.count ? ((const struct device *)page.records[0].plain)->seen : 0;
    return ERR_OK;
}

static err_t last_heard(struct proving *proving, moment_t *out_heard)
{
    struct heard heard = {.arena = proving->desk->arena};
    TRY(store_read(proving->desk->store, proving->tenant, heard_act, &heard));
    *out_heard = heard.last;
    return ERR_OK;
}

static const char *grace_fault(const struct licence_seen *seen, moment_t heard)
{
    moment_t now = seen->now;
    const struct standing *standing = &seen->standing;
    if (heard > standing->expires + TAKEN_WITHIN_MS)
        return "something was taken in after the licence had ended";
    if (now < standing->grace_ends)
        return now > standing->expires + DONE_WITHIN_MS && seen->facts.told_grace < standing->expires
                   ? "the client was not told that the licence has ended"
                   : NULL;
    return now > standing->grace_ends + DONE_WITHIN_MS && seen->facts.deactivated < standing->grace_ends
               ? "the grace is over, and nothing was deactivated"
               : NULL;
}

err_t check_grace(struct proving *proving, struct finding *out_finding)
{
    struct licence_seen seen;
    moment_t heard = 0;
    TRY(licence_see(proving, &seen));
    if (!seen.any)
        return no_contract(proving, out_finding);
    const struct standing *standing = &seen.standing;
    bool runs = standing->life == LIFE_ACTIVE;
    if (!runs)
        TRY(last_heard(proving, &heard));
    const char *fault = runs ? NULL : grace_fault(&seen, heard);
    return finding_give(
        proving,
        finding_put(proving,
                    runs    ? FINDING_NOT_YET_DUE
                    : fault ? FINDING_BROKEN
                            : FINDING_KEPT,
                    "%s%sthe state is %s: the licence ends at %s, the grace at %s; last report taken in %s",
                    fault ? fault : "", fault ? ": " : "", life_name(standing->life),
                    moment_text(standing->expires).text, moment_text(standing->grace_ends).text,
                    runs    ? "while it runs"
                    : heard ? moment_text(heard).text
                            : "never"),
        out_finding);
}

err_t check_frozen(struct proving *proving, struct finding *out_finding)
{
    struct licence_seen seen;
    TRY(licence_see(proving, &seen));
    if (!seen.any)
        return no_contract(proving, out_finding);
    const struct standing *standing = &seen.standing;
    bool frozen = seen.facts.frozen >= standing->expires;
    bool due = seen.now >= standing->expires && seen.now < standing->snapshots_end;
    enum finding_state state = frozen && seen.now >= standing->expires                  ? FINDING_KEPT
                               : due && seen.now > standing->expires + FROZEN_WITHIN_MS ? FINDING_BROKEN
                                                                                        : FINDING_NOT_YET_DUE;
    return finding_give(
        proving,
        finding_put(
            proving, state,
            "the set that lives when the licence ends, at %s, is kept until %s; frozen %s%s, %lld snapshots",
            moment_text(standing->expires).text, moment_text(standing->snapshots_end).text,
            frozen ? "at " : "", frozen ? moment_text(seen.facts.frozen).text : "not yet",
            (long long)seen.frozen),
        out_finding);
}

err_t check_expiry(struct proving *proving, struct finding *out_finding)
{
    struct licence_seen seen;
    TRY(licence_see(proving, &seen));
    if (!seen.any)
        return no_contract(proving, out_finding);
    const struct standing *standing = &seen.standing;
    bool begun = seen.now >= standing->deletion_begins, marked = standing->life >= LIFE_MARKED;
    bool late = begun && !marked && seen.now > standing->mark_by;
    return finding_give(
        proving,
        finding_put(
            proving,
            late              ? FINDING_BROKEN
            : begun && marked ? FINDING_KEPT
                              : FINDING_NOT_YET_DUE,
            "%sdeletion begins by itself at %s, unless the licence is renewed before its keys are destroyed%s",
            late ? "it is late: " : "", moment_text(standing->deletion_begins).text,
            seen.facts.clock_held ? "; the service's clock jumped, which holds it for two of staff" : ""),
        out_finding);
}
