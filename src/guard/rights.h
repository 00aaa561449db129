/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers to sudo (guard/elevate_door.h), out of what the guard has: the order in force, who is who, the journal.
 *
 *     rights_look(&rights, &ask);                  now and then: opens the door once the signing key is pinned
 *
 * From then on its own thread answers until the process ends. Where no policy has arrived nothing is granted.
 */
#pragma once
#include "guard/elevate_door.h"
#include "guard/facts.h"
#include "guard/journal.h"
#include "guard/law.h"
#include "guard/order.h"

struct rights_ask {
    struct env *env;
    const struct law *law;
    struct orders *orders;
    struct facts *facts;
    struct journal *journal;
    const atomic_bool *off;
};

struct rights;
void rights_look(struct rights **rights, const struct rights_ask *ask);
