/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's own names of a file: paths from the root that the guard has, whatever mount namespace, bind mount or root of
 * its own somebody calls the file by. Anybody may make those (unshare -rm), so the path that the kernel tells of a launch says
 * nothing by itself.
 *
 *     OWN(mounts) mounts = NULL;
 *     TRY(mounts_open(&mounts));
 *     if (mounts_name(mounts, &(struct called){id, tid, &place}, path)) …     `path`, as the kernel told it, becomes our own
 *     if (mounts_disk(mounts, id, &disk)) …                                   whether it is a mount of ours, and of which kind
 *     mounts_others(mounts, &(struct named){path, &place}, each, with);       the other names that bind mounts here give it
 *     if (mounts_lead_to(mounts, path, &place)) …                             whether it leads to this file from here
 *
 * A file that is called by way of a mount of ours has the name that the kernel tells, and so has one whose name leads to it from
 * here without a link. For all others the mount that it was called by says (/proc/TID/mountinfo) where on its file system it
 * lies, and a mount of ours of the same file system leads there; that is tried. False: it has no name here: its file system is
 * mounted elsewhere alone, or it lies in memory, or the mount that it was called by is not one of the caller's.
 *
 * What is mounted here is read again whenever the kernel says that it has changed; mounts_moved() says so once. mounts_disk()
 * and mounts_others() do not ask for that: they are for who has just had the file named, or allows it anyway. What may wait
 * for another machine (FUSE, NFS …) is never looked up, but in what the kernel remembers. Any thread may call these.
 * Cost: a system call for a file called by a mount of ours. Source: proc(5), openat2(2), statx(2).
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

#include <sys/types.h>

enum { MOUNT_PATH = 4096 };

struct mounts;
typedef struct mounts *mounts_own;
void mounts_drop(struct mounts **mounts);

struct file_place {
    uint64_t device, number;
    bool any_device; /* heard of: the kernel tells another one of layered file systems there */
};
struct named {
    const char *path;
    const struct file_place *place;
};
struct called {
    uint64_t mount; /* its id, as statx() tells it of the file; 0: it does not */
    pid_t tid;
    const struct file_place *place;
};

CHECKED err_t mounts_open(struct mounts **out_mounts);
bool mounts_moved(struct mounts *mounts);
bool mounts_name(struct mounts *mounts, const struct called *called, char path[MOUNT_PATH]);

struct disk {
    bool waits; /* another program or machine answers for it: FUSE, NFS … */
    bool
        tells; /* a page that is mapped has to ask before it is written to. In memory it does not: neither the moment of the
                   last change nor any other sign is left there */
};
bool mounts_disk(struct mounts *mounts, uint64_t mount, struct disk *out_disk);
bool mounts_lead_to(struct mounts *mounts, const char *path, const struct file_place *place);
/* `each` may be NULL; how many there are. */
size_t mounts_others(struct mounts *mounts, const struct named *named,
                     void (*each)(void *with, const char *path), void *with);

/* One line of mountinfo; false where it is of another form. */
struct mount {
    uint64_t id;
    dev_t device;
    bool programs; /* of a kind that can hold some */
    struct disk disk;
    char root[MOUNT_PATH]; /* the folder of its file system that is seen at */
    char path[MOUNT_PATH];
};
bool mount_line_read(str_t line, struct mount *out_mount);
