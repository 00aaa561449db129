/* SPDX-License-Identifier: Apache-2.0
 *
 * A machine that was lost, brought back in an empty folder: custodyd rebuild. Promise backup.restore; the procedure around it is
 * in docs/restores.md.
 *
 *     TRY(rebuild(&settings));          settings->home is new and holds root.key; --snapshots and --keyring-copy are what is left
 *
 * From the keyring's copy come the keys, people and rights; from the service's own snapshot what it says of each client; from
 * each client's newest snapshot its rows and recordings, compared as they stand (snapshot/restore.h); from the mirror beside
 * the snapshots the evidence logs. Who is in the copy's erasure ledger is left out, and a client that was erased as a whole.
 * One client that cannot be brought back holds no other up: it is named, and what is returned says so.
 *
 * Nothing is written to the snapshots or to the copy, and nothing serves meanwhile. High-water marks are in no copy: the keyring
 * that comes of it is behind, and answers nobody until it is accepted at the machine (keyring/behind.h).
 *
 * CONFLICT where the home has a keyring. A crash leaves the file HOME/rebuilding: until it was asked again and has ended, the
 * service does not start there. What is whole by then stays.
 */
#pragma once
#include "custodyd/settings.h"

CHECKED err_t rebuild(struct settings *settings);

/* CONFLICT while one has not ended. */
CHECKED err_t rebuild_ended(const struct settings *settings);
