/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening records of one concept, as the parts of the inventory share it.
 */
#pragma once
#include "collect/inventory.h"

/* One record opened: its entries, none where its subject is dead or nothing has been sealed yet. What stands in a record its
 * endpoint may have sealed, and nobody looked at it before: one whose box, frame or list is none is `broken`, and says
 * nothing of the others. */
struct opened {
    const struct record *record;
    void *entries;
    size_t count;
    bool broken;
};

/* All records of a page, in its order; results in the arena. */
CHECKED err_t records_open(struct desk *desk, const struct reader *reader, const concept_t *c,
                           const struct record_page *page, struct opened **out_opened);

struct listing {
    struct desk *desk;
    const concept_t *concept;
    struct record_ask ask;
    struct record_page page;
};

/* These records as devices, opened, with their states. */
CHECKED err_t devices_show(struct desk *desk, const struct reader *reader, const struct record_page *records,
                           struct device_page *out_page);
CHECKED err_t listing_read(struct tx *tx, void *with); /* an act */
