/* SPDX-License-Identifier: Apache-2.0
 *
 * Restores and dry runs carried out, as rows of the table in works.c. Promise backup.restore.
 *
 * A restore writes through a handle of its own, so that the tenant is frozen for all others, those of this process too. One
 * that was ended half way has not begun: it is taken up again at the next start, and finds the tenant frozen for it. Who
 * is in the erasure ledger is asked for once it is frozen. What one of the provider's people asked for is done only where the
 * signed approval holds, which is looked at here again, with the client's approval key.
 */
#pragma once
#include "custodyd/works.h"
#include "snapshot/restore.h"

/* The erasure ledger, as far as it is about this tenant: subjects and devices, sorted. */
CHECKED err_t erased_read(struct working *working, ident_t tenant, idents_t *out_ids);

CHECKED err_t work_restore(struct working *working);
CHECKED err_t work_look(struct working *working);

/* Everything of the work's tenant, from the work's snapshot, but what the erasure ledger names now. */
CHECKED err_t work_restore_ask(struct working *working, struct restore_ask *out_ask);
