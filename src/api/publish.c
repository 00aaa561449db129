/* SPDX-License-Identifier: Apache-2.0 */
#include "api/publish.h"

#include "base/limits.h"
#include "concept/json.h"
#include <jansson.h>

typedef json_t *json_own;
static void json_drop(json_own *json) { json_decref(*json); }

static err_t text_read(const char *name, const json_t *json, arena_t *arena, str_t *out_text)
{
    if (!json_is_string(json))
        return fail(ERR_INVALID, "%s is not text", name);
    *out_text = arena_copy(arena, str_bytes(json_string_value(json), json_string_length(json)));
    return arena_end(arena);
}

static err_t file_read(const json_t *json, arena_t *arena, struct rule_file *out_file)
{
    if (!json_is_object(json) || json_object_size(json) != 2)
        return fail(ERR_INVALID, "a file is {\"name\",\"text\"}");
    TRY(text_read("name", json_object_get(json, "name"), arena, &out_file->name));
    return text_read("text", json_object_get(json, "text"), arena, &out_file->text);
}

err_t publish_files_read(const json_t *json, arena_t *arena, struct policy *policy)
{
    size_t count = json_array_size(json);
    if (!json_is_array(json) || !count || count > POLICY_FILES_MAX)
        return fail(ERR_INVALID, "files is a list of 1 to %d files", POLICY_FILES_MAX);
    for (policy->count = 0; policy->count < count; policy->count++)
        TRY(file_read(json_array_get(json, policy->count), arena, &policy->files[policy->count]));
    return ERR_OK;
}

static err_t days_read(const json_t *json, int64_t *out_days)
{
    *out_days = json_integer_value(json);
    return json_is_integer(json) ? ERR_OK : fail(ERR_INVALID, "days is not a number");
}

#define THIS publish_body
static const field_t assertion_fields[] = {ASSERTION(CONCEPT_FIELD)};
#undef THIS

static err_t bytes_read(const char *name, const json_t *json, arena_t *arena, str_t *out_bytes)
{
    OWN(buf) bytes = BUF(MAX_BODY);
    str_t text = STR("");
    TRY(text_read(name, json, arena, &text));
    if (base64_read(text, &bytes) != ERR_OK || !bytes.len)
        return fail(ERR_INVALID, "%s is not base64url", name);
    *out_bytes = arena_copy(arena, buf_str(&bytes));
    return arena_end(arena);
}

static err_t assertion_read(const char *key, const json_t *value, arena_t *arena, struct publish_body *body)
{
    for (size_t i = 0; i < sizeof assertion_fields / sizeof *assertion_fields; i++)
        if (!strcmp(key, assertion_fields[i].name))
            return bytes_read(key, value, arena, (str_t *)field_in(body, &assertion_fields[i]));
    return fail(ERR_INVALID, "a field that a policy does not have");
}

static err_t member_read(const char *key, const json_t *value, arena_t *arena, struct publish_body *body)
{
    if (!strcmp(key, "files"))
        return publish_files_read(value, arena, &body->policy);
    if (!strcmp(key, "days"))
        return days_read(value, &body->days);
    if (!strcmp(key, "password"))
        return text_read(key, value, arena, &body->password);
    if (!strcmp(key, "note"))
        return text_read(key, value, arena, &body->note);
    return assertion_read(key, value, arena, body);
}

err_t publish_read(struct call *call)
{
    OWN(json) object = NULL;
    const char *key;
    json_t *value;
    struct publish_body *body = arena_new(call->desk.arena, struct publish_body);
    TRY(arena_end(call->desk.arena));
    TRY(json_object_read(call->request->body, MAX_PUBLISH, &object));
    json_object_foreach(object, key, value) TRY(member_read(key, value, call->desk.arena, body));
    call->body = body;
    return ERR_OK;
}
