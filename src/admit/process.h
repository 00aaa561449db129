/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's process of approval: up to LEVELS_MOST levels, one after the other; each needs so many members to say yes,
 * of the members and groups it names or of all who may answer requests. Never the requester, and nobody twice. Who is in
 * a group is looked at when somebody answers; being in one gives no right. Promise access.support.
 *
 *     TRY(process_current(ask, tenant, &process));        the id of the version in force: zero for the default
 *     TRY(process_read(ask, process, &message));
 *     TRY(process_level(ask, process, level, &need));     need is 0 past the last level
 *     TRY(process_names(ask, process, level, member, &may));
 *
 * A request keeps the version that it was made under: one that is changed meanwhile neither widens nor narrows it. The
 * default is one level that needs one member, and a grant of at most eight hours; nothing may be looser.
 */
#pragma once
#include "keyring/answer.h"

enum { LEVELS_MOST = 3, LONGEST_MINUTES = 8 * 60 };

CHECKED err_t process_current(struct ask *ask, ident_t tenant, ident_t *out_process);
CHECKED err_t process_read(struct ask *ask, ident_t process, Keys__Process **out_process);
CHECKED err_t process_longest(struct ask *ask, ident_t process, int64_t *out_minutes);
CHECKED err_t process_level(struct ask *ask, ident_t process, int64_t level, int64_t *out_need);

/* How many could say yes at a level, without one member; and at each of a message's, as things stand. */
struct process_place {
    ident_t tenant, process;
    int64_t level;
};
CHECKED err_t process_able(struct ask *ask, const struct process_place *place, ident_t without,
                           int64_t *out_able);
/* Whether all its levels could be met, each by people of its own, since nobody answers twice. Of the place the level is not
 * looked at. */
CHECKED err_t process_meets(struct ask *ask, const struct process_place *of, ident_t without,
                            bool *out_meets);
CHECKED err_t process_count(struct ask *ask, ident_t tenant, ident_t process, Keys__Process *out_process);
CHECKED err_t process_names(struct ask *ask, ident_t process, int64_t level, ident_t member, bool *out_may);
