/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches as an answer: a page, CSV, or a stream while they are looked for, as the call's query and its Accept say; read
 * by whatever opens for `reader`, of one device where one is given.
 *
 *     return found_answer(call, &reader, &device);
 */
#pragma once
#include "api/route.h"
#include "collect/inventory.h"

CHECKED err_t found_answer(struct call *call, const struct reader *reader, const ident_t *device);
