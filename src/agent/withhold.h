/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts that this machine withholds: of people whom the client has forgotten, until it says otherwise. Promise
 * person.forget.
 *
 *     TRY(withhold_path(&state, &path));                     tells the service which number is obeyed
 *     TRY(withhold_follow(&ask, settings, &changed));        the answer: fetches what is to be withheld, where it is newer
 *
 * It is obeyed only as the client signed it (tlog/withhold.h), by a key that is pinned in the file `withholder` when this
 * machine has just enrolled, or with the first note that comes; one that is pinned stays. A note of another client or device,
 * or with a number that is not higher, changes nothing.
 *
 * What is withheld stands in the state, beside the account that this machine has kept under its name: it is left out of
 * accounts, groups and launches, and asks for no elevation, for as long as the state is there, also while the account itself is
 * not. An account that is named no more is forgotten here too: it is told of again as a new one, under a new id.
 */
#pragma once
#include "agent/report.h"
#include "agent/state.h"

struct withhold_ask {
    const struct reporter *by;
    struct state *state;
};
CHECKED err_t withhold_path(const struct state *state, buf_t *out_path);
CHECKED err_t withhold_follow(const struct withhold_ask *ask, str_t settings, bool *out_changed);

/* Of another client's nothing is obeyed: it goes with the identity. */
CHECKED err_t withhold_forget(struct env *env, const char *folder);

/* Whether this account is withheld, as the state in the folder has it. */
CHECKED err_t withhold_says(struct env *env, const char *folder, ident_t account, bool *out_so);
