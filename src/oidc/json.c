/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/json.h"

#include "oidc/provider.h"

void said_drop(json_t **said) { json_decref(*said); }

/* Brackets within text count too: that is only stricter. */
static bool is_deep(str_t json)
{
    int depth = 0;
    for (size_t i = 0; i < json.len; i++) {
        depth += json.at[i] == '{' || json.at[i] == '[';
        depth -= json.at[i] == '}' || json.at[i] == ']';
        if (depth > JSON_DEEP)
            return true;
    }
    return false;
}

err_t said_read(str_t json, size_t most, json_t **out_object)
{
    OWN(said) said = NULL;
    if (json.len > most)
        return fail(ERR_TOO_LARGE, "what the sign-in provider said is past %zu bytes", most);
    if (!is_deep(json))
        said = json_loadb(json.at, json.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(said))
        return fail(ERR_INVALID, "what the sign-in provider said is no JSON object");
    *out_object = give(said);
    return ERR_OK;
}

str_t said_text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? str_bytes(json_string_value(value), json_string_length(value))
                                 : (str_t){NULL, 0};
}

bool said_is(const json_t *object, const char *name, const char *text)
{
    return str_eq(said_text(object, name), str(text));
}

bool said_lists(const json_t *list, str_t text)
{
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item) if (json_is_string(item) &&
                                          str_eq(str_bytes(json_string_value(item), json_string_length(item)),
                                                 text)) return true;
    return false;
}
