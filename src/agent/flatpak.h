/* SPDX-License-Identifier: Apache-2.0
 *
 * Applications of flatpak that are installed for the whole machine: var/lib/flatpak/app/NAME/current is a link to
 * ARCH/BRANCH, and current/active/metadata names the application. The branch is told as the version.
 *
 *     TRY(flatpak_read(root, &programs));                  MISSING where flatpak has no folder
 *
 * What is not deployed is left out. Runtimes are no programs, and what people installed for themselves is theirs.
 */
#pragma once
#include "agent/programs.h"

CHECKED err_t flatpak_read(const char *root, struct list *programs);

/* The branch of a link's text "x86_64/stable"; empty for a text of another form. */
str_t flatpak_branch(str_t link);

/* `name` of the group [Application] of a metadata file (GLib's key file); empty where there is none. */
str_t flatpak_name(str_t metadata);
