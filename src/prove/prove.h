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
 *                      for more than a second; every opening in it is by a member or a program of the client; every
 *                      sealed column in the client's file is a sealed record. With what POLICY excepts from it, counted
 * collect.device       how many of each item of the closed list are kept, and which are switched off
 *
 * Cost: the whole log is read and hashed, about 3 µs an entry.
 */
#pragma once
#include "collect/desk.h"

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

/* clang-format off */
/*    id                     check        what is promised */
#define PROMISE_TABLE(P) \
    P("detect.monitor",      NULL,        "threats against the hosting environment are watched for continuously") \
    P("access.client-only",  client_only, "data is open to the client alone") \
    P("access.support",      NULL,        "staff do nothing to a client's data without the client's approval for the case") \
    P("staff.bound",         NULL,        "all staff are under confidentiality agreements and trained every year") \
    P("ops.procedures",      NULL,        "procedures prevent errors, and are certified") \
    P("breach.notify",       NULL,        "clients are told promptly of a breach") \
    P("backup.daily",        NULL,        "a snapshot each day at 06:00 UTC") \
    P("backup.keep",         NULL,        "the past five days are kept") \
    P("backup.restore",      NULL,        "one client is restored rapidly, and this is rehearsed weekly") \
    P("collect.device",      device,      "of a device, only the items of the closed list are collected") \
    P("collect.user",        NULL,        "of a user, only name, username, verifier and e-mail are collected") \
    P("person.forget",       NULL,        "administrators can have a person forgotten") \
    P("retain.capacity",     NULL,        "data is kept as the plan's capacity allows, and never goes silently") \
    P("licence.grace",       NULL,        "two weeks to extract data after the licence expires") \
    P("licence.snapshots",   NULL,        "snapshots are kept three months after the licence expires") \
    P("extract.credentials", NULL,        "a changed password is backed up on the client's own network") \
    P("extract.handover",    NULL,        "from extraction on, what was extracted is the client's responsibility") \
    P("erase.expiry",        NULL,        "deletion starts by itself three months after the contract ends") \
    P("erase.request",       NULL,        "deletion starts on the client's written request") \
    P("erase.hours",         NULL,        "then the data is gone for good within hours") \
    P("erase.backups",       NULL,        "its backups expire within six months") \
    P("erase.record",        NULL,        "the deletion is recorded for audit") \
    P("erase.tell",          NULL,        "the client is told of the deactivation and of the deletion")
/* clang-format on */

enum {
#define P(id, check, title) +1
    PROMISES = 0 PROMISE_TABLE(P)
#undef P
};

struct promise {
    const char *id, *title;
    err_t (*check)(struct proving *proving, struct finding *out_finding); /* NULL: not written yet */
};
extern const struct promise promises[PROMISES];

CHECKED err_t prove(struct proving *proving, struct finding out_findings[PROMISES]);
const char *finding_name(enum finding_state state); /* as custody prove --json has it */
