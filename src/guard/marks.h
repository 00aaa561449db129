/* SPDX-License-Identifier: Apache-2.0
 *
 * The file systems that are watched: all that can hold a program, and those that are mounted later.
 *
 *     OWN(marks) marks = {.group = fd};
 *     marks_refresh(&marks);                       at the start, and whenever marks_moved() says so
 *     marks_add(&marks, "/proc/4711/exe");         what is mounted where this process does not see it: a container
 *
 * A mark is on the file system, and so on every mount of it: bind mounts, other mount namespaces, chroots. One that lies
 * below another (overlay) is one of its own. `only` watches the file systems of these folders alone.
 *
 * What cannot be marked (proc and the kernel's other own ones, memfd) holds no programs, or is heard of when they run:
 * guard/trail.h. One thread.
 */
#pragma once
#include "base/bytes.h"

#include <sys/types.h>

enum { MARKS_MAX = 1024 };

struct marks {
    int group;
    const char *const *only; /* NULL-ended; NULL: all */
    int mountinfo;
    dev_t marked[MARKS_MAX];
    size_t count;
};
typedef struct marks marks_own;
void marks_drop(struct marks *marks);

void marks_refresh(struct marks *marks);
bool marks_moved(struct marks *marks);
bool marks_add(struct marks *marks, const char *path);
bool marks_has(const struct marks *marks, dev_t device);
