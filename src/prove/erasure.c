/* SPDX-License-Identifier: Apache-2.0
 *
 * erase.request, erase.hours, erase.backups and erase.record. A client that can ask has not been erased: what it is shown is
 * its own request, where there is one, and how the service has kept the promise to all that it erased, in counts.
 */
#include "prove/checks.h"

/* What the keys process knows of it. */
struct erasures {
    const Keys__Erasure *own;
    const Keys__ErasureRecord *record;
    moment_t now;
};

static err_t erasures_ask(struct proving *proving, struct erasures *out)
{
    static const Keys__ErasureRecord nothing = KEYS__ERASURE_RECORD__INIT;
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Erasure *own = NULL;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    TRY(keys_ask(proving->desk->channel, &(struct question){ASK_erasure_get, &in}, proving->desk->arena,
                 &own));
    *out = (struct erasures){own, own->record ? own->record : &nothing,
                             proving->desk->env->now(proving->desk->env)};
    return ERR_OK;
}

static enum finding_state stands(int64_t late, int64_t done)
{
    return late ? FINDING_BROKEN : done ? FINDING_KEPT : FINDING_NOT_YET_DUE;
}

err_t check_erase_request(struct proving *proving, struct finding *out_finding)
{
    struct erasures found;
    TRY(erasures_ask(proving, &found));
    const Keys__Erasure *own = found.own;
    bool overdue = own->id.len && found.now > own->mark_by;
    if (own->id.len)
        *out_finding =
            finding_put(proving, overdue ? FINDING_BROKEN : FINDING_KEPT,
                        "asked for (%s) at %s; it can be taken back until %s, and begins by %s%s%s",
                        own->asked, moment_text(own->requested).text, moment_text(own->cooling_until).text,
                        moment_text(own->mark_by).text, *own->held ? "; it waits: " : "", own->held);
    else
        *out_finding =
            finding_put(proving, stands(found.record->late_marks, found.record->begun),
                        "your organisation has not asked for it; of %lld erasures of clients that have begun,"
                        " %lld began later than 24 hours after they were asked for",
                        (long long)found.record->begun, (long long)found.record->late_marks);
    return arena_end(proving->desk->arena);
}

err_t check_erase_hours(struct proving *proving, struct finding *out_finding)
{
    struct erasures found;
    TRY(erasures_ask(proving, &found));
    const Keys__ErasureRecord *record = found.record;
    *out_finding = finding_put(
        proving, stands(record->late_keys + record->late_stores, record->begun),
        "of %lld clients whose erasure has begun, the keys of %lld were destroyed later than an hour after the mark, and"
        " %lld had something left a day after it; the longest from mark to keys was %lld ms",
        (long long)record->begun, (long long)record->late_keys, (long long)record->late_stores,
        (long long)record->slowest_keys);
    return arena_end(proving->desk->arena);
}

err_t check_erase_backups(struct proving *proving, struct finding *out_finding)
{
    struct erasures found;
    TRY(erasures_ask(proving, &found));
    const Keys__ErasureRecord *record = found.record;
    *out_finding = finding_put(
        proving, stands(record->late_backups, record->certified),
        "of %lld clients that were erased, the snapshots were removed in the same run, and could not be read from the mark"
        " on; %lld had one left 180 days after the request",
        (long long)record->certified, (long long)record->late_backups);
    return arena_end(proving->desk->arena);
}

/* The certificate's key is shown, so that it is known before it is needed. */
err_t check_erase_record(struct proving *proving, struct finding *out_finding)
{
    struct erasures found;
    TRY(erasures_ask(proving, &found));
    const Keys__ErasureRecord *record = found.record;
    *out_finding = finding_put(
        proving, stands(record->emptied - record->certified, record->certified),
        "of %lld clients of whom nothing is left, %lld have a signed certificate, which stands in their log and"
        " in the service's; %s verifies them",
        (long long)record->emptied, (long long)record->certified, found.own->key);
    return arena_end(proving->desk->arena);
}
