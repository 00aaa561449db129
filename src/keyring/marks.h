/* SPDX-License-Identifier: Apache-2.0
 *
 * The high-water marks: how far each client's store, log and keyring have been, in a file beside the erasure ledger and
 * outside of every snapshot. Whatever is behind them was copied back underneath the service (keyring/behind.h).
 *
 *     TRY(marks_open(env, folder, &marks));               reads it whole; a line that does not hold is named: BROKEN
 *     const struct mark *mark = marks_of(marks, tenant);  NULL: it has none
 *     TRY(marks_put(marks, &mark));
 *     TRY(marks_write(marks));                            nothing where it would be the same file
 *
 * The file is docs/formats/marks.md: a line of text a client, each with a hash over itself and the line before, replaced as
 * one step: a crash leaves the old marks or the new ones, and a mark that lags is no error. The service's own log stands
 * under the zero id.
 */
#pragma once
#include "crypt/seal.h"

struct mark {
    ident_t tenant;
    int64_t seq;   /* the next number of the store's counter */
    int64_t log;   /* entries of its log */
    int64_t epoch; /* how often it has come through a restore */
};

struct marks;
typedef struct marks *marks_own;
CHECKED err_t marks_open(struct env *env, const char *folder, struct marks **out_marks);
void marks_drop(struct marks **marks);

bool marks_found(const struct marks *marks); /* there was a file */
size_t marks_count(const struct marks *marks);
const struct mark *marks_at(const struct marks *marks, size_t number); /* in the order of their ids */
const struct mark *marks_of(const struct marks *marks, ident_t tenant);

/* In memory, until they are written. The first takes the place of the one there is. */
CHECKED err_t marks_put(struct marks *marks, const struct mark *mark);
void marks_remove(struct marks *marks, ident_t tenant);
CHECKED err_t marks_write(struct marks *marks);
