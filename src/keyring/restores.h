/* SPDX-License-Identifier: Apache-2.0
 *
 * Restores and drills, as the keys process sees them: who may ask for one, that it is done by the jobs process as a work,
 * what of it stands in the log, and who is in the erasure ledger. Promise backup.restore.
 *
 * A member with RIGHT_KEEP asks for a restore of the tenant, or of one device; the tenant's name typed is the confirmation. One of the
 * provider's people asks for that of a device in the scope of a request that the client approved for it, and the jobs
 * process looks at the signed approval itself. A dry run needs no name, and writes no entry.
 *
 * The words of such a work: "dev_…" of one device, "req_…" of staff, one space between.
 *
 * A drill is due for each claimed tenant DRILL_DAYS after its last, and a day after it was made.
 */
#pragma once
#include "keyring/works.h"

enum { DRILL_DAYS = 7, DRILLS_AT_ONCE = 8 };

#define WORK_RESTORE "restore"
#define WORK_LOOK    "restore.look" /* a dry run */
#define WORK_DRILL   "drill"

/* Asks for it, and writes that down; ask->out is a Keys__RestoreAsked. */
struct restore_wish {
    ident_t tenant, snapshot;
    const ident_t *device;
    bool look;
    const struct entry *told; /* by whom, in which session, under which request */
};
CHECKED err_t restore_wish(struct ask *ask, const struct restore_wish *wish);

CHECKED err_t drills_due(struct keyring *keyring, void *unused);
