/* SPDX-License-Identifier: Apache-2.0
 *
 * The packages of this machine as they are now: read at the start, and again where their records have changed.
 *
 *     OWN(installed) installed = NULL;
 *     TRY(installed_open("", &installed));
 *     if (installed_refresh(installed)) …                  there are other ones now; one thread asks, now and then
 *     const struct packages *packages = installed_hold(installed);     any thread; NULL where there are none
 *     installed_leave(installed);
 *
 * They are read again by a thread of its own: with signatures to check that takes 0.7 s a thousand. Until it is done the
 * old ones count. What cannot be read any more stays as it was known, and is tried again in a minute.
 */
#pragma once
#include "guard/packages.h"

struct installed;
typedef struct installed *installed_own;
void installed_drop(struct installed **installed);

CHECKED err_t installed_open(const char *root, struct installed **out_installed);
bool installed_refresh(struct installed *installed);
const struct packages *installed_hold(struct installed *installed);
void installed_leave(struct installed *installed);
