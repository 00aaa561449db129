/* SPDX-License-Identifier: Apache-2.0
 *
 * What an owner says of the client's directory: which of its groups give which role.
 */
#include "api/again.h"
#include "api/bodies.h"
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

/* What is left beside the rules: the password typed again, or a passkey. */
static err_t proof_take(json_t *body, arena_t *arena, Keys__ScimSetupSet *in)
{
    struct password_body proof;
    Keys__Assertion *assertion = arena_new(arena, Keys__Assertion);
    char *text = arena_array(arena, char, MAX_BODY);
    TRY(arena_end(arena));
    json_object_del(body, "otherwise");
    json_object_del(body, "groups");
    const str_t rest = str_bytes(text, json_dumpb(body, text, MAX_BODY, 0));
    if (rest.len > MAX_BODY)
        return fail(ERR_TOO_LARGE, "the body has at most %d bytes", MAX_BODY);
    TRY(concept_read_json(&password_body_concept, rest, arena, &proof));
    keys__assertion__init(assertion);
    PROOF_FROM(&proof, in, assertion);
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
    TRY(proof_take(body, call->desk.arena, in));
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
