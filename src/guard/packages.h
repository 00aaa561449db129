/* SPDX-License-Identifier: Apache-2.0
 *
 * Which package a file belongs to, by the lists of dpkg and rpm, read beforehand: a decision waits for no package manager.
 *
 *     OWN(packages) packages = NULL;
 *     TRY(packages_read("", &packages));                     MISSING where this machine has neither
 *     if (packages_find(packages, path, name)) …
 *     state = packages_state(packages, path, fd);             reads the file, and its package's list of digests
 *
 * dpkg   the lists and MD5 sums of var/lib/dpkg/info. Nobody has signed those: Debian signs the archive that a package comes from,
 *        and nothing of that stays on the machine. A file is never `signed`.
 * rpm    the headers of its database (guard/rpm_database.h), with digests that are nearly always SHA-256. The signature over a header
 *        is checked while it is read, by the keys that this machine's rpm was given (`rpm --import`, which keeps them there too).
 *        Of a package whose signature is GOOD a file with its digest is `signed`; of one whose signature is BAD every file is
 *        `unknown`, since nothing says what its list is worth; with none, or that of a stranger, `intact`.
 *
 * A path that both know is dpkg's. What was read is immutable; of rpm's lists nothing is kept but a digest of the header: a state is
 * told by the header that was checked, or by none. Where /bin is a link to /usr/bin and so on, a file is found by both names. Of what
 * lies below folders where nothing is run from (documentation, headers) nothing is kept. Packages of flatpak and snap are not known
 * here: to rules they are no package.
 *
 * Cost: about 0.1 s for 1,400 packages of dpkg, about 0.7 ms for each of rpm; 12 bytes a file.
 */
#pragma once
#include "base/err.h"
#include "govern/rules.h"

enum { PACKAGE_NAME = 128 };

struct packages;
typedef struct packages *packages_own;
void packages_drop(struct packages **packages);

CHECKED err_t packages_read(const char *root, struct packages **out_packages);
bool packages_find(const struct packages *packages, str_t path, char out_name[PACKAGE_NAME]);
enum file_state packages_state(const struct packages *packages, str_t path, int fd);

/* When the records were last changed. */
struct packages_changed {
    int64_t dpkg, rpm;
};
struct packages_changed packages_changed(const char *root);

struct packages_count {
    size_t dpkg, rpm;
    size_t good, bad; /* signatures, of rpm's */
    bool broken;      /* there is a database of rpm, and it cannot be read: its packages are not known */
    bool unchecked;   /* signatures of rpm's could not be checked: librnp is not installed */
    bool cut;         /* not all of them were: who checks them was ended */
};
struct packages_count packages_count(const struct packages *packages);
