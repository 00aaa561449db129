/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of a tenant's snapshots that a verification found to be wrong: a list beside them, so that no later snapshot builds
 * on one. A snapshot that names one stays wrong; the next is written anew where it would.
 *
 *     TRY(wrong_read(folder, &ids));       16 bytes each
 *     TRY(wrong_add(env, folder, id));
 */
#pragma once
#include "snapshot/_files.h"

enum { MOST_WRONG = 4096 };
CHECKED err_t wrong_read(struct env *env, const char *folder, buf_t *out_ids);
CHECKED err_t wrong_add(struct env *env, const char *folder, ident_t id);
CHECKED err_t wrong_heal(struct env *env, const char *folder, ident_t id);
CHECKED err_t wrong_forget(struct env *env, const char *folder); /* those whose file is gone */
bool wrong_has(const buf_t *ids, ident_t id);
