/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/marks.h"

#include "guard/mounts.h"
#include "sys/env.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/stat.h>

enum { MOUNTINFO_MAX = 16 * 1024 * 1024 };

void marks_drop(struct marks *marks) { fd_drop(&marks->mountinfo); }

bool marks_has(const struct marks *marks, dev_t device)
{
    for (size_t i = 0; i < marks->count; i++)
        if (marks->marked[i] == device)
            return true;
    return false;
}

/* One that the kernel refuses to watch is not tried again for each launch. */
static void marks_note(struct marks *marks, dev_t device)
{
    if (marks->count < MARKS_MAX && !marks_has(marks, device))
        marks->marked[marks->count++] = device;
}

bool marks_add(struct marks *marks, const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0)
        marks_note(marks, about.st_dev);
    return fanotify_mark(marks->group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC_PERM, AT_FDCWD,
                         path) == 0;
}

/* mountinfo */

static void mounts_mark(struct marks *marks)
{
    OWN(buf) text = BUF(MOUNTINFO_MAX);
    struct env *env = env_real();
    if (env->read_file(env, "/proc/self/mountinfo", &text) != ERR_OK)
        return;
    for (str_t rest = buf_str(&text); rest.len;) {
        struct mount mount;
        if (mount_line_read(str_until(&rest, '\n'), &mount) && mount.programs &&
            !marks_has(marks, mount.device) && marks_add(marks, mount.path))
            marks_note(marks, mount.device);
    }
}

void marks_refresh(struct marks *marks)
{
    if (marks->mountinfo <= 0)
        marks->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    for (const char *const *path = marks->only; path && *path; path++)
        marks_add(marks, *path);
    if (!marks->only)
        mounts_mark(marks);
}

bool marks_moved(struct marks *marks)
{
    struct pollfd watched = {.fd = marks->mountinfo, .events = POLLPRI};
    return !marks->only && marks->mountinfo > 0 && poll(&watched, 1, 0) == 1 &&
           watched.revents & (POLLPRI | POLLERR);
}
