/* SPDX-License-Identifier: Apache-2.0
 *
 * The drill: what is left when a machine is lost builds an empty one. Promise backup.restore.
 *
 * From the keyring's copy (keyring/copies.h), which is made anew where it lags, come the keys of the snapshots, and nothing from
 * the keyring itself. With them the newest snapshot of the service's own state is read: the settings, and what it says of the
 * client. Then the client's newest one is verified in full, and whether each subject's private half is in the copy and opens;
 * a store is built from it in SNAPSHOTS/drill/, every row and blob compared, and taken away again, whatever came of it. What
 * a drill leaves that was killed is taken away when the process starts.
 *
 * Where the service's own snapshot is older than the client, one is taken first.
 */
#pragma once
#include "custodyd/works.h"

CHECKED err_t work_drill(struct working *working);
void drills_clear(struct jobs *jobs); /* before a worker is there */
