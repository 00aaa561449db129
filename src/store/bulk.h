/* SPDX-License-Identifier: Apache-2.0
 *
 * Many rows of one place changed at once, by somebody who knows what stands.
 *
 *     OWN(bulk) bulk = NULL;
 *     TRY(bulk_begin(tx, place, &bulk));
 *     TRY(bulk_row(bulk, &(struct bulk_row){key, .live = stands, .wanted = row}));     in the order of their keys
 *     TRY(bulk_end(bulk));
 *
 * Each is noted as changed and weighed as place_put() and place_remove() do it, but what stands is believed and not looked
 * at: BROKEN where nothing stands under the key of a `live`. Its bytes are those of the row, or the weights are wrong.
 *
 * A row that is new is written at once. The others are held back, BULK_HELD bytes of them, and written in the order in
 * which the file has them: keys are random, and each would bring a page of its own and put it back; so each page comes
 * once for all of its rows. Nothing is there for certain before bulk_end().
 */
#pragma once
#include "store/places.h"

enum { BULK_HELD = 48 * 1024 * 1024 };

struct bulk_row {
    str_t key, live, wanted; /* `at` NULL: nothing stands, nothing is to stand */
    bool back; /* so it was at the cut that the caller goes back to (changes_back()): it is not noted */
};

struct bulk;
typedef struct bulk *bulk_own;
CHECKED err_t bulk_begin(struct tx *tx, const struct place *place, struct bulk **out_bulk);
CHECKED err_t bulk_row(struct bulk *bulk, const struct bulk_row *row);
CHECKED err_t bulk_end(struct bulk *bulk);
void bulk_drop(struct bulk **bulk);
