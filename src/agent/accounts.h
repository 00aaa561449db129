/* SPDX-License-Identifier: Apache-2.0
 *
 * The accounts that a machine keeps itself, in etc/passwd below `root` ("" for this machine).
 * An account whose uid lies between UID_MIN and UID_MAX of etc/login.defs is a person's; every other one (root,
 * nobody, services) is the system's.
 *
 *     TRY(accounts_read(root, arena, &locals));     in the order of their names; ids and logins not yet known
 *
 * Left out: names that are not UTF-8, empty or past MAX_NAME, the "+" and "-" lines of NIS, and the second of two
 * lines with one name. A passwd file without any account is BROKEN: it is being replaced, and nobody has vanished.
 */
#pragma once
#include "agent/list.h"
#include "concept/account.h"

#include <sys/types.h>

struct local {
    struct account told;
    size_t line; /* of the file */
    uid_t uid;
    gid_t gid;
    bool person;
    bool withheld; /* as the state knows it: it is told of in nothing */
};

struct locals {
    struct local *at;
    size_t count;
};

struct uid_range {
    uid_t from, to;
};

/* The last UID_MIN and UID_MAX of a login.defs; 1000 and 60000 where it says nothing else. Never fails. */
struct uid_range login_defs_read(str_t text);

CHECKED err_t accounts_read(const char *root, arena_t *arena, struct locals *out_locals);

/* NULL where there is none; of two accounts with one uid the first of the file, as getpwuid() has it. */
struct local *local_named(const struct locals *locals, str_t name);
struct local *local_of_uid(const struct locals *locals, uid_t uid);

/* Whether a name of passwd or group is told at all; see above. */
bool name_is_told(str_t name);
