/* SPDX-License-Identifier: Apache-2.0
 *
 * The order by which staff enter a client's written request for erasure: what it would do, the document that it rests on,
 * and what the second person's yes begins; and the release of a legal hold whose client is erased, which nobody of it can ask
 * for any more. Promise erase.request.
 */
#pragma once
#include "keyring/answer.h"

CHECKED err_t erasure_look(struct ask *ask, ident_t target, Keys__Order *out);
CHECKED err_t erasure_document(struct ask *ask, const Keys__Order *order);
CHECKED err_t erasure_carry_out(struct ask *ask, const struct who *who, ident_t target);

CHECKED err_t kept_look(struct ask *ask, ident_t target, Keys__Order *out);
CHECKED err_t kept_carry_out(struct ask *ask, const struct who *who, ident_t target);
