/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the keyring's database, all of them, a room at a time. A new one goes into its room; what has once been
 * on a client's disk is added to, never changed.
 *
 *     TRY(schema_lay(db));        what is there already stays as it is
 */
#pragma once
#include "store/db.h"

CHECKED err_t schema_lay(struct db *db);
