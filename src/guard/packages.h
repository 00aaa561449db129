/* SPDX-License-Identifier: Apache-2.0
 *
 * Which package a file belongs to, by dpkg's own lists, read beforehand: a decision waits for no package manager.
 *
 *     OWN(packages) packages = NULL;
 *     TRY(packages_read("/var/lib/dpkg/info", &packages));    MISSING where this machine has no dpkg
 *     if (packages_find(packages, path, name)) …
 *     state = packages_state(packages, path, fd);             reads the file: MD5, which is what dpkg's lists hold
 *
 * What was read is immutable. Where /bin is a link to /usr/bin and so on, a file is found by both names. Of what lies
 * below folders where nothing is run from (documentation, headers) nothing is kept. Cost: about 0.1 s for 1,400 packages, once;
 * 16 bytes a file. Packages of rpm, flatpak and snap are not known here: to rules they are no package.
 */
#pragma once
#include "base/err.h"
#include "govern/rules.h"

enum { PACKAGE_NAME = 128 };

struct packages;
typedef struct packages *packages_own;
void packages_drop(struct packages **packages);

CHECKED err_t packages_read(const char *folder, struct packages **out_packages);
bool packages_find(const struct packages *packages, str_t path, char out_name[PACKAGE_NAME]);
enum file_state packages_state(const struct packages *packages, str_t path, int fd);
