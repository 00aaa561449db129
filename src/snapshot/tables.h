/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables that only snapshots have, beside the places of a tenant's file.
 *
 * subjects_table   the ids that rows of a snapshot are sealed to, as they came with each segment; a subject whose rows are
 *                  gone may still stand in it
 * control_table    in a snapshot of the service's own state: what control.db says of each tenant
 * settings_table   the same: the settings it was started with, one row
 */
#pragma once
#include "store/places.h"

extern const struct place subjects_table, control_table, settings_table;

/* A row of control_table; its texts are the row's. */
CHECKED err_t control_row(str_t row, struct tenant *out_tenant);
