/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of files and packages, which a reader for each package system fills: dpkg's in packages.c, rpm's in packages_rpm.c.
 */
#pragma once
#include "guard/packages.h"
#include "guard/signers.h"

enum { ROOT_MAX = 256, NAMES_MAX = 65536 };

/* Twelve bytes: there may be a million of them. */
struct __attribute__((packed, aligned(4))) owned {
    uint64_t
        path; /* its short digest, and no less of it: who tries paths must not find one that is taken for a package's */
    uint32_t package;
};

struct of_rpm {
    int64_t number; /* in its database */
    uint8_t header[DIGEST_SIZE];
    enum signature signature;
};

struct packages {
    char root[ROOT_MAX];
    uint8_t key[SHORT_KEY];
    struct owned *files;
    size_t count, room, names_count, names_room;
    char (*names)[PACKAGE_NAME]; /* as the lists are called: with the architecture, where that has one */
    struct of_rpm *of_rpm;       /* of the packages from `dpkg` on */
    size_t dpkg, rpm_room;
    bool merged; /* /bin is below /usr */
    bool broken, unchecked, cut;
};

CHECKED err_t packages_file_add(struct packages *packages, str_t path, size_t package);
bool packages_name_add(struct packages *packages, str_t name); /* false: it does not fit, and is no package */

/* Of the whole file, in hexadecimal. */
bool packages_digest(int fd, const char *method, buf_t *out_hex);

CHECKED err_t packages_rpm_read(struct packages *packages);
enum file_state packages_rpm_state(const struct packages *packages, size_t package, str_t path, int fd);
