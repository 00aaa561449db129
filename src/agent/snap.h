/* SPDX-License-Identifier: Apache-2.0
 *
 * Snaps that are mounted: snap/NAME/current (or var/lib/snapd/snap/NAME/current, where a distribution has them there)
 * is a link to a revision, whose meta/snap.yaml states the version. snapd's own record is not needed.
 *
 *     TRY(snap_read(root, &programs));                     MISSING where there is neither folder
 *
 * A snap that states no version is told without one.
 */
#pragma once
#include "agent/programs.h"

CHECKED err_t snap_read(const char *root, struct list *programs);

/* The value of a line "version: 1.2" of a snap.yaml, without its quotes and without a comment; a view, empty where
 * there is none. YAML in full is not read: snapd writes this one as a plain or quoted text on its line. */
str_t snap_version(str_t yaml);
