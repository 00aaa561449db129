/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/marks.h"

#include "sys/env.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

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

static bool holds_no_programs(str_t kind)
{
    static const char *const kinds[] = {
        "proc",    "sysfs",      "cgroup",   "cgroup2",   "devpts",      "securityfs", "debugfs",
        "tracefs", "bpf",        "mqueue",   "hugetlbfs", "configfs",    "pstore",     "autofs",
        "nsfs",    "rpc_pipefs", "efivarfs", "fusectl",   "binfmt_misc", "selinuxfs",  "smackfs",
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(kind, str(kinds[i])))
            return true;
    return false;
}

static bool device_read(str_t word, dev_t *out_device)
{
    uint64_t major, minor;
    str_t first = str_until(&word, ':');
    if (str_number(first, UINT32_MAX, &major) != ERR_OK || str_number(word, UINT32_MAX, &minor) != ERR_OK)
        return false;
    *out_device = makedev((unsigned)major, (unsigned)minor);
    return true;
}

static bool is_octal(str_t text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '7')
            return false;
    return text.len == 3;
}

/* Space, tab, line end and backslash stand as \ and three octal digits. */
static bool path_read(str_t word, char path[4096])
{
    size_t len = 0;
    for (size_t i = 0; i < word.len && len < 4095; i++) {
        str_t digits = {word.at + i + 1, word.len - i > 3 ? 3 : 0};
        bool escaped = word.at[i] == '\\' && is_octal(digits);
        path[len++] = escaped
                          ? (char)((digits.at[0] - '0') * 64 + (digits.at[1] - '0') * 8 + digits.at[2] - '0')
                          : word.at[i];
        i += escaped ? 3 : 0;
    }
    path[len] = '\0';
    return path[0] == '/';
}

bool mount_line_read(str_t line, struct mount *out_mount)
{
    str_t words[5];
    for (size_t i = 0; i < 5; i++)
        words[i] = str_until(&line, ' ');
    for (str_t word = str_until(&line, ' '); !str_eq(word, STR("-")); word = str_until(&line, ' '))
        if (!line.len)
            return false;
    return !holds_no_programs(str_until(&line, ' ')) && device_read(words[2], &out_mount->device) &&
           path_read(words[4], out_mount->path);
}

static void mounts_mark(struct marks *marks)
{
    OWN(buf) text = BUF(MOUNTINFO_MAX);
    struct env *env = env_real();
    if (env->read_file(env, "/proc/self/mountinfo", &text) != ERR_OK)
        return;
    for (str_t rest = buf_str(&text); rest.len;) {
        struct mount mount;
        if (mount_line_read(str_until(&rest, '\n'), &mount) && !marks_has(marks, mount.device) &&
            marks_add(marks, mount.path))
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
