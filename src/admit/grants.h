/* SPDX-License-Identifier: Apache-2.0
 *
 * Grants: access of one member of staff to the entries in scope of one request, for a time. Promise access.support.
 *
 *     TRY(grant_make(ask, &approver, &request));      in the approver's session, which has the tenant's key
 *     TRY(grant_end(ask, request.id));                destroys the keyring's half and what was sealed to it
 *
 * A grant has a key pair of its own. Each private key in scope is sealed to it again; the tenant's key never is. Of its
 * private half one part is a cell of the keyring, the other is sealed to the staff member's own key, which is there
 * while that member is in session: neither opens anything alone. Its end destroys the first; what a stale copy of the
 * keyring holds is dead after the next roll.
 *
 * It ends by the clock, by the boot clock (so that setting the clock back keeps nothing alive), by a person of the client,
 * or by whoever asked for it. Cost: about 70 µs an entry in scope, at most GRANT_ENTRIES.
 */
#pragma once
#include "admit/requests.h"
#include "tlog/note.h"

enum { GRANT_ENTRIES = 4096 };

CHECKED err_t grant_make(struct ask *ask, const struct who *who, const struct request *request);
CHECKED err_t grant_end(struct ask *ask, ident_t request);

/* What signs a client's approvals, known to all who look at one; and the new one, in a session that has just rotated the
 * tenant's key: what was approved before is held against the key of then. */
CHECKED err_t approvals_signer(struct ask *ask, const struct who *who, struct note_signer *out_signer);
CHECKED err_t approvals_rekey(struct ask *ask, const struct who *who);

CHECKED err_t grant_message(struct ask *ask, ident_t request,
                            Keys__Grant **out_grant); /* NULL: there is none */

/* Whether the times of both clocks are over. */
CHECKED err_t grant_is_over(struct ask *ask, ident_t request, bool *out_over);
