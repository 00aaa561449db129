/* SPDX-License-Identifier: Apache-2.0 */
#include "life/life.h"

#include <stddef.h>

/* Acts, by what makes them due: the fact that they leave, and what is said of them. */
#define FACT(name) offsetof(struct life_facts, name)
static const struct act_of {
    const char *promise, *what;
    size_t fact;
} acts[DUE_COUNT] = {
    [DUE_FREEZE] = {"licence.snapshots", "the snapshots of that day are frozen", FACT(frozen)},
    [DUE_TELL_GRACE] = {"licence.grace", "the client is told, and until when to extract", FACT(told_grace)},
    [DUE_DEACTIVATE] = {"licence.grace", "deactivated: endpoints are refused, and a renewal brings all back",
                        FACT(deactivated)},
    [DUE_TELL_DEACTIVATED] = {"erase.tell", "the client is told of the deactivation", FACT(told_deactivated)},
    [DUE_MARK] = {"erase.hours", "marked for deletion: sessions end, and what is left is refused",
                  FACT(marked)},
    [DUE_DESTROY_KEYS] = {"erase.hours", "the keys are destroyed: nothing can be read or renewed any more",
                          FACT(keys_destroyed)},
    [DUE_REMOVE_BYTES] = {"erase.hours", "rows, recordings and snapshots are removed", FACT(rows_removed)},
    [DUE_CERTIFY] = {"erase.record", "the deletion is certified", FACT(certified)},
    [DUE_TELL_ERASED] = {"erase.tell", "the client is told that the deletion is complete", FACT(told_erased)},
};

/* Moments of the calendar; the last one is there once an erasure has begun. */
static const struct {
    const char *promise, *what;
    size_t moment;
} dates[] = {
    {"licence.grace", "the licence ends: nothing is collected any more, exports are open",
     offsetof(struct standing, expires)},
    {"licence.grace", "the grace ends", offsetof(struct standing, grace_ends)},
    {"licence.snapshots", "the frozen snapshots were kept for as long as is promised",
     offsetof(struct standing, snapshots_end)},
    {"erase.expiry", "deletion begins by itself", offsetof(struct standing, deletion_begins)},
    {"erase.backups", "the last day on which a backup could exist", offsetof(struct standing, backups_by)},
};
enum { DATES = sizeof dates / sizeof *dates, BACKUPS_GONE = DATES - 1 };

static moment_t date_at(const struct standing *standing, size_t i)
{
    return *(const moment_t *)((const char *)standing + dates[i].moment);
}

static moment_t *fact_at(struct life_facts *facts, enum due due)
{
    return (moment_t *)((char *)facts + acts[due].fact);
}

void life_done(struct life_facts *facts, enum due due, moment_t at)
{
    *fact_at(facts, due) = at;
    if (due == DUE_REMOVE_BYTES)
        facts->blobs_removed = facts->snapshots_removed = at;
}

struct calendar {
    const struct contract *contract;
    const struct life_span *span;
    struct life_facts facts;
    struct life_event *events;
    size_t count;
};

/* In order of time; of one moment, in the order in which they were put. */
static void event_put(struct calendar *calendar, const struct life_event *event)
{
    const struct life_span *span = calendar->span;
    if (!event->at || event->at < span->from || event->at > span->until || calendar->count == LIFE_EVENTS)
        return;
    size_t place = calendar->count++;
    for (; place && calendar->events[place - 1].at > event->at; place--)
        calendar->events[place] = calendar->events[place - 1];
    calendar->events[place] = *event;
}

/* What was done; a removal, when its last part was. */
static void past_put(struct calendar *calendar)
{
    for (enum due due = 0; due < DUE_COUNT; due++)
        event_put(calendar,
                  &(struct life_event){*fact_at(&calendar->facts, due), acts[due].promise, acts[due].what});
}

/* The dates after one moment, up to another. Where the keys are gone only one of them means anything any more. */
static void dates_put(struct calendar *calendar, moment_t after, moment_t until)
{
    struct standing standing = life_at(calendar->contract, &calendar->facts, until);
    moment_t gone = calendar->facts.keys_destroyed ? calendar->facts.keys_destroyed : MOMENT_MAX;
    for (size_t i = 0; i < DATES; i++) {
        moment_t at = date_at(&standing, i);
        bool means = at <= gone || i == BACKUPS_GONE;
        if (means && at > after && at <= until)
            event_put(calendar, &(struct life_event){at, dates[i].promise, dates[i].what});
    }
}

static moment_t act_when(const struct standing *standing, enum due due, moment_t now)
{
    moment_t latest = due == DUE_DESTROY_KEYS   ? standing->keys_by
                      : due == DUE_REMOVE_BYTES ? standing->bytes_by
                                                : 0;
    return latest > now ? latest : now;
}

/* Everything that is due now is done; what may wait is done when it must be. False where nothing was. */
static bool acts_do(struct calendar *calendar, moment_t now)
{
    struct standing standing = life_at(calendar->contract, &calendar->facts, now);
    bool did = false;
    for (enum due due = 0; due < DUE_COUNT; due++) {
        if (!standing.due[due] || act_when(&standing, due, now) > now)
            continue;
        life_done(&calendar->facts, due, now);
        bool latest = due == DUE_DESTROY_KEYS || due == DUE_REMOVE_BYTES;
        event_put(calendar, &(struct life_event){now, acts[due].promise, acts[due].what, latest});
        did = true;
    }
    return did;
}

static void nearer(moment_t moment, moment_t now, moment_t *io_next)
{
    if (moment > now && moment < *io_next)
        *io_next = moment;
}

static moment_t next_moment(const struct calendar *calendar, moment_t now)
{
    struct standing standing = life_at(calendar->contract, &calendar->facts, now);
    moment_t next = MOMENT_MAX;
    for (size_t i = 0; i < DATES; i++)
        nearer(date_at(&standing, i), now, &next);
    nearer(calendar->facts.requested, now, &next);
    nearer(standing.keys_by, now, &next);
    nearer(standing.bytes_by, now, &next);
    return next;
}

size_t life_events(const struct contract *contract, const struct life_facts *facts,
                   const struct life_span *span, struct life_event out_events[LIFE_EVENTS])
{
    struct calendar calendar = {contract, span, *facts, out_events, 0};
    moment_t now = span->now;
    calendar.facts.clock_held = false;
    if (facts->requested)
        event_put(&calendar, &(struct life_event){facts->requested, "erase.request",
                                                  "the client's request for deletion counts from here"});
    dates_put(&calendar, span->from - 1, now);
    past_put(&calendar);
    while (now <= span->until && now < MOMENT_MAX) {
        moment_t before = now;
        while (acts_do(&calendar, now))
            ;
        now = next_moment(&calendar, now);
        dates_put(&calendar, before, now);
    }
    return calendar.count;
}

void life_put_json(buf_t *out, const struct life_event *events, size_t count, int offset_minutes)
{
    buf_put(out, STR("["));
    for (size_t i = 0; i < count; i++) {
        date_text_t day = date_text(date_of(events[i].at - 1, offset_minutes));
        buf_putf(out, "%s{\"date\":\"%s\",\"at\":\"%s\",\"promise\":\"%s\",\"what\":", i ? "," : "", day.text,
                 moment_text(events[i].at).text, events[i].promise);
        buf_put_json(out, str(events[i].what));
        buf_putf(out, ",\"latest\":%s}", events[i].latest ? "true" : "false");
    }
    buf_put(out, STR("]"));
}
