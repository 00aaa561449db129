/* SPDX-License-Identifier: Apache-2.0
 *
 * The promises, each with its check: run over the live state and the evidence log whenever somebody asks.
 *
 *     struct finding findings[PROMISES];
 *     TRY(prove(&(struct proving){&desk, tenant, bearer, logs}, findings));
 *
 * A promise is KEPT or BROKEN by what its check found, with the evidence in words; one whose check is not written yet has
 * NO_EVIDENCE and is never called kept. A check that cannot be carried out is an error, and no answer at all.
 *
 * What is checked today:
 *
 * access.client-only   the log's files lead to the signed root, its numbers have no gap, nothing waits for its signature
 *                      for more than a second; every opening in it is by a member or a program of the client, or under its grant; every
 *                      sealed column in the client's file is a sealed record. With what POLICY excepts from it, counted
 * access.support       whatever the provider's people did stands in the log under a grant that was on at that entry, but for
 *                      what needs none (UNGRANTED in log/act.h), of which the duties are counted as exceptions
 * staff.bound          no request was made by one of staff who was not current at that moment
 * ops.procedures       the certificate on file is valid, and no destructive act was done without a second person
 * backup.daily         the last snapshot is not older than a day and some minutes, and verified; said where it stands on the
 *                      store's own device
 * backup.keep          of the newest five daily ones none is gone or does not verify, and all were verified in full within
 *                      eight days, those of the service too
 * erase.*              of every client that was erased, by the keyring: when each step was done, against what was promised;
 *                      and the own request, where there is one
 * licence.grace        after the licence's end nothing was taken in; the client was told, and deactivated when the grace was over
 * licence.snapshots    the set that lived at that end was frozen, and is kept for as long as is promised
 * erase.expiry         deletion began when it was due, or when it will
 * backup.restore       what the last drill found: a store built from nothing but a snapshot, and compared; and that the store
 *                      is not behind its high-water mark. While it is, checks that read it have no evidence
 * retain.capacity      what is kept was counted anew within two days, to a difference of 0; nothing is kept that is older than
 *                      the client's maximum; no more is kept than the capacity since yesterday, unless nothing may go
 * collect.user         what is kept of how many members, by the record's own field list
 * collect.device       how many of each item of the closed list are kept, and which are switched off
 * erase.tell           of the newest deactivation, or deletion, at least one address or webhook accepted the notice, and
 *                      each acceptance stands in the log
 * person.forget        of whoever was forgotten no key is left, no writer has one, no row and no copy that opens; the log has it
 * extract.handover     each extraction in the log was accepted by name before, and has a receipt that the log's key signed
 *
 * Cost: the whole log is read and hashed, about 3 µs an entry.
 */
#pragma once
#include "collect/desk.h"
#include "concept/promise.h"

enum finding_state { FINDING_NO_EVIDENCE, FINDING_KEPT, FINDING_BROKEN, FINDING_NOT_YET_DUE };

/* What is excepted from a promise, and how much of it there is now. */
struct exception {
    str_t what, why;
    int64_t count;
};

/* All of it in the desk's arena. */
struct finding {
    enum finding_state state;
    str_t evidence;
    const struct exception *exceptions; /* NULL: the promise has none */
    size_t exception_count;
};

struct proving {
    struct desk *desk;
    ident_t tenant;
    const char *bearer, *logs;
};

struct promise {
    const char *id, *title;
    err_t (*check)(struct proving *proving, struct finding *out_finding); /* NULL: not written yet */
};
extern const struct promise promises[PROMISES];

CHECKED err_t prove(struct proving *proving, struct finding out_findings[PROMISES]);
const char *finding_name(enum finding_state state); /* as custody prove --json has it */
