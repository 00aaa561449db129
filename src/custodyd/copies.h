/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies into another client (keyring/twins.h), as rows of the table in works.c. Promise backup.restore.
 *
 * work_copy_look()  a work of the original: counts what would come, and says to the keys process whom it is sealed to.
 * work_copy()       a work of the copy, once its keys are there: fills its store in one act. Before the commit the keys process
 *                   knows each subject as the copy's, or nothing comes.
 *
 * The words of either name the other client, and the snapshot: "ten_… snp_…".
 *
 * Whatever ended it, either is begun again from the start. Neither opens a record: rows are carried over as they stand.
 */
#pragma once
#include "custodyd/works.h"

CHECKED err_t work_copy_look(struct working *working);
CHECKED err_t work_copy(struct working *working);
