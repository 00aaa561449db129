/* SPDX-License-Identifier: Apache-2.0 */
#include "life/life.h"

enum { GRACE_DAYS = 14, KEEP_MONTHS = 3, KEEP_SNAPSHOTS = 5, SHORTEST_MONTH = 28, SNAPSHOTS_MOST = 366 };
enum { OFFSET_MOST = 14 * 60, BACKUP_DAYS = 180 };

const struct contract contract_usual = {
    .grace_days = GRACE_DAYS, .keep_months = KEEP_MONTHS, .keep_snapshots = KEEP_SNAPSHOTS};

const char *life_name(enum life life)
{
    static const char *const names[LIFE_COUNT] = {"active", "grace", "deactivated", "marked", "erased"};
    return names[life];
}

const char *due_name(enum due due)
{
    static const char *const names[DUE_COUNT] = {"freeze",           "tell-grace", "deactivate",
                                                 "tell-deactivated", "mark",       "destroy-keys",
                                                 "remove-bytes",     "certify",    "tell-erased"};
    return names[due];
}

err_t contract_check(const struct contract *contract)
{
    if (contract->keep_months < 1 || contract->keep_months > KEEP_MONTHS)
        return fail(ERR_INVALID, "what is kept after the licence is kept for one to %d months", KEEP_MONTHS);
    if (contract->grace_days < GRACE_DAYS || contract->grace_days > contract->keep_months * SHORTEST_MONTH)
        return fail(ERR_INVALID, "the grace is at least %d days, and at most what is kept after the licence",
                    GRACE_DAYS);
    if (contract->keep_snapshots < KEEP_SNAPSHOTS || contract->keep_snapshots > SNAPSHOTS_MOST)
        return fail(ERR_INVALID, "%d to %d snapshots are kept", KEEP_SNAPSHOTS, SNAPSHOTS_MOST);
    if (contract->offset_minutes < -OFFSET_MOST || contract->offset_minutes > OFFSET_MOST)
        return fail(ERR_INVALID, "a zone is at most fourteen hours from UTC");
    return ERR_OK;
}

/* The dates */

static struct date earlier_given(struct date one, struct date other)
{
    if (!date_given(one) || !date_given(other))
        return date_given(one) ? one : other;
    return date_before(other, one) ? other : one;
}

static struct date expiry_of(const struct contract *contract)
{
    struct date day = earlier_given(contract->licence_end, contract->contract_end);
    return date_given(day) ? day : contract->not_renewed;
}

static struct date ending_of(const struct contract *contract, struct date expiry)
{
    static const struct date none;
    struct date left = date_given(contract->not_renewed) ? date_later(contract->not_renewed, expiry) : none;
    struct date day = earlier_given(contract->contract_end, left);
    return date_given(day) ? day : expiry;
}

static bool same_day(struct date one, struct date other)
{
    return one.year == other.year && one.month == other.month && one.day == other.day;
}

/* At a fixed offset each day is as long as the other. */
static void dates_set(const struct contract *contract, struct standing *out)
{
    int offset = contract->offset_minutes, months = contract->keep_months;
    struct date expiry = expiry_of(contract);
    if (!date_given(expiry))
        return;
    out->expires = date_end(expiry, offset);
    out->grace_ends = out->expires + DAYS(contract->grace_days);
    out->snapshots_end = date_end(months_add(expiry, months), offset);
    struct date ending = ending_of(contract, expiry);
    out->deletion_begins =
        same_day(ending, expiry) ? out->snapshots_end : date_end(months_add(ending, months), offset);
}

static bool sooner(moment_t after, moment_t before) { return after && (!before || after < before); }

bool contract_hastens(const struct contract *before, const struct contract *after)
{
    struct standing was = {0}, is = {0};
    dates_set(before, &was);
    dates_set(after, &is);
    return sooner(is.expires, was.expires) || sooner(is.grace_ends, was.grace_ends) ||
           sooner(is.snapshots_end, was.snapshots_end) || sooner(is.deletion_begins, was.deletion_begins) ||
           after->keep_snapshots < before->keep_snapshots;
}

/* What stands, and what is due */

static bool reached(moment_t date, moment_t now) { return date && now >= date; }

static moment_t earlier_moment(moment_t one, moment_t other)
{
    if (!one || !other)
        return one ? one : other;
    return one < other ? one : other;
}

/* Since when the data has to go; 0: it has not. What has begun is not unsaid by a clock that is put back. */
static moment_t cause_of(const struct life_facts *facts, const struct standing *standing, moment_t now)
{
    moment_t at = facts->keys_destroyed > now ? facts->keys_destroyed : now;
    return earlier_moment(reached(facts->requested, at) ? facts->requested : 0,
                          reached(standing->deletion_begins, at) ? standing->deletion_begins : 0);
}

static void deadlines_set(moment_t cause, moment_t marked, struct standing *out)
{
    out->mark_by = cause + HOURS(24);
    moment_t from = marked ? marked : out->mark_by;
    out->keys_by = from + HOURS(1);
    out->bytes_by = from + HOURS(24);
    out->backups_by = cause + DAYS(BACKUP_DAYS);
}

static enum life life_of(const struct life_facts *facts, const struct standing *standing, moment_t marked,
                         moment_t now)
{
    if (facts->keys_destroyed)
        return LIFE_ERASED;
    if (marked)
        return LIFE_MARKED;
    if (reached(standing->grace_ends, now))
        return LIFE_DEACTIVATED;
    return reached(standing->expires, now) ? LIFE_GRACE : LIFE_ACTIVE;
}

static void erasure_set(const struct life_facts *facts, moment_t cause, struct standing *out)
{
    bool gone = facts->keys_destroyed,
         removed = facts->rows_removed && facts->blobs_removed && facts->snapshots_removed;
    out->due[DUE_MARK] = cause && out->life < LIFE_MARKED && !facts->clock_held;
    out->due[DUE_DESTROY_KEYS] = out->life == LIFE_MARKED && !facts->clock_held;
    out->due[DUE_REMOVE_BYTES] = gone && !removed;
    out->due[DUE_CERTIFY] = gone && removed && !facts->certified;
    out->due[DUE_TELL_ERASED] = facts->certified && !facts->told_erased;
}

struct standing life_at(const struct contract *contract, const struct life_facts *facts, moment_t now)
{
    struct standing out = {0};
    dates_set(contract, &out);
    moment_t cause = cause_of(facts, &out, now), marked = cause && facts->marked >= cause ? facts->marked : 0;
    if (cause)
        deadlines_set(cause, marked, &out);
    out.life = life_of(facts, &out, marked, now);
    out.collects = out.life == LIFE_ACTIVE;
    out.readable = out.exports = out.life <= LIFE_GRACE;
    out.renewable = out.life != LIFE_ERASED;
    moment_t since = earlier_moment(reached(out.grace_ends, now) ? out.grace_ends : 0,
                                    earlier_moment(marked, facts->keys_destroyed));
    out.due[DUE_FREEZE] = reached(out.expires, now) && !cause && facts->frozen < out.expires;
    out.due[DUE_TELL_GRACE] = out.life == LIFE_GRACE && facts->told_grace < out.expires;
    out.due[DUE_DEACTIVATE] = out.life >= LIFE_DEACTIVATED && facts->deactivated < since;
    out.due[DUE_TELL_DEACTIVATED] = out.life >= LIFE_DEACTIVATED && facts->told_deactivated < since;
    erasure_set(facts, cause, &out);
    return out;
}
