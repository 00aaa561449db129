/* SPDX-License-Identifier: Apache-2.0
 *
 * Files brought to where they are not yet: linked where that is one device and `may_link` says so, else copied.
 *
 *     struct bringing *bringing = NULL;                with the first file
 *     TRY(bring(&bringing, &(struct bring){.from = copy, .to = path, .name = id, .digest = digest}));
 *     TRY(bring_end(bringing));                        only now they are durable, and under their names
 *     bringing_drop(&bringing);                        whatever came of it
 *
 * Copies are made by a thread, beside whatever else is done. Of a copy the digest is made as it is read: BROKEN where it
 * is another, and nothing stands under its name; what failed is told by the next bring(), or at the end. All files of one go to
 * one folder. Copies are synced together, BROUGHT_AT_ONCE of them: a disk is asked once for what it can write meanwhile. A
 * crash leaves FILE.part, which the next one begins anew. bring() waits where BRING_WAITING of them wait already.
 */
#pragma once
#include "base/id.h"
#include "crypt/hash.h"

enum { BRING_PATH = 1024, BROUGHT_AT_ONCE = 32, BRING_WAITING = 4096 };

struct bring {
    const char *from, *to;
    ident_text_t name;
    const uint8_t *digest;
    bool may_link;
};

struct bringing;
CHECKED err_t bring(struct bringing **io_bringing, const struct bring *file);
CHECKED err_t bring_end(struct bringing *bringing); /* of NULL: nothing was to be brought */
void bringing_drop(struct bringing **bringing);
