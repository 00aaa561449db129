/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in the keyring about a client's members, counted against the closed list. Promise collect.user.
 *
 *     TRY(members_kept(ask, who.tenant, &kept));
 *
 * unsealed  members whose name, username and e-mail are not one sealed record
 * beyond    what is kept of them and not on the list: columns, cells, values in clear
 *
 * Whoever adds a column or a cell about members says it here as well, or the promise is found broken. Cost: one cell a member.
 */
#pragma once
#include "keyring/answer.h"

struct members_kept {
    int64_t unsealed, beyond;
};
CHECKED err_t members_kept(struct ask *ask, ident_t tenant, struct members_kept *out_kept);
