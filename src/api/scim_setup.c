/* SPDX-License-Identifier: Apache-2.0
 *
 * What an owner says of the client's directory: which of its groups give which role.
 */
#include "api/handlers.h"
#include "api/object.h"
#include "api/scim.h"
#include "base/limits.h"
#include "concept/json.h"

static void put_setup(const Keys__ScimSetup *setup, struct call *call)
{
    struct object object = object_begin(&call->reply->body);
    buf_t *json = object_value(&object, "groups");
    buf_put(json, STR("["));
    for (size_t i = 0; i < setup->n_rules; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        struct object rule = object_begin(json);
        object_text(&rule, "group", setup->rules[i]->group);
        object_text(&rule, "role", setup->rules[i]->role);
        object_flag(&rule, "known", setup->rules[i]->known);
        object_number(&rule, "people", setup->rules[i]->people);
        object_end(&rule);
    }
    buf_put(json, STR("]"));
    object_text(&object, "otherwise", setup->otherwise);
    object_text(&object, "path", "/scim/v2");
    object_moment(&object, "heard", setup->heard);
    object_number(&object, "ignored", setup->ignored);
    object_number(&object, "people", setup->people);
    object_number(&object, "directory_groups", setup->groups);
    object_end(&object);
}

err_t api_scim_setup(struct call *call)
{
    Keys__ScimSetup *setup = NULL;
    TRY(call_keys_bearer(call, ASK_scim_setup, &setup));
    put_setup(setup, call);
    return ERR_OK;
}

static err_t text_take(const json_t *object, const char *key, arena_t *arena, char **out_text)
{
    const json_t *value = json_object_get(object, key);
    str_t text = str_bytes(json_string_value(value), json_string_length(value));
    if (!json_is_string(value) || !text.len || text.len > MAX_NAME)
        return fail(ERR_INVALID, "%s is text of 1 to %d bytes", key, MAX_NAME);
    *out_text = (char *)(uintptr_t)arena_copy(arena, text).at;
    return arena_end(arena);
}

static err_t rule_take(const json_t *from, arena_t *arena, Keys__ScimRule **out_rule)
{
    Keys__ScimRule *rule = *out_rule = arena_new(arena, Keys__ScimRule);
    TRY(arena_end(arena));
    keys__scim_rule__init(rule);
    TRY(text_take(from, "group", arena, &rule->group));
    return text_take(from, "role", arena, &rule->role);
}

static err_t rules_take(const json_t *groups, arena_t *arena, Keys__ScimSetupSet *in)
{
    size_t count = json_array_size(groups);
    if (!json_is_array(groups))
        return fail(ERR_INVALID, "groups is a list of {group, role}");
    in->rules = arena_array(arena, Keys__ScimRule *, count);
    TRY(arena_end(arena));
    for (size_t i = 0; i < count; i++)
        TRY(rule_take(json_array_get(groups, i), arena, &in->rules[in->n_rules++]));
    return ERR_OK;
}

err_t scim_setup_body(struct call *call)
{
    OWN(scim_body) body = NULL;
    Keys__ScimSetupSet *in = arena_new(call->desk.arena, Keys__ScimSetupSet);
    TRY(arena_end(call->desk.arena));
    keys__scim_setup_set__init(in);
    TRY(json_object_read(call->request->body, MAX_BODY, &body));
    TRY(text_take(body, "otherwise", call->desk.arena, &in->otherwise));
    TRY(rules_take(json_object_get(body, "groups"), call->desk.arena, in));
    if (json_object_size(body) != 2)
        return fail(ERR_INVALID, "the body has groups and otherwise, and nothing else");
    in->bearer = (char *)(uintptr_t)call->bearer;
    call->body = in;
    return ERR_OK;
}

err_t api_scim_setup_change(struct call *call)
{
    Keys__ScimSetup *setup = NULL;
    TRY(call_keys(call, &(struct question){ASK_scim_setup_set, call->body}, &setup));
    put_setup(setup, call);
    return ERR_OK;
}
