/* SPDX-License-Identifier: Apache-2.0
 *
 * Somebody who was forgotten, as JSON: ids and moments alone, and which endpoints have not said yet that they withhold.
 */
#pragma once
#include "api/route.h"

CHECKED err_t put_forgotten(struct call *call, const Keys__Forgotten *forgotten, buf_t *json);
