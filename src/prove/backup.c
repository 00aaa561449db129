/* SPDX-License-Identifier: Apache-2.0
 *
 * backup.daily and backup.keep: what the jobs process has told of the snapshots it took and verified.
 */
#include "prove/checks.h"

enum { LATE_MINUTES = 15, KEPT = 5, FULL_LATE_DAYS = 1 };

static err_t snapshots_ask(struct proving *proving, Keys__Snapshots **out_snapshots)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    return keys_ask(proving->desk->channel, &(struct question){ASK_snapshot_list, &in}, proving->desk->arena,
                    out_snapshots);
}

/* A copy of before a restore is none of these: it goes within a day. */
static bool is_of_a_day(const Keys__Snapshot *snapshot)
{
    return !strcmp(snapshot->why, "daily") || !strcmp(snapshot->why, "asked");
}

static const Keys__Snapshot *newest(const Keys__Snapshots *snapshots)
{
    for (size_t i = 0; i < snapshots->n_items; i++)
        if (is_of_a_day(snapshots->items[i]) && strcmp(snapshots->items[i]->state, "gone") != 0)
            return snapshots->items[i];
    return NULL;
}

static const char *trouble_of(const Keys__Snapshot *snapshot, moment_t now)
{
    if (now - snapshot->made > HOURS(24) + MINUTES(LATE_MINUTES))
        return "the last snapshot is too old: ";
    if (snapshot->wrong)
        return "the last snapshot does not verify: ";
    if (!snapshot->verified && now - snapshot->made > MINUTES(LATE_MINUTES))
        return "the last snapshot was not verified: ";
    return NULL;
}

/* The service takes its own first one when it starts, long before a client's first one is due. */
static const char *service_trouble_of(const Keys__Snapshots *all, moment_t now)
{
    moment_t made = all->service_made;
    if (!made)
        return now > all->first_due + MINUTES(LATE_MINUTES) ? "the service's own state has no snapshot: "
                                                            : NULL;
    if (now - made > HOURS(24) + MINUTES(LATE_MINUTES))
        return "the last snapshot of the service's own state is too old: ";
    if (all->service_wrong)
        return "the last snapshot of the service's own state does not verify: ";
    if (!all->service_verified && now - made > MINUTES(LATE_MINUTES))
        return "the last snapshot of the service's own state was not verified: ";
    return NULL;
}

static struct finding daily_put(struct proving *proving, const Keys__Snapshot *last,
                                const Keys__Snapshots *all)
{
    moment_t now = proving->desk->env->now(proving->desk->env);
    const char *own = trouble_of(last, now), *trouble = own ? own : service_trouble_of(all, now);
    return finding_put(
        proving, trouble ? FINDING_BROKEN : FINDING_KEPT,
        "%slast snapshot %s, %lld minutes ago, %s%s; %lld rows, %lld blobs, %lld bytes, of which %lld were new; the next"
        " is due %s; the service's own state %s",
        trouble             ? trouble
        : last->same_device ? "kept (same device): the snapshots stand on the same device as the store: "
                            : "",
        moment_text(last->made).text, (long long)((now - last->made) / MINUTES(1)),
        last->verified ? "verified " : "not verified yet",
        last->verified ? moment_text(last->verified).text : "", (long long)last->rows, (long long)last->blobs,
        (long long)last->bytes, (long long)last->new_bytes, moment_text(all->due).text,
        all->service_made ? moment_text(all->service_made).text : "not yet");
}

err_t check_daily(struct proving *proving, struct finding *out_finding)
{
    Keys__Snapshots *all = NULL;
    TRY(snapshots_ask(proving, &all));
    const Keys__Snapshot *last = newest(all);
    moment_t now = proving->desk->env->now(proving->desk->env);
    if (last)
        *out_finding = daily_put(proving, last, all);
    else if (now < all->first_due + MINUTES(LATE_MINUTES))
        *out_finding = finding_put(proving, FINDING_NOT_YET_DUE, "the first snapshot is due %s",
                                   moment_text(all->first_due).text);
    else
        *out_finding = finding_put(proving, FINDING_BROKEN, "no snapshot was taken, and the first was due %s",
                                   moment_text(all->first_due).text);
    return arena_end(proving->desk->arena);
}

/* A week, and a day for what failed to be tried again. Each is verified when it is taken; only this finds what has gone bad
 * since. */
static const char *full_trouble_of(const Keys__Snapshots *all, moment_t now)
{
    if (now > all->full_due + DAYS(FULL_LATE_DAYS))
        return "the weekly verification in full is overdue: ";
    if (all->service_made && now > all->service_full_due + DAYS(FULL_LATE_DAYS))
        return "the weekly verification in full of the service's own state is overdue: ";
    return NULL;
}

/* Of the newest five days that were taken none may be gone, or have been found wrong. */
struct kept {
    size_t taken, gone, wrong;
    int64_t bytes;
    moment_t oldest;
};

static struct kept kept_count(const Keys__Snapshots *all)
{
    struct kept kept = {0};
    for (size_t i = 0; i < all->n_items && kept.taken < KEPT; i++) {
        const Keys__Snapshot *snapshot = all->items[i];
        if (strcmp(snapshot->why, "daily") != 0)
            continue;
        kept.taken++;
        kept.gone += !strcmp(snapshot->state, "gone");
        kept.wrong += snapshot->wrong != 0;
        kept.bytes += snapshot->new_bytes;
        kept.oldest = snapshot->made;
    }
    return kept;
}

static struct finding keep_put(struct proving *proving, const struct kept *kept, const Keys__Snapshots *all)
{
    const char *trouble = full_trouble_of(all, proving->desk->env->now(proving->desk->env));
    return finding_put(
        proving, kept->gone || kept->wrong || trouble ? FINDING_BROKEN : FINDING_KEPT,
        "%s%zu of the newest %zu daily snapshots are kept, since %s; %zu do not verify; they added %lld bytes; last"
        " verified in full %s, and next by %s",
        trouble ? trouble : "", kept->taken - kept->gone, kept->taken, moment_text(kept->oldest).text,
        kept->wrong, (long long)kept->bytes, all->full ? moment_text(all->full).text : "not yet",
        moment_text(all->full_due).text);
}

err_t check_keep(struct proving *proving, struct finding *out_finding)
{
    Keys__Snapshots *all = NULL;
    TRY(snapshots_ask(proving, &all));
    const struct kept kept = kept_count(all);
    if (kept.taken)
        *out_finding = keep_put(proving, &kept, all);
    else
        *out_finding =
            finding_put(proving, FINDING_NOT_YET_DUE, "no daily snapshot was due so far; the first is %s",
                        moment_text(all->first_due).text);
    return arena_end(proving->desk->arena);
}
