/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of the promise table. A check that finds a promise broken says so in its finding, and returns ERR_OK.
 */
#pragma once
#include "prove/prove.h"

CHECKED err_t check_client_only(struct proving *proving, struct finding *out_finding);
CHECKED err_t check_device(struct proving *proving, struct finding *out_finding);

/* A finding in words, of at most 512 bytes, in the arena. */
struct finding finding_put(struct proving *proving, enum finding_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The rows of a concept in the client's file. */
struct sealed_rows {
    int64_t rows, sealed, entries,
        strange; /* of those with something sealed: not in the form of a sealed record */
};
CHECKED err_t sealed_rows(struct proving *proving, const concept_t *c, struct sealed_rows *out_rows);
