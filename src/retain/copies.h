/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client's snapshots take up beside what is kept: shown apart, and no part of the capacity. Read from the folder
 * as docs/formats/snapshot.md lays it out; no file is opened.
 */
#pragma once
#include "store/blobs.h"

struct copies {
    int64_t files, bytes; /* all of them */
    int64_t gone,
        gone_bytes; /* copies of blobs that the store has no more: they go with the last snapshot naming them */
};
/* No folder (NULL, or not there): none. */
CHECKED err_t copies_measure(struct store *store, const char *folder, ident_t tenant,
                             struct copies *out_copies);
