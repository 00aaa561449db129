/* SPDX-License-Identifier: Apache-2.0
 *
 * What endpoints are told to withhold, on its way from the keys process to them, and their word that they do.
 *
 *     TRY(withheld_keep(&desk, tenant, &(struct withheld){.id = device, .number = 3, .made = at, .note = note}));
 *     TRY(withheld_of(&desk, &intake, &withheld));            number 0: there is nothing to withhold
 *     TRY(withheld_heard(&desk, &intake, 3));                 the endpoint obeys number 3
 *
 * An older note never takes the place of a newer one. Of a device that is not there any more nothing is kept.
 */
#pragma once
#include "collect/intake.h"
#include "concept/withheld.h"

CHECKED err_t withheld_keep(struct desk *desk, ident_t tenant, struct withheld *withheld);
CHECKED err_t withheld_of(struct desk *desk, const struct intake *intake, struct withheld *out_withheld);
CHECKED err_t withheld_heard(struct desk *desk, const struct intake *intake, uint64_t number);

/* Of all devices of a tenant that withhold anything, in the order of their ids; in the desk's arena. */
struct withheld_page {
    struct withheld *at;
    size_t count;
};
CHECKED err_t withheld_all(struct desk *desk, ident_t tenant, struct withheld_page *out_page);
