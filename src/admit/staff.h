/* SPDX-License-Identifier: Apache-2.0
 *
 * The provider's people, and what binds them: a confidentiality agreement, signed in the version that is in force, and
 * training in information security and in the GDPR, at most twelve months ago. Promise staff.bound.
 *
 *     TRY(staff_asks(ask, bearer, &who));     a session of a member who is current at this moment
 *     TRY(staff_current(ask, member));        DENIED, with what is missing
 *
 * Who is not current cannot sign in, and whoever lapses while signed in is refused from then on. The operator of the
 * machine invites them, at the service's socket; they join with a password, sign the agreement with a key that comes out
 * of it, and are trained by somebody else. They have no tenant's key, ever: see admit/grants.h.
 *
 * A signature is verified whenever it counts, by the public half that stands with it; in a session that half is held against
 * the member's own key too. One that does not hold is none: the agreement is signed anew.
 *
 * They are the members of the zero tenant; what is done to them stands in the service's own log.
 */
#pragma once
#include "keyring/answer.h"

/* clang-format off */
/*    topic                    column        what it is called */
#define TOPIC_TABLE(T_) \
    T_("information-security", security_at,  "training in information security") \
    T_("privacy",              privacy_at,   "training in the GDPR")
/* clang-format on */

enum { TRAINED_DAYS = 365, AGREEMENT_MAX = 32 * 1024 };

CHECKED err_t staff_asks(struct ask *ask, const char *bearer, struct who *out_who);
CHECKED err_t staff_current(struct ask *ask, ident_t member);

/* A member who may read the client's log, or one of staff who is current. */
CHECKED err_t viewer_asks(struct ask *ask, const char *bearer, struct who *out_who);

/* Requests whose maker was not current at that moment, as signatures and trainings say now: none, or something went wrong. */
CHECKED err_t staff_unbound(struct ask *ask, int64_t *out_requests);

/* Everything known of one; MISSING. */
CHECKED err_t staff_message(struct ask *ask, ident_t member, Keys__StaffMember *out);

/* The salt of their ways in. */
CHECKED err_t staff_salt(struct ask *ask, uint8_t out_salt[SALT_SIZE]);

/* Signs the agreement in force, in the name of who has just shown a password. */
CHECKED err_t agreement_sign(struct ask *ask, const struct who *who, const char *version);
