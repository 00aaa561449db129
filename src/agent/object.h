/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON objects that this agent wrote itself or that the service answered, by jansson.
 *
 *     OWN(json) state = NULL;
 *     TRY(object_read(text, &state));
 *     TRY(object_id(state, "device", "dev", &device));
 *
 * Texts are views into the object and live as long as it does. A member that is absent or of another kind is the
 * empty text, or INVALID where a function can say so.
 */
#pragma once
#include "base/id.h"

#include <jansson.h>

typedef json_t *json_own;
void json_drop(json_t **json);

CHECKED err_t object_read(str_t text, json_t **out_object);
str_t object_text(const json_t *object, const char *member);
CHECKED err_t object_id(const json_t *object, const char *member, const char *prefix, ident_t *out_id);
CHECKED err_t object_number(const json_t *object, const char *member, uint64_t *out_number);
