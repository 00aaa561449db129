/* SPDX-License-Identifier: Apache-2.0
 *
 * From what was collected to reports in the spool: the items that differ from what was last put there, sealed, in as many
 * reports as they need.
 *
 *     struct draft draft = {.spool = &spool, .state = &state};
 *     TRY(draft_items(&draft, &items));
 *     TRY(state_save(env, folder, &state));                the batch counts from here on
 *     draft.trouble                                        ERR_OK, or what kept an item out of every report
 *
 * The state's sequence and digests go forward in memory as each report is put. A batch that would pass the spool's
 * limit ends before; the rest differs still when the next one is made. An item that fits in no report is left out
 * (TOO_LARGE), and one that could not be read (BROKEN); `note` says which. One whose subject's key is not known yet waits.
 */
#pragma once
#include "agent/list.h"
#include "agent/spool.h"

struct draft {
    struct spool *spool;
    struct state *state;
    err_t trouble;
    char note[256];
};

CHECKED err_t draft_items(struct draft *draft, const struct list *items);
