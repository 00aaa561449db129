/* SPDX-License-Identifier: Apache-2.0
 *
 * Each client's contract and what has happened in its life, in a room of the keyring; what stands in the control of the
 * store is a copy of it. Promises licence.grace, licence.snapshots, erase.expiry.
 *
 *     TRY(licence_standing(ask, tenant, &standing));       evaluated anew, from here, at each ask
 *     TRY(licence_collects(ask, tenant));                  BUSY in grace, so that an endpoint waits; DENIED later
 *     TRY(life_put(ask, tenant, FACT_marked, now));        0 takes a fact back
 *
 * A client without a contract has no dates, and is active. A fact that is put again stays as it was put first, unless it
 * is of an earlier expiry (life/life.h says which count); whoever renews clears nothing.
 *
 * Each minute jobs asks which clients have anything due (licence_due), and has it done for each in an act of its own
 * (life_turn): notices and deactivation here, the snapshots that lived at expiry by a work "freeze" of jobs, which says
 * which they are (frozen_told); frozen_get says which of them no prune may take.
 */
#pragma once
#include "keyring/answer.h"
#include "keyring/life_facts.h"
#include "life/life.h"

enum life_fact {
#define F(name) FACT_##name,
    LIFE_FACTS(F)
#undef F
        FACT_COUNT
};

struct licence {
    struct contract contract;
    int64_t capacity; /* GiB of the plan; 0: not said */
    moment_t changed; /* 0: there is no contract */
    struct life_facts facts;
};
CHECKED err_t licence_read(struct ask *ask, ident_t tenant, struct licence *out_licence);
CHECKED err_t licence_standing(struct ask *ask, ident_t tenant, struct standing *out_standing);
CHECKED err_t licence_put(struct ask *ask, ident_t tenant, const struct licence *licence);
CHECKED err_t life_put(struct ask *ask, ident_t tenant, enum life_fact fact, moment_t at);

/* What an endpoint may bring: reports, launches, its enrolment. */
CHECKED err_t licence_collects(struct ask *ask, ident_t tenant);
/* Whether an endpoint is answered at all: DENIED once the client is deactivated. */
CHECKED err_t licence_answers(struct ask *ask, ident_t tenant);
/* Whether this member is let in: once the client is deactivated, an owner, to whatever needs no right but to be one of
 * it, and nobody else. DENIED with the dates. */
CHECKED err_t licence_admits(struct ask *ask, const struct who *who, right_t right);

/* Every session of the client's members ends. */
CHECKED err_t tenant_sessions_end(struct ask *ask, ident_t tenant);

/* What is due is done by a function each, a row of one table in contracts.c, in the order of enum due and in one act of the
 * client's own; the fact that it was done is put by the function. */
struct life_turn {
    ident_t tenant;
    const struct standing *standing;
    moment_t now;
};
typedef err_t life_act(struct ask *ask, const struct life_turn *turn);

/* The message of a licence, with its facts. */
CHECKED err_t licence_message(struct ask *ask, ident_t tenant, Keys__Licence *out);
CHECKED err_t contract_from(const Keys__Contract *in, struct licence *out_licence); /* INVALID */
