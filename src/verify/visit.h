/* SPDX-License-Identifier: Apache-2.0
 *
 * A checkpoint as somebody brought it home: read, its signatures checked, and remembered as what the run is about.
 *
 *     OWN(visit) visit = {.bytes = BUF(MAX_NOTE)};
 *     TRY(visit_read(verify, path, &visit));
 *     TRY(visit_check(verify, &visit));            ERR_LOCKED with a verdict: see verify.h
 */
#pragma once
#include "verify/verify.h"

struct visit {
    buf_t bytes;
    struct checkpoint checkpoint;
};
typedef struct visit visit_own;
void visit_drop(struct visit *visit);

CHECKED err_t visit_read(struct verify *verify, const char *path, struct visit *visit);
CHECKED err_t visit_check(struct verify *verify, struct visit *visit);

/* The verdict on tiles that cannot be read: not there, or not of their form. Other errors pass through. */
CHECKED err_t find_in_tiles(struct verify *verify, err_t code);
