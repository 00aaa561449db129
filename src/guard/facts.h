/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of files that were to be run: found out once, kept until the file changes.
 *
 *     OWN(facts) facts = NULL;
 *     TRY(facts_open("", &facts));
 *     if (facts_see(fd, &seen)) …                         what the kernel remembers of it
 *     TRY(facts_find(facts, &seen, tid, &file));          a copy; path, kind and owner are there
 *     facts_learn(facts, fd, FACT_SHA256, &file);         digest, package, state or trust, if it is not known yet
 *     if (facts_is_plain(facts, &seen)) …                 a program as most are, of this machine: no script, no loader
 *     if (facts_is_roots_loader(facts, &seen)) …          a loader that is rooted, whatever it was called
 *     facts_at(facts, &(struct heard_of){…}, &file)       for who has no descriptor: by number, and device or path; false:
 *                                                         what is heard is all that is known
 *     facts_names(facts, &file, each, with)               its other names here, by bind mounts
 *     facts_program(facts, pid, path)                     what a process runs; false: as it was called, no name of ours
 *
 * Its path is the machine's own name of it (guard/mounts.h), whoever calls it what in a mount namespace of theirs. `foreign`: it has
 * none here, and the path is what it was called: that proves nothing. A foreign file is of no package, and not trusted.
 *
 * A file is known by device, number, the moment it last changed (ctime) and its path: a change of either makes it another. One
 * whose bytes may change without that moment is found out about each time (`steady` is false). All of that is what the kernel
 * remembers since the file was opened: who answers for its file system is not asked, and might not answer.
 * Of the 16,384 places each holds the last file that fell into it. Any thread may call these.
 *
 * `fd` is open for reading, or is O_PATH. What lies on a file system that another program or machine answers for (FUSE,
 * NFS …) is not read: digest, state and kind stay unknown, since a read there may wait forever. So does the digest of a file
 * past DIGEST_BYTES_MAX.
 *
 * trusted   the file and all folders above it belong to root, and nobody else may write to them, on a file system that is not
 *           mounted nosuid; its path leads to it from here
 * rooted    it was trusted once, and is the same file: only root can have changed that since
 * package   the one whose list has its path, if that leads to it from here
 */
#pragma once
#include "guard/look.h"
#include "guard/mounts.h"
#include "guard/packages.h"

#include <sys/stat.h>

enum { FILE_PATH = 4096, DIGEST_BYTES_MAX = 256 * 1024 * 1024 };

struct file {
    uint64_t device, number;
    int64_t changed, size;
    mode_t mode;
    uid_t owner;
    uint64_t links;
    bool foreign;
    bool steady;   /* its bytes cannot change without `changed` */
    bool readable; /* on a file system that this machine answers for */
    struct look look;
    unsigned known, asked; /* facts; what was asked for and is not known cannot be known */
    enum file_state state;
    bool trusted, rooted;
    uint8_t sha256[DIGEST_SIZE];
    char package[PACKAGE_NAME];
    char path[FILE_PATH];
};

/* The state of the file in its package, apart from the package's name: to tell it the whole file is read. */
enum { FACT_STATE = 1 << 8 };

/* All of it is what the kernel remembers since the file was opened. */
struct seen {
    int fd;
    uint64_t device, number, links, mount; /* mount: by which it was opened; 0: it does not say */
    int64_t changed, size;
    mode_t mode;
    uid_t owner;
};
bool facts_see(int fd, struct seen *out_seen);

struct facts;
typedef struct facts *facts_own;
void facts_drop(struct facts **facts);

CHECKED err_t facts_open(const char *root, struct facts **out_facts);
bool facts_is_plain(struct facts *facts, const struct seen *seen);
bool facts_is_roots_loader(struct facts *facts, const struct seen *seen);
CHECKED err_t facts_find(struct facts *facts, const struct seen *seen, pid_t tid, struct file *out_file);
void facts_learn(struct facts *facts, int fd, unsigned fact, struct file *file); /* one bit */
struct heard_of {
    uint64_t device, number;
    str_t path;
};
bool facts_at(struct facts *facts, const struct heard_of *heard, struct file *out_file);

size_t facts_names(struct facts *facts, const struct file *file, void (*each)(void *with, const char *path),
                   void *with);
bool facts_program(struct facts *facts, pid_t pid, char path[FILE_PATH]);

/* The installed interpreter that a file of no package is a copy of, by its digest; NULL where it is none. Both are read where
 * their sizes are the same. */
const char *facts_copied(struct facts *facts, int fd, struct file *file);

/* Where there are other packages now (guard/installed.h), or something was mounted, what was known of files is forgotten. True
 * where it was. For one thread alone. */
bool facts_refresh(struct facts *facts);
struct packages_count facts_packages(struct facts *facts);

int64_t facts_changed(const struct stat *about); /* as `changed` */

static inline str_t file_path(const struct file *file) { return str(file->path); }
