/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of files that were to be run: found out once, kept until the file changes.
 *
 *     OWN(facts) facts = NULL;
 *     TRY(facts_open("/", &facts));
 *     TRY(facts_find(facts, fd, &file));                  a copy; path, kind and owner are there
 *     facts_learn(facts, fd, FACT_SHA256, &file);         digest, package, state or trust, if it is not known yet
 *     facts_at(facts, &(struct heard_of){…}, &file)       for who has no descriptor: by number, and device or path
 *
 * A file is known by device, number, the moment it last changed (ctime) and its path: a change of either makes it another.
 * Of the 16,384 places each holds the last file that fell into it. Any thread may call these.
 *
 * `fd` is open for reading, or is O_PATH. What lies on a file system that another program or machine answers for (FUSE,
 * NFS …) is not read: digest, state and kind stay unknown, since a read there may wait forever. So does the digest of a file
 * past DIGEST_BYTES_MAX.
 *
 * trusted   the file and all folders above it belong to root, and nobody else may write to them. Where the path leads to
 *           another file from here (another machine's root, a container), it is not.
 */
#pragma once
#include "guard/look.h"
#include "guard/packages.h"

#include <sys/stat.h>

enum { FILE_PATH = 4096, DIGEST_BYTES_MAX = 256 * 1024 * 1024 };

struct file {
    uint64_t device, number;
    int64_t changed, size;
    mode_t mode;
    uid_t owner;
    uint64_t links;
    bool readable; /* on a file system that this machine answers for */
    struct look look;
    unsigned known, asked; /* facts; what was asked for and is not known cannot be known */
    enum file_state state;
    bool trusted;
    uint8_t sha256[DIGEST_SIZE];
    char package[PACKAGE_NAME];
    char path[FILE_PATH];
};

/* The state of the file in its package, apart from the package's name: to tell it the whole file is read. */
enum { FACT_STATE = 1 << 8 };

struct facts;
typedef struct facts *facts_own;
void facts_drop(struct facts **facts);

CHECKED err_t facts_open(const char *packages_folder, struct facts **out_facts);
CHECKED err_t facts_find(struct facts *facts, int fd, struct file *out_file);
void facts_learn(struct facts *facts, int fd, unsigned fact, struct file *file); /* one bit */
struct heard_of {
    uint64_t device, number;
    str_t path;
};
bool facts_at(struct facts *facts, const struct heard_of *heard, struct file *out_file);

/* The installed interpreter that a file of no package is a copy of, by its digest; NULL where it is none. Both are read where
 * their sizes are the same. */
const char *facts_copied(struct facts *facts, int fd, struct file *file);

/* Reads the packages again where their folder has changed: then what was known of files is forgotten. True where it was. */
bool facts_refresh(struct facts *facts);

static inline str_t file_path(const struct file *file) { return str(file->path); }
