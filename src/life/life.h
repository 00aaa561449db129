/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a client's data, as a pure function: what the contract says, what has happened, and now → what is due.
 * Promises licence.grace, licence.snapshots, erase.expiry, erase.request, erase.hours, erase.backups, erase.tell.
 *
 *     struct standing standing = life_at(&contract, &facts, now);
 *     if (standing.due[DUE_FREEZE]) …
 *
 *     active ─ licence ends ▶ grace ─ 14 days ▶ deactivated ─ 3 months from expiry ▶ marked ─ keys ▶ erased
 *        ▲──────── renewed, until the keys are destroyed ──────────┘
 *
 * In grace nothing is collected; the console is readable and exports are open. Deactivated, nobody signs in but to renew
 * or to look at what stands. A request for erasure has a clock of its own, and leads to the mark from anywhere.
 *
 * The three dates of a contract are kept apart:
 *
 *     expiry    the day that the licence ends; the contract's end where that is earlier, for no licence outlives it
 *     snapshots are kept for three calendar months from expiry
 *     deletion  begins three calendar months after the earlier of the contract's end and its non-renewal, which is the day
 *               that somebody said so, at the earliest expiry itself; where nobody said anything, after expiry. It never
 *               begins while the snapshots have to be kept
 *
 * What has happened counts for the expiry that it came after: a client that is told, frozen, deactivated or marked, and
 * renewed, begins anew without anything being cleared, and a clock that is put back undoes nothing. So a crash between any
 * two acts, with or without the fact of the first one, leads to the same acts again and to no others.
 *
 * It is asked by whoever acts on it, `keys` above all, which takes nobody's word for what is due. It keeps nothing and
 * asks no clock: while the caller's is not confirmed (facts.clock_held) neither the mark nor the destruction of keys is
 * due. What comes after the destruction is: nothing can be lost any more.
 */
#pragma once
#include "life/calendar.h"

enum life { LIFE_ACTIVE, LIFE_GRACE, LIFE_DEACTIVATED, LIFE_MARKED, LIFE_ERASED, LIFE_COUNT };

/* Dates; the zero date is none. The numbers are POLICY's unless the contract is stricter. */
struct contract {
    struct date licence_end, contract_end, not_renewed; /* each the last day of something */
    int offset_minutes; /* of the zone that the contract counts days in; 0: UTC */
    int grace_days, keep_months, keep_snapshots;
};
extern const struct contract contract_usual; /* no dates; 14, 3, 5 */

/* INVALID where a number is looser than the promises, or where a grace would last longer than what is kept after it. */
CHECKED err_t contract_check(const struct contract *contract);

/* Whether anything falls due earlier, or is kept shorter, than before: what one person must not do alone. */
bool contract_hastens(const struct contract *before, const struct contract *after);

/* What has happened: moments; 0 is not yet. */
struct life_facts {
    moment_t made;
    moment_t requested; /* from when on the client's request for erasure counts: its cooling-off is over */
    moment_t marked, keys_destroyed, rows_removed, blobs_removed, snapshots_removed, certified;
    moment_t deactivated; /* sessions ended, endpoints refused */
    moment_t told_grace, told_deactivated, told_erased;
    moment_t frozen; /* the set of snapshots that lived at expiry */
    bool clock_held; /* the clock jumped: nothing that cannot be undone */
    bool held;       /* a legal hold on something of it, which stays; nothing else waits for that */
};

enum due {
    DUE_FREEZE,     /* the snapshots of today are kept until the end */
    DUE_TELL_GRACE, /* a notice that the licence has expired */
    DUE_DEACTIVATE,
    DUE_TELL_DEACTIVATED,
    DUE_MARK, /* for deletion */
    DUE_DESTROY_KEYS,
    DUE_REMOVE_BYTES,
    DUE_CERTIFY,
    DUE_TELL_ERASED,
    DUE_COUNT
};

struct standing {
    enum life life;
    bool collects, readable, exports, renewable;
    bool due[DUE_COUNT];
    moment_t expires, grace_ends, snapshots_end, deletion_begins; /* 0: not on the calendar */
    moment_t mark_by, keys_by, bytes_by, backups_by;              /* deadlines of an erasure that has begun */
};
struct standing life_at(const struct contract *contract, const struct life_facts *facts, moment_t now);
const char *life_name(enum life life);
const char *due_name(enum due due);

/* Writes down that something was done; removed bytes are rows, blobs and snapshots. */
void life_done(struct life_facts *facts, enum due due, moment_t at);

/* A client's calendar: the dates and what was done from `from` on, and what will happen from `now` to `until` if
 * everything is done as it falls due, or, of a destruction, at the latest moment that is promised. In order, each with its
 * promise. */
struct life_event {
    moment_t at;
    const char *promise, *what;
    bool latest; /* it happens then at the latest */
};
struct life_span {
    moment_t from, now, until;
};
enum { LIFE_EVENTS = 64 };
size_t life_events(const struct contract *contract, const struct life_facts *facts,
                   const struct life_span *span, struct life_event out_events[LIFE_EVENTS]);

/* A JSON array of them: each with its moment, and the day that it is of where the contract counts them, which of midnight is
 * the day that ends. */
void life_put_json(buf_t *out, const struct life_event *events, size_t count, int offset_minutes);
