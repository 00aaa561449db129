/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that is collected about a machine and its people, and nothing else: the items of the promise
 * collect.device, read directly from the machine. No other program is started.
 *
 *     TRY(collect(&(struct collect_ask){env, "", &state}, &arena, &items));      a list of struct item
 *
 * An item is one list of one concept, replaced whole:
 *
 *     device       one entry with the computer's name                  the device's id, about the device
 *     address      MAC and IP addresses                                an own id, about the device
 *     account      all accounts of the system                          an own id, about the device
 *     account      one for each person: a list of one                  the account's id, about the account
 *     group        groups and their members                            an own id, about the device
 *     program      installed programs; none where nothing is known     an own id, about the device
 *
 * What the client has switched off (agent/switches.h) is not read:
 *
 *     computer name                        the device's entry has no name
 *     MAC address, IP addresses            the list is without them; gone where both are off
 *     usernames and groups                 every account, and the groups, are gone
 *     currently logged-in user             nobody is told as logged in
 *     installed programs                   gone
 *     IP address used to connect           the service's own affair: this machine tells none
 *
 * A person whom the client withholds (agent/withhold.h) is in no item: no account of theirs is told, and none named in a group.
 *
 * An own id follows from the device's (which is random) and the concept. Lists are sorted, so that a machine that has
 * not changed gives the same bytes. A person's account that the state knows and the machine no longer has is an item
 * without records: gone. A record of packages that cannot be read is an item that says why: what the service has of it
 * stays. Accounts get their ids in the state, which the caller saves; an account of the system that is
 * no longer there leaves it at once.
 *
 * Cost: about 3 ms for 1,300 packages. Records and texts live in the arena (COLLECT_MAX).
 */
#pragma once
#include "agent/state.h"
#include "concept/concept.h"

enum { COLLECT_MAX = 64 * 1024 * 1024 };

struct collect_ask {
    struct env *env;
    const char *root; /* "" for this machine */
    struct state *state;
};

struct item {
    const concept_t *concept;
    ident_t id, subject;
    const void *records; /* of the concept's struct */
    size_t count;
    bool gone;
    const char *unread; /* why it could not be read; NULL where it was */
};

CHECKED err_t collect(const struct collect_ask *ask, arena_t *arena, struct list *out_items);

/* The computer's name, as its own host name. BROKEN where it has none that can be told. */
CHECKED err_t machine_name(buf_t *out_name);
