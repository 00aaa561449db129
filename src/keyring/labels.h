/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels: the names that a client's people gave to their tokens and deployment keys. Sealed to the tenant, all of one
 * length, in a cell beside what they name, and destroyed with it. Promise access.client-only.
 *
 *     TRY(label_put(ask, &who, id, str(in->name)));        a name as is_name() takes it
 *     TRY(label_get(ask, &who, id, &out->name));           "" where who asks has no key: it sees no name
 */
#pragma once
#include "keyring/answer.h"

CHECKED err_t label_put(struct ask *ask, const struct who *who, ident_t id, str_t name);
CHECKED err_t label_get(struct ask *ask, const struct who *who, ident_t id, char **out_name);

/* Those that stand in clear since before names were sealed; at the start, which is long before somebody asks. */
CHECKED err_t labels_seal(struct ask *ask);
