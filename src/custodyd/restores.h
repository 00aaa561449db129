/* SPDX-License-Identifier: Apache-2.0
 *
 * Restores, dry runs and drills carried out, as rows of the table in works.c. Promise backup.restore.
 *
 * A restore writes through a handle of its own, so that the tenant is frozen for all others, those of this process too. One
 * that was ended half way has not begun: it is taken up again at the next start, and finds the tenant frozen for it. Who
 * is in the erasure ledger is asked for right before. What one of the provider's people asked for is done only where the
 * signed approval holds, which is looked at here again, with the client's approval key.
 *
 * A drill verifies the newest snapshot in full, builds an empty store from it in SNAPSHOTS/drill/, compares every row and
 * blob, and takes it away again. What a drill that was ended leaves is taken away by the next one of the tenant.
 */
#pragma once
#include "custodyd/works.h"

CHECKED err_t work_restore(struct working *working);
CHECKED err_t work_look(struct working *working);
CHECKED err_t work_drill(struct working *working);
