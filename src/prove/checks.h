/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of the promise table. A check that finds a promise broken says so in its finding, and returns ERR_OK.
 */
#pragma once
#include "prove/prove.h"

CHECKED err_t check_client_only(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_support(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_bound(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_procedures(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_tell(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_restore(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_handover(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_user(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_device(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_erase_request(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_erase_hours(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_erase_backups(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_erase_record(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_grace(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_frozen(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_expiry(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_daily(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_keep(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_capacity(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_forget(struct proving *proving, struct finding *out_finding);

/* The drills; and since when the client's store is behind its high-water mark. */
CHECKED err_t drills_ask(struct proving *proving, Keys__Drills **out_drills);

/* What the keys process counts for the proof. */
CHECKED err_t duties_ask(struct proving *proving, Keys__Duties **out_duties);

/* The exceptions that POLICY allows from access.client-only, into its finding: what stands in clear by the concepts'
 * fields (of class PLAIN or SERVICE, for one of three purposes), counted in the store, and the leases in memory. */
CHECKED err_t exceptions_count(struct proving *proving, struct finding *finding);

/* The purposes that except a field, by its text for a person; NULL where it has another. */
const char *exception_purpose(purpose_t purpose);

/* Words of at most 512 bytes, in the arena. */
str_t words_put(struct proving *proving, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A finding in words, of at most 512 bytes, in the arena. */
struct finding finding_put(struct proving *proving, enum finding_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The rows of a concept in the client's file. */
struct sealed_rows {
    int64_t rows, sealed, entries,
        strange; /* of those with something sealed: not in the form of a sealed record */
};
CHECKED err_t sealed_launches(struct proving *proving, struct sealed_rows *out_rows);
CHECKED err_t sealed_rows(struct proving *proving, const concept_t *c, struct sealed_rows *out_rows);
