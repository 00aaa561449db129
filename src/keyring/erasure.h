/* SPDX-License-Identifier: Apache-2.0
 *
 * The erasure of a client, as the keys process does it and keeps it. Promises erase.request, erase.hours, erase.record.
 *
 *     cooling ─ the cooling-off is over ▶ marked ▶ destroyed ─ every store is empty ▶ certified ─ its log is signed ▶ closed
 *        └────── an owner takes it back ▶ withdrawn
 *
 * cooling    asked for by an owner in session, whose request is a note signed with the client's key; or entered by staff, from
 *            what the client has written, by its digest and with a second person; or fallen due by the life cycle.
 * marked     one commit: sessions end, the client's authority and its ways in go, nothing is taken in or opened any more. The
 *            list of what will be destroyed is made in it, and its digest stands in the client's log.
 * destroyed  the next commit, behind a line of the erasure ledger: the keys of all shards of the client are deleted, at a cost
 *            that does not depend on how much they wrapped. The KEK is rolled at once, so that stale copies are dead too.
 * certified  cells and rows of the keyring were swept in bounded batches, and each other store has told what it held and, in
 *            a second look, that nothing is left. The certificate is signed, its digest in both logs.
 * closed     the client's log is signed to its end; its signer is destroyed. What stays is the log's files, the certificate,
 *            and the client's id, name and dates, for invoices.
 *
 * A legal hold that stands is the exception: its key and the copies that it keeps lie in shards of their own, which no erasure
 * destroys; `held`, `holds` and the entries and devices that they name stay in the keyring, with the public half of the recovery
 * key, and the rows and blobs of what it names in the store. The certificate says how much. The recovery kit alone opens it
 * (admit/held_kit.c), which is told in the client's log: that is closed when the last hold is released. Two of staff enter a
 * release: the hold's keys are destroyed in that commit, and another erasure begins, marked at once, which takes the same steps
 * and names the one before.
 *
 * What runs for the client ends first: nothing is swept, and no store of the jobs process acknowledges, while a work of it does;
 * none is given out from the mark on, nor a key of its snapshots, and its log is not begun again.
 *
 * The jobs process says that it is time; whether it is, is looked at here anew. A crash between two steps leaves a state from
 * which erasure_due goes on.
 */
#pragma once
#include "keyring/answer.h"
#include "log/entry.h"
#include "tlog/certificate.h"

struct erasure {
    ident_t id, tenant, by, second, after; /* `after`: the one that a legal hold had left something of */
    str_t name, asked, state, document, request, commitment, certificate, log, log_key;
    moment_t requested, cooling, marked, destroyed, certified, closed;
    int64_t entry;
};

/* One is begun; CONFLICT where one is under way. */
struct erasure_begin {
    ident_t tenant, id; /* a zero id gets a new one */
    const char *asked;
    struct mention by;
    ident_t session, second;
    ident_t after;  /* zero: it is the client's first */
    str_t document; /* a digest, or empty */
    str_t request;
    moment_t cooling; /* for so long */
};
CHECKED err_t erasure_begin(struct ask *ask, const struct erasure_begin *begin, struct erasure *out_erasure);

/* What the life cycle calls when deletion falls due: begins one, where none is under way. */
CHECKED err_t erasure_due(struct ask *ask, ident_t tenant);

CHECKED err_t erasure_read(struct ask *ask, ident_t id, struct erasure *out_erasure); /* MISSING */
CHECKED err_t erasure_of(struct ask *ask, ident_t tenant,
                         struct erasure *out_erasure); /* one not withdrawn; MISSING */
CHECKED err_t erasure_step(struct ask *ask, const struct erasure *erasure, const char *state, moment_t *at);
static inline bool erasure_is(const struct erasure *erasure, const char *state)
{
    return str_eq(erasure->state, str(state));
}
/* By the contract, not by anybody's request. */
static inline bool erasure_is_due(const struct erasure *erasure)
{
    return str_eq(erasure->asked, STR("expiry"));
}

/* What is left once a legal hold was released. */
static inline bool erasure_is_release(const struct erasure *erasure)
{
    return str_eq(erasure->asked, STR("release"));
}

/* DENIED, and why, where it cannot be marked now: by the client's life (life/life.h), a legal hold that is not placed to its
 * end, or a clock that is not confirmed. */
CHECKED err_t erasure_judge(struct ask *ask, const struct erasure *erasure);

/* In the client's log and in the service's, by the clock where the entry says nobody. */
CHECKED err_t erasure_journal(struct ask *ask, const struct erasure *erasure, const struct entry *entry);

/* Whether the sweep takes rows of that table of the keyring. */
bool erasure_sweeps(const char *table);

/* As a message, with the stores; and what the keyring holds of the client. */
CHECKED err_t erasure_put(struct ask *ask, const struct erasure *erasure, Keys__Erasure *out);
CHECKED err_t erasure_counts(struct ask *ask, ident_t tenant, Keys__Erasure *out);

/* What signs certificates, made with the first question for it, and its public half. */
CHECKED err_t certifier_key(struct ask *ask, char **out_key);

/* The certificate, where every store has acknowledged; nothing where one has not. */
CHECKED err_t erasure_certify(struct ask *ask, ident_t id);

/* The last notice of an erased client (POLICY reading 11). At the mark each notice address is sealed in a cell of the
 * service's, under a notice of the service's that has none itself; it is destroyed when the notice was taken over, or 30 days
 * after the mark, by a clock that is confirmed. `last_notice_address` gives "" where the notice is no such one. */
enum { LAST_NOTICE_DAYS = 30 };
CHECKED err_t last_notices_keep(struct ask *ask, const struct erasure *erasure);
CHECKED err_t last_notice_address(struct ask *ask, ident_t notice, char **out_address);
CHECKED err_t last_notice_end(struct ask *ask, ident_t notice);
CHECKED err_t last_notices_expire(struct ask *ask);
