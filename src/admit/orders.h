/* SPDX-License-Identifier: Apache-2.0
 *
 * Orders: what one of the provider's people asks for and another confirms, within ORDER_HOURS. Each kind is a row of one
 * table (admit/procedures.c): how its target is looked at, at the order and again at its confirmation, and how it is
 * carried out.
 *
 *     TRY(order_put(ask, &who, target, out));     out->act and out->name say what, and how its target is called
 */
#pragma once
#include "keyring/answer.h"

/* An open order of who asks, told of; `out` gets its id, its state and its times. */
CHECKED err_t order_put(struct ask *ask, const struct who *who, ident_t target, Keys__Order *out);

/* Open orders of a kind about a target that another takes the place of. */
CHECKED err_t orders_withdraw(struct ask *ask, const char *act, ident_t target);

/* contract.hasten: a client's terms, where something falls due earlier by them. */
CHECKED err_t contract_look(struct ask *ask, ident_t target, Keys__Order *out);
CHECKED err_t contract_carry_out(struct ask *ask, const struct who *who, ident_t target);

/* clock.confirm: of the jump that is held; its name is the day that the clock shows. */
CHECKED err_t clock_look(struct ask *ask, ident_t target, Keys__Order *out);
CHECKED err_t clock_carry_out(struct ask *ask, const struct who *who, ident_t target);
