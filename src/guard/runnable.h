/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that somebody wants to run with other rights: found, held open, and such that nothing else can be run in its
 * place.
 *
 *     OWN(runnable) runnable = {0};
 *     TRY(runnable_find(program, cwd, &runnable));        MISSING: no such program; DENIED: none that may be run so
 *     runnable.path, runnable.trusted                     links resolved; `descriptor` runs what was judged
 *     TRY(runnable_digest(&runnable, sha256));
 *
 * A name without a slash is looked for in CLEAN_PATH alone, another from the folder it was typed in. Trusted is a file that
 * root owns and nobody else may write to, and so are all folders above it, on a file system that is not mounted nosuid: it runs
 * by its path, and nobody but root can put another there. Any other is copied into sealed memory (COPY_MOST bytes) before it is
 * judged: neither a swapped path nor a changed file makes a difference any more. The loader of programs (ld.so) is none: the program itself has to be named.
 */
#pragma once
#include "base/bytes.h"
#include "crypt/seal.h"

enum { COPY_MOST = 64 * 1024 * 1024, PATH_MOST = 4096 };

struct runnable {
    char path[PATH_MOST];
    int descriptor; /* open for reading: the file, or its copy */
    bool trusted;
};
typedef struct runnable runnable_own;
void runnable_drop(struct runnable *runnable);

CHECKED err_t runnable_find(str_t program, str_t cwd, struct runnable *out_runnable);
CHECKED err_t runnable_digest(const struct runnable *runnable, uint8_t out_sha256[DIGEST_SIZE]);
