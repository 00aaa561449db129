/* SPDX-License-Identifier: Apache-2.0
 *
 * Intake: what endpoints send is sealed to its subjects, and stored before it is answered. Promise collect.device. Nothing
 * here can open what it stored.
 *
 * What an endpoint has sealed already is stored as it came: its concept has to be on the closed list, its subject one of this
 * device's, its form that of a sealed record, and the switches that its report obeys those in force (BUSY: to be sealed anew).
 * Whoever opens it looks at what is in it. What comes in clear, from agents of another kind and from older ones, is checked
 * against the closed list and sealed here.
 *
 *     TRY(intake_report(&desk, &(struct intake){tenant, device, body, peer_address}));
 *
 * Idempotent: a report (spool epoch and sequence) that was stored before is answered again and changes nothing. The
 * report is stored whole or not at all. INVALID names the item that does not fit; DENIED where the device is revoked,
 * or an item is about a subject of another device. What is sent about a subject that has been forgotten is answered
 * and discarded.
 */
#pragma once
#include "collect/desk.h"

struct intake {
    ident_t tenant, device;
    str_t body;         /* a packed Report */
    str_t peer_address; /* where the connection came from: the one item that the service sees for itself */
    bool unnumbered;    /* of an agent without a spool: what it tells again is stored again */
};

CHECKED err_t intake_report(struct desk *desk, const struct intake *intake);

/*
 * The same in two steps, without waiting for the commit:
 *
 *     OWN(parcel) parcel = NULL;
 *     TRY(intake_pack(&desk, &intake, &parcel));             checked and sealed
 *     intake_send(give(parcel), &(struct intake_end){settled, with});
 *
 * `settled` is called once with what intake_report would have returned and its note, on a thread of the store or before
 * intake_send() returns; the intake's body and address live until then. Without a channel in the desk nothing is waited
 * for at all: where the keys process would have to be asked, the parcel is NULL.
 */
struct intake_end {
    void (*settled)(void *with, err_t result, const char *note);
    void *with;
};
struct parcel;
typedef struct parcel *parcel_own;
void parcel_drop(struct parcel **parcel);
CHECKED err_t intake_pack(struct desk *desk, const struct intake *intake, struct parcel **out_parcel);
void intake_send(struct parcel *parcel, const struct intake_end *end);

/* Keys for the accounts whose ids the endpoint made: `body` is 16 bytes each. */
CHECKED err_t intake_accounts(struct desk *desk, const struct intake *intake);

/* The same, and what is to be sealed to, as seal/vouch.h has it; the device's own id may be among them. `videos`: of accounts
 * that are known the keys that their recordings are sealed to. */
CHECKED err_t intake_subjects(struct desk *desk, const struct intake *intake, bool videos, str_t *out_note);

/* Deployment key, computer name and certificate request in, certificate out; the device's row is there when it
 * returns, and the name sealed in it. Until somebody approves it, a device whose name the key's rule does not know is
 * `pending`: it has a certificate, and may do nothing with it but renew it. */
struct newcomer {
    str_t key, name, request_der;
    str_t machine; /* of a foreign agent, instead of a request: what it knows its machine by */
    bool node;     /* which is to be given a node key, instead of a certificate */
};
struct enrolled {
    ident_t tenant, device;
    str_t certificate_pem, state;
    str_t signer;   /* verifies the client's policies; empty: there is none yet */
    str_t node_key; /* of an agent that is not ours */
};
CHECKED err_t intake_enrol(struct desk *desk, const struct newcomer *newcomer, struct enrolled *out_enrolled);

/* Whether the endpoint may ask for anything: DENIED where it waits for approval or was revoked. */
CHECKED err_t intake_allowed(struct desk *desk, const struct intake *intake);

/* A new certificate for the same key: `intake->body` is the request. */
CHECKED err_t intake_renew(struct desk *desk, const struct intake *intake, str_t *out_certificate_pem);
