/* SPDX-License-Identifier: Apache-2.0
 *
 * Places on the disk: a path by value, and the agent's own folder.
 *
 *     place_t key = place(folder, "key.pem");
 *     OWN(fd) held = 0;
 *     TRY(folder_hold("/var/lib/custody-agent", FOLDER_MAKE, &held));
 *
 * A place past its room is the empty path, which names no file. folder_hold() opens the folder and locks it until the
 * descriptor is closed: BUSY while another agent works there, INVALID where other users may look into it, MISSING
 * where there is none and FOLDER_MAKE is not asked for. The lock ends with the process, however it ends.
 *
 *     OWN(folder) files = opendir(path.text);             closed at the end of the scope
 *
 * folder_key() is what this machine seals for itself, for one use: it is made of the private key file, key.pem. MISSING where
 * there is none: the machine is not enrolled.
 */
#pragma once
#include "base/own.h"
#include "crypt/seal.h"

#include <dirent.h>

typedef struct {
    char text[1024];
} place_t;

place_t place(const char *folder, const char *name);

enum folder_way { FOLDER_FIND, FOLDER_MAKE };
CHECKED err_t folder_hold(const char *folder, enum folder_way way, int *out_fd);

struct key_use {
    const char *name; /* "custody-agent spool" */
    str_t of;         /* what else tells it from others; empty: nothing */
};
CHECKED err_t folder_key(struct env *env, const char *folder, const struct key_use *use, struct key *out_key);

typedef DIR *folder_own;
void folder_drop(DIR **folder);
