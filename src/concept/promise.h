/* SPDX-License-Identifier: Apache-2.0
 *
 * The promises of POLICY.md as one table: what code, console and command line know them by. The checks themselves are
 * in src/prove; a row names the function check_… there, or NULL where it is not written yet.
 *
 * annex   the controls of ISO/IEC 27001:2022, Annex A, that the promise's check is evidence for. ANNEX_A has those
 *         controls, in words of our own: the standard's titles and texts are its publisher's. That a check stands beside a
 *         control is evidence for whoever audits, and no certificate.
 */
#pragma once
#include "base/bytes.h"

/* clang-format off */
/*    id                     check        annex                       what is promised */
#define PROMISE_TABLE(P) \
    P("detect.monitor",      NULL,        "A.8.15 A.8.16",            "threats against the hosting environment are watched for continuously") \
    P("access.client-only",  client_only, "A.5.15 A.8.3 A.8.15 A.8.24","data is open to the client alone") \
    P("access.support",      support,     "A.5.18 A.8.2 A.8.15",      "staff do nothing to a client's data without the client's approval for the case") \
    P("staff.bound",         bound,       "A.6.2 A.6.3 A.6.6",        "all staff are under confidentiality agreements and trained every year") \
    P("ops.procedures",      procedures,  "A.5.3 A.5.35 A.5.37",      "procedures prevent errors, and are certified") \
    P("breach.notify",       NULL,        "A.5.5 A.5.24 A.5.26",      "clients are told promptly of a breach") \
    P("backup.daily",        daily,       "A.8.13",                   "a snapshot each day at 06:00 UTC") \
    P("backup.keep",         keep,        "A.8.13",                   "the past five days are kept") \
    P("backup.restore",      restore,     "A.5.30 A.8.13",            "one client is restored rapidly, and this is rehearsed weekly") \
    P("collect.device",      device,      "A.5.34",                   "of a device, only the items of the closed list are collected") \
    P("collect.user",        user,        "A.5.17 A.5.34",            "of a user, only name, username, verifier and e-mail are collected") \
    P("retain.capacity",     capacity,    "A.5.33 A.8.6",             "data is kept as the plan's capacity allows, and never goes silently") \
    P("person.forget",       forget,      "A.5.34 A.8.10",            "administrators can have a person forgotten") \
    P("licence.grace",       grace,       "A.5.31",                   "two weeks to extract data after the licence expires") \
    P("licence.snapshots",   frozen,      "A.5.31 A.8.13",            "snapshots are kept three months after the licence expires") \
    P("extract.credentials", NULL,        "A.5.17 A.8.13",            "a changed password is backed up on the client's own network") \
    P("extract.handover",    handover,    "A.5.14",                   "from extraction on, what was extracted is the client's responsibility") \
    P("erase.expiry",        expiry,      "A.5.31 A.8.10",            "deletion starts by itself three months after the contract ends") \
    P("erase.request",       erase_request,"A.8.10",                   "deletion starts on the client's written request") \
    P("erase.hours",         erase_hours, "A.8.10",                   "then the data is gone for good within hours") \
    P("erase.backups",       erase_backups,"A.8.10 A.8.13",            "its backups expire within six months") \
    P("erase.record",        erase_record,"A.5.28 A.8.10",            "the deletion is recorded for audit") \
    P("erase.tell",          tell,        "A.5.14 A.5.31",            "the client is told of the deactivation and of the deletion")

/*    control    what it asks for */
#define ANNEX_A(A) \
    A("A.5.3",  "duties that check each other are kept apart") \
    A("A.5.5",  "ways to the authorities are known") \
    A("A.5.14", "what is handed over is protected and agreed on") \
    A("A.5.15", "who may get at what is decided by rules") \
    A("A.5.17", "passwords and keys are handed out and kept safely") \
    A("A.5.18", "rights are given, looked at and taken away") \
    A("A.5.24", "incidents are prepared for") \
    A("A.5.26", "incidents are answered as was prepared") \
    A("A.5.28", "evidence is gathered so that it holds") \
    A("A.5.30", "systems come back in the time that was planned") \
    A("A.5.31", "what law and contract ask for is known and done") \
    A("A.5.33", "records are neither lost nor falsified") \
    A("A.5.34", "personal data is protected as the law asks") \
    A("A.5.35", "somebody independent looks at it") \
    A("A.5.37", "how things are done is written down") \
    A("A.6.2",  "contracts of employment say what people owe") \
    A("A.6.3",  "people are trained") \
    A("A.6.6",  "people have agreed to confidentiality") \
    A("A.8.2",  "far-reaching rights are few and watched") \
    A("A.8.3",  "information is closed but to those it is for") \
    A("A.8.6",  "capacity is watched and planned") \
    A("A.8.10", "what is no longer needed is deleted") \
    A("A.8.13", "backups are made, kept and tried") \
    A("A.8.15", "what happens is logged, and the log protected") \
    A("A.8.16", "systems are watched for what is unusual") \
    A("A.8.24", "cryptography and keys follow rules")
/* clang-format on */

enum {
#define P(id, check, annex, title) +1
    PROMISES = 0 PROMISE_TABLE(P)
#undef P
};

/* Markdown: each control, the promises that are evidence for it, and which of them are checked today. */
void describe_annex_a(buf_t *out);
