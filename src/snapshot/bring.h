/* SPDX-License-Identifier: Apache-2.0
 *
 * Files brought to where they are not yet: linked where that is one device and `may_link` says so, else copied.
 *
 *     OWN(bringing) bringing = {.may_link = true};
 *     TRY(bring(&bringing, &(struct bring){.from = copy, .to = path, .name = "blob_…", .digest = digest}));
 *     TRY(bring_end(&bringing));                   only now they are durable, and under their names
 *
 * Of a copy the digest is made as it is read: BROKEN where it is another, and nothing stands under its name. All files of one go to one
 * folder. Copies are synced together, BROUGHT_AT_ONCE of them: a disk is asked once for what it can write meanwhile. A
 * crash leaves FILE.part, which the next one begins anew.
 */
#pragma once
#include "crypt/hash.h"

enum { BRING_PATH = 1024, BROUGHT_AT_ONCE = 64 };

struct bring {
    const char *from, *to, *name;
    const uint8_t *digest;
};

struct brought {
    char path[BRING_PATH];
    int fd;
};

struct bringing {
    bool may_link;
    char path[BRING_PATH]; /* of the last one: its folder is synced */
    struct brought at[BROUGHT_AT_ONCE];
    size_t count;
    buf_t part;
};
typedef struct bringing bringing_own;
CHECKED err_t bring(struct bringing *bringing, const struct bring *file);
CHECKED err_t bring_end(struct bringing *bringing);
void bringing_drop(struct bringing *bringing);
