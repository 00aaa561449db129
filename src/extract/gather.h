/* SPDX-License-Identifier: Apache-2.0
 *
 * What an export is about, gathered from store, log and keys process into an archive.
 *
 *     TRY(gather(&(struct gathering){&desk, ticket, scope, logs, archive, moved, with}));
 *
 * Everything of the client: each concept of its store, launches, recordings, policies, members, elevations, and its evidence
 * log as files. Of one person: the records and recordings that are sealed to them, what the lists of their devices say of their accounts, the
 * entries of the log that name them; of others nothing, not even an id. What the export has no key for is counted, and the
 * manifest says so. The cut is not one moment: a record that changes meanwhile is there as it was before, or after.
 *
 * moved() is told how many records there are so far. What it returns but ERR_OK ends the export.
 */
#pragma once
#include "collect/inventory.h"
#include "extract/archive.h"

struct gathering {
    struct desk *desk;
    const char *ticket;
    const Keys__ExportScope *scope;
    const char *logs;
    struct archive *archive;
    err_t (*moved)(void *with, uint64_t records);
    void *with;
};
CHECKED err_t gather(const struct gathering *gathering);
