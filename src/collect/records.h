/* SPDX-License-Identifier: Apache-2.0
 *
 * Every record of a concept, opened one after the other, for who takes them out of the service.
 *
 *     TRY(records_walk(&desk, &reader, &(struct records_ask){.concept = &account_concept},
 *                      &(struct records_sink){found, with}));
 *
 * found() gets each record with its entries: of a LIST all that it holds, of a ONE the record itself, plain fields and
 * sealed ones together. A record that the reader's key does not reach, or that is broken, comes without what is sealed in it:
 * a list without entries. What it gives lives until it returns. Whatever it returns but ERR_OK ends the walk. Records that are written
 * meanwhile may be there or not. Memory: that of a page, MAX_MEMORY at most; a page that takes more is read again as two.
 */
#pragma once
#include "collect/inventory.h"

struct records_ask {
    const concept_t *concept;
    const ident_t *device; /* of this one alone; NULL: of all */
};
struct record_found {
    ident_t id, parent, subject;
    moment_t changed;
    int64_t kept; /* how many entries are sealed in it, whether they could be opened or not */
    const void *entries;
    size_t count;
    bool broken;
};
struct records_sink {
    err_t (*found)(void *with, const struct record_found *found);
    void *with;
};
CHECKED err_t records_walk(struct desk *desk, const struct reader *reader, const struct records_ask *ask,
                           const struct records_sink *sink);
