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
 * or to look at what stands. The three dates of a contract are kept apart: when the licence expires, when the contract
 * ends, when it was said that it is not renewed; deletion counts three calendar months from the earliest of the contract's
 * end, and the licence's expiry where it was not renewed. A request for erasure has a clock of its own.
 *
 * It is asked by whoever acts on it, `keys` above all, which takes nobody's word for what is due. It keeps nothing and
 * asks no clock: `now` is the caller's, who has to hold back what cannot be undone while its clock is not confirmed
 * (facts.clock_held).
 */
#pragma once
#include "life/calendar.h"

enum life { LIFE_ACTIVE, LIFE_GRACE, LIFE_DEACTIVATED, LIFE_MARKED, LIFE_ERASED, LIFE_COUNT };

/* Dates; the zero date is none. The numbers are POLICY's unless the contract is stricter. */
struct contract {
    struct date licence_end, contract_end, not_renewed;
    int offset_minutes; /* of the zone that the contract counts days in; 0: UTC */
    int grace_days, keep_months, keep_snapshots;
};
extern const struct contract contract_usual; /* no dates; 14, 3, 5 */

/* What has happened: moments; 0 is not yet. */
struct life_facts {
    moment_t made;
    moment_t requested; /* that the client asked for erasure, cooling-off over */
    moment_t marked, keys_destroyed, rows_removed, blobs_removed, snapshots_removed, certified;
    moment_t told_grace, told_deactivated, told_erased;
    moment_t frozen; /* the set of snapshots that lived at expiry */
    bool clock_held; /* the clock jumped: nothing that cannot be undone */
    bool held;       /* a legal hold on something of it */
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

/* What will happen when, if everything is done as it falls due: dated events, in order, each with its promise. */
struct life_event {
    moment_t at;
    const char *promise, *what;
};
enum { LIFE_EVENTS = 64 };
size_t life_events(const struct contract *contract, const struct life_facts *facts, moment_t from,
                   moment_t until, struct life_event out_events[LIFE_EVENTS]);
