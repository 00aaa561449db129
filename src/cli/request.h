/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests as people read them, on both sides of one.
 */
#pragma once
#include "cli/list.h"

/* Kind, state, who, what for. */
extern const struct column request_columns[], request_facts[];

/* "Support Person (stf_…) asks for …": all that a person says yes to, in sentences. */
void request_say(const json_t *request, buf_t *out);
