/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign/tree.h"

#include "base/limits.h"
#include "concept/json.h"

enum { MAX_MEMBER = 64, NUMBER_LEN = 24 };

void tree_drop(json_t **tree) { json_decref(*tree); }

static size_t marks_of(str_t json)
{
    size_t marks = 0;
    for (size_t i = 0; i < json.len; i++)
        marks += json.at[i] == ',' || json.at[i] == '{' || json.at[i] == '[';
    return marks;
}

err_t tree_read(str_t json, json_t **out_object)
{
    json_wipes();
    if (json.len > MAX_FOREIGN || marks_of(json) > MAX_FOREIGN_MARKS)
        return fail(ERR_TOO_LARGE, "more JSON than is read from an agent");
    OWN(tree) tree = json_loadb(json.len ? json.at : "", json.len, 0, NULL);
    if (!json_is_object(tree))
        return fail(ERR_INVALID, "the body is not a JSON object");
    *out_object = give(tree);
    return ERR_OK;
}

/* host_name as hostName */
static void camel(const char *snake, char out[MAX_MEMBER])
{
    size_t len = 0;
    for (; *snake && len + 1 < MAX_MEMBER; snake++) {
        bool up = *snake == '_' && snake[1];
        snake += up;
        out[len++] = (char)(up && *snake >= 'a' && *snake <= 'z' ? *snake - 32 : *snake);
    }
    out[len] = '\0';
}

const json_t *tree_member(const json_t *object, const char *name)
{
    char other[MAX_MEMBER];
    const json_t *member = json_object_get(object, name);
    camel(name, other);
    return member ? member : json_object_get(object, other);
}

str_t tree_value(const json_t *value, arena_t *arena)
{
    char number[NUMBER_LEN];
    if (json_is_string(value))
        return arena_copy(arena, str_bytes(json_string_value(value), json_string_length(value)));
    if (!json_is_integer(value))
        return (str_t){0};
    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    return arena_copy(arena, str(number));
}

str_t tree_text(const json_t *object, const char *name, arena_t *arena)
{
    return tree_value(tree_member(object, name), arena);
}

int64_t tree_number(const json_t *object, const char *name, int64_t fallback)
{
    const json_t *member = tree_member(object, name);
    str_t text = str_bytes(json_string_value(member), json_string_length(member));
    uint64_t number = 0;
    if (json_is_integer(member))
        return json_integer_value(member);
    return json_is_string(member) && str_number(text, INT64_MAX, &number) == ERR_OK ? (int64_t)number
                                                                                    : fallback;
}

bool tree_flag(const json_t *object, const char *name) { return json_is_true(tree_member(object, name)); }
