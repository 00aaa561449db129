/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/object.h"

void json_drop(json_t **json) { json_decref(*json); }

err_t object_read(str_t text, json_t **out_object)
{
    json_error_t error;
    json_t *object = json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(object)) {
        json_decref(object);
        return fail(ERR_INVALID, "not a JSON object");
    }
    *out_object = object;
    return ERR_OK;
}

str_t object_text(const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    return json_is_string(value) ? str_bytes(json_string_value(value), json_string_length(value)) : STR("");
}

err_t object_id(const json_t *object, const char *member, const char *prefix, ident_t *out_id)
{
    return ident_read(prefix, object_text(object, member), out_id);
}

err_t object_number(const json_t *object, const char *member, uint64_t *out_number)
{
    const json_t *value = json_object_get(object, member);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return fail(ERR_INVALID, "%s is not a number", member);
    *out_number = (uint64_t)json_integer_value(value);
    return ERR_OK;
}
