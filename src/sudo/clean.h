/* SPDX-License-Identifier: Apache-2.0
 *
 * The environment of a command that was elevated: made anew, with nothing of the caller's but how its terminal and its
 * language are called.
 *
 *     char **environment = clean_environment(&arena, user_env, &owner);          NULL without memory
 *
 * Set: PATH (CLEAN_PATH), HOME, SHELL, LOGNAME and USER of the account it runs as; SUDO_USER, SUDO_UID, SUDO_GID, SUDO_COMMAND.
 * Kept, where the value holds neither / nor % and at most CLEAN_VALUE_MAX bytes: TERM, COLORTERM, LANG, LANGUAGE, LC_…
 */
#pragma once
#include "base/arena.h"

#include <pwd.h>

enum { CLEAN_VALUE_MAX = 128 };
#define CLEAN_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct clean_owner {
    const struct passwd *as;
    str_t user, uid, gid; /* of whoever asks */
    str_t command;
};
char **clean_environment(arena_t *arena, char *const *theirs, const struct clean_owner *owner);

/* "name=value", in an arena; and the value of a name in such a list, NULL where it is not there. */
char *clean_pair(arena_t *arena, const char *name, str_t value);
const char *clean_find(char *const *list, const char *name);
