/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests: what people of the client have to say yes to before it is done. Promise access.support.
 *
 *     support   one of the provider's people asks for access for one case      admit/support.h
 *     removal   an owner asks for the removal of a member with rights          by a second person
 *     role      an owner asks for another role of a member, from or to one with rights   by a second person
 *     release   an owner asks for the release of a legal hold                  by a second person; `member` is the hold
 *
 *     open ──▶ approved ──▶ ended        support: ended by its time, the client, or whoever asked
 *          ──▶ refused | void | withdrawn
 *
 * The process that was in force when a request was made says who answers it (admit/process.h). The last yes does it, in
 * the same act. Unanswered for VOID_HOURS it is void. Never the requester, never whom it is about, nobody twice. A yes that is
 * not taken is told of in the client's log, in an act of its own: at most so often an hour.
 *
 * What the clock ends is ended each minute (requests_due), and is looked at again whenever it matters.
 */
#pragma once
#include "keyring/answer.h"

enum { VOID_HOURS = 12 };

struct request {
    ident_t id, tenant, by, process, member;
    str_t kind, state, case_id, acts;
    int64_t level, minutes;
    moment_t made, until;
};
CHECKED err_t request_read(struct ask *ask, ident_t id, struct request *out_request); /* MISSING */
CHECKED err_t request_turn(struct ask *ask, const struct request *request, const char *state);
CHECKED err_t request_devices(struct ask *ask, ident_t request, buf_t *out_ids);
static inline bool request_is(const struct request *request, const char *state)
{
    return str_eq(request->state, str(state));
}

/* What one of staff asked for, and holds, ends with it. */
CHECKED err_t requests_of_staff_end(struct ask *ask, ident_t staff);

/* The message of a request, as `who` may see it: words only with the tenant's key. */
CHECKED err_t request_message(struct ask *ask, const struct who *who, ident_t id,
                              Keys__Request **out_request);

/* Asks for a member's removal; where no second person has to say yes it is done at once. ask->out is a Keys__Request. */
CHECKED err_t removal_ask(struct ask *ask, const struct who *who, ident_t member, bool second);
/* The same, and of a role, for who answers something else. */
CHECKED err_t removal_make(struct ask *ask, const struct who *who, ident_t member, bool second,
                           ident_t *out_id);

/* Asks for the release of a hold; ask->out is a Keys__Request. CONFLICT where it was asked for already. */
CHECKED err_t release_ask(struct ask *ask, const struct who *who, ident_t hold);
CHECKED err_t release_waits(struct ask *ask, ident_t hold,
                            ProtobufCBinaryData *out_request); /* empty: none */

/* Asks for another role of a member, in the same way. */
struct role_asked {
    ident_t member;
    str_t role;
    bool second;
};
CHECKED err_t role_ask(struct ask *ask, const struct who *who, const struct role_asked *asked);
CHECKED err_t role_make(struct ask *ask, const struct who *who, const struct role_asked *asked,
                        ident_t *out_id);

/* DENIED for a clock that is behind what was signed last: what ends by time could be kept alive by it. */
CHECKED err_t clock_holds(struct ask *ask, ident_t tenant);
/* And for one of which a jump is held (keyring/clock.h): what is granted by it would last for another time than was said. */
CHECKED err_t clock_believed(struct ask *ask, ident_t tenant);
