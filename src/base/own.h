/* SPDX-License-Identifier: Apache-2.0
 *
 * Ownership in the type of the variable.
 *
 *     OWN(file) out = fopen(path, "w");     closed at the end of the scope, whatever return is taken
 *     *out_db = give(db);                   handed out of the scope: the variable forgets it
 *
 * Every kind K has `typedef … K_own` and `void K_drop(K_own *)`, which accepts a zeroed variable.
 */
#pragma once
#include "base/banned.h"

#define OWN(kind) __attribute__((cleanup(kind##_drop))) kind##_own
#define give(var) \
    ({ \
        typeof(var) kept_ = (var); \
        (var) = (typeof(var)){0}; \
        kept_; \
    })

typedef FILE *file_own;
static inline void file_drop(file_own *file)
{
    if (*file)
        fclose(*file);
}

/* A file descriptor; "none" is 0 as in any zeroed variable: descriptor 0 is never owned by one of these. */
typedef int fd_own;
static inline void fd_drop(fd_own *fd)
{
    if (*fd > 0)
        close(*fd);
}
