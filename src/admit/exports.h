/* SPDX-License-Identifier: Apache-2.0
 *
 * Exports: what leaves the service, for the client itself. Promise extract.handover.
 *
 *     export_make    in the session of an owner (everything) or of who cares for people's data (one person), with the
 *                    client's name typed under the warning: a key pair of the export's own, half of it a cell here, half
 *                    in the ticket that is given back once
 *     export_seal    in a session: some hundred of the private keys in scope are sealed to it; until none is left
 *     export_begin   with the ticket: what it is about. export_open, export_elevations: what is in it; told of each time
 *     export_made    with the ticket: the archive is whole. The key ends here: nothing opens any more
 *     export_hand    in a session: the archive is about to be given out. The first time the receipt is signed
 *
 * So that opening goes on without the session, and an archive that could not be finished is begun anew with the ticket. An
 * export ends EXPORT_HOURS after it was made, by the clock and the boot clock; when a person of the client ends it; and when
 * any key in its scope is destroyed, or the member who made it is removed: then the archive holds what was to be gone.
 * A token with the scope makes handovers alone: `by` is
 * then who made the token, and accepted the warning with that. The tenant's key is never sealed to it. What opens exports stands in no copy that outlives the next roll.
 */
#pragma once
#include "keyring/journal.h"

enum { EXPORT_HOURS = 24, EXPORT_SEALED_AT_ONCE = 512, EXPORT_PAGE = 256 };

struct export
{
    ident_t id, tenant, by, request;
    ident_t token; /* that made it, and alone may go on with it; zero: a person's session */
    str_t kind, state, recipient;
    moment_t made, until, boot;
    struct key public;
    int64_t entries, sealed;
    int64_t size, files, records;
    uint8_t digest[DIGEST_SIZE], manifest[DIGEST_SIZE];
    moment_t handed;
};
CHECKED err_t export_read(struct ask *ask, ident_t id, struct export *out_export); /* MISSING */
CHECKED err_t export_message(struct ask *ask, ident_t id, Keys__Export *out);
static inline bool export_is(const struct export *export, const char *state)
{
    return str_eq(export->state, str(state));
}

/* The one that a Keys__Named is about, of the bearer's own client, with the right to it. */
CHECKED err_t export_asked(struct ask *ask, struct who *who, struct export *out_export);

/* The client's name, typed under the warning by a person: INVALID where it is another, DENIED where it is a program. */
CHECKED err_t name_typed(struct ask *ask, const struct who *who, const char *typed);

/* Whether the times of both clocks are over. */
bool export_is_over(struct ask *ask, const struct export *export);

/* Its key, and what is sealed to it, destroyed; the row stays. `by` without a prefix: the clock, or a key that ended. */
CHECKED err_t export_end(struct ask *ask, const struct export *export, const struct entry *told,
                         const char *why);

/* Whom a request is about, 16 bytes each; CONFLICT where it is not open. */
/* Each minute: a notice a week before a request's answer is due, and one when it is late. */
CHECKED err_t subject_accesses_due(struct ask *ask);

CHECKED err_t subject_access_subjects(struct ask *ask, ident_t tenant, ident_t request, buf_t *out_ids);
