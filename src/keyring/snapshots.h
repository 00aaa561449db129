/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots as the keyring knows them: the key around a tenant's, what signs their manifests, and which there are. Promises
 * backup.daily, backup.keep. The jobs process takes, verifies and prunes them (snapshot/snapshot.h), and says so here.
 *
 * The outer key is made when it is first asked for, each use is counted, and it ends with the tenant: from then on nobody
 * opens a segment. A manifest is signed here, with its entry in the same commit; its row is there from then on, and says
 * gone when a prune no longer finds it, also where a crash kept the manifest from being written.
 *
 *     TRY(snapshots_due(ask));               each minute: a work for each tenant whose daily one, or weekly verification, is due
 *     TRY(snapshots_end(ask, tenant));       destroys both keys, and forgets the rows: for an erasure
 *
 * A day begins at 06:00:00 UTC here, always: a fixed offset of the promise's 03:00 GMT-3. One that was missed is made up at
 * once, and one that failed is tried again after RETRY_MS.
 */
#pragma once
#include "keyring/answer.h"

#define SNAPSHOT_HOUR HOURS(6)
enum { SNAPSHOT_RETRY_MS = 10 * 60 * 1000 };

moment_t snapshot_day(moment_t now); /* when the day that `now` is in began: the last 06:00:00 UTC */
CHECKED err_t snapshots_due(struct ask *ask);
CHECKED err_t snapshots_read(struct ask *ask, ident_t tenant, Keys__Snapshots *out); /* newest first */
CHECKED err_t snapshots_end(struct ask *ask, ident_t tenant);
