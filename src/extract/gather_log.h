/* SPDX-License-Identifier: Apache-2.0
 *
 * The evidence log in an archive: its files as a client copies them and as custody-verify checks them, and its entries as a
 * table; of one person only those that are about them, and of those only what is theirs.
 */
#pragma once
#include "extract/gather.h"

enum { MOVED_EVERY = 256 };

CHECKED err_t log_gather(const struct gathering *gathering);

/* What the parts of gathering share. */
bool is_of_person(const struct gathering *gathering, ident_t id);
CHECKED err_t row_put(const struct gathering *gathering, struct table *table);
CHECKED err_t table_gather(const struct gathering *gathering, struct table *table,
                           err_t (*each)(const struct gathering *gathering, struct table *table));
