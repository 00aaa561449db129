/* SPDX-License-Identifier: Apache-2.0
 *
 * A group as a directory tells it: its name, and who comes into it and goes.
 */
#include "base/limits.h"
#include "scim/change.h"

struct group_ask {
    arena_t *arena;
    struct scim_group_change *change;
};

static err_t step_put(const struct group_ask *ask, struct scim_step step)
{
    struct scim_group_change *change = ask->change;
    if (change->count == SCIM_MEMBERS_MOST)
        return fail(ERR_TOO_LARGE, "tooMany: more than %d members at once", SCIM_MEMBERS_MOST);
    if (change->count == change->room) {
        size_t room = change->room ? change->room * 2 : 16;
        struct scim_step *steps = arena_array(ask->arena, struct scim_step, room);
        TRY(arena_end(ask->arena));
        if (change->count)
            memcpy(steps, change->steps, change->count * sizeof *steps);
        change->steps = steps;
        change->room = room;
    }
    change->steps[change->count++] = step;
    return ERR_OK;
}

/* usr_… or grp_…; what else a directory may know of a member is not needed. */
static err_t member_step(const struct group_ask *ask, const json_t *id, int kind)
{
    str_t text = str_bytes(json_string_value(id), json_string_length(id));
    struct scim_step step = {.kind = kind, .is_group = str_starts(text, STR("grp_"))};
    if (!json_is_string(id) || ident_read(step.is_group ? "grp" : "usr", text, &step.id) != ERR_OK)
        return fail(ERR_INVALID, "invalidValue: the value of a member is the id of a user or a group here");
    return step_put(ask, step);
}

static err_t members_step(const struct group_ask *ask, const json_t *members, int kind)
{
    if (json_is_string(members))
        return member_step(ask, members, kind);
    if (json_is_object(members))
        return member_step(ask, scim_member(members, STR("value")), kind);
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *one = json_array_get(members, i);
        TRY(member_step(ask, json_is_string(one) ? one : scim_member(one, STR("value")), kind));
    }
    return ERR_OK;
}

static err_t name_take(const struct group_ask *ask, const json_t *value)
{
    str_t text = str_bytes(json_string_value(value), json_string_length(value));
    if (!json_is_string(value) || !text.len || text.len > MAX_NAME)
        return fail(ERR_INVALID, "invalidValue: displayName is text of 1 to 255 bytes");
    ask->change->name = arena_copy(ask->arena, text);
    return arena_end(ask->arena);
}

static bool is_told_only(str_t attribute)
{
    return scim_same(attribute, STR("schemas")) || scim_same(attribute, STR("id")) ||
           scim_same(attribute, STR("meta"));
}

static err_t attribute_take(const struct group_ask *ask, str_t attribute, const json_t *value, bool add)
{
    if (scim_same(attribute, STR("displayName")))
        return name_take(ask, value);
    if (!scim_same(attribute, STR("members"))) {
        ask->change->ignored += !is_told_only(attribute);
        return ERR_OK;
    }
    if (!add)
        TRY(step_put(ask, (struct scim_step){.kind = SCIM_CLEAR}));
    return members_step(ask, value, SCIM_ADD);
}

static err_t object_take(const struct group_ask *ask, const json_t *object, bool add)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        TRY(attribute_take(ask, str(key), value, add));
    }
    return ERR_OK;
}

/* A PUT without members is a group without any. */
err_t scim_group_read(const json_t *body, arena_t *arena, struct scim_group_change *out_change)
{
    struct scim_group_change change = {.count = 0};
    const struct group_ask ask = {arena, &change};
    TRY(step_put(&ask, (struct scim_step){.kind = SCIM_CLEAR}));
    TRY(object_take(&ask, body, true));
    if (!change.name.at)
        return fail(ERR_INVALID, "invalidValue: displayName is required");
    *out_change = change;
    return ERR_OK;
}

/* members[value eq "usr_…"], members with the ids in `value`, or members: all of them. */
static err_t members_remove(const struct group_ask *ask, const struct scim_path *path, const json_t *value)
{
    str_t only = scim_filter_only(path->filter, "value");
    if (path->filter && !only.at)
        return fail(ERR_INVALID, "invalidFilter: members are removed by value eq");
    if (!only.at)
        return value ? members_step(ask, value, SCIM_REMOVE)
                     : step_put(ask, (struct scim_step){.kind = SCIM_CLEAR});
    json_t *id = json_stringn(only.at, only.len);
    err_t done = member_step(ask, id, SCIM_REMOVE);
    json_decref(id);
    return done;
}

static err_t remove_at(const struct group_ask *ask, const struct scim_path *path, const json_t *value)
{
    if (scim_same(path->attribute, STR("members")))
        return members_remove(ask, path, value);
    if (scim_same(path->attribute, STR("displayName")))
        return fail(ERR_INVALID, "mutability: a group has a name");
    ask->change->ignored += !is_told_only(path->attribute);
    return ERR_OK;
}

static err_t operate(const struct group_ask *ask, const json_t *operation)
{
    const json_t *op = scim_member(operation, STR("op")), *at = scim_member(operation, STR("path"));
    const json_t *value = scim_member(operation, STR("value"));
    str_t name = str_bytes(json_string_value(op), json_string_length(op));
    bool add = scim_same(name, STR("add")), gone = scim_same(name, STR("remove"));
    struct scim_path path = {.filter = NULL};
    if (!add && !gone && !scim_same(name, STR("replace")))
        return fail(ERR_INVALID, "invalidSyntax: an operation is add, replace or remove");
    if (!json_string_length(at))
        return gone ? fail(ERR_INVALID, "noTarget: what is removed has a path")
                    : object_take(ask, value, add);
    if (scim_path_read(str(json_string_value(at)), ask->arena, &path) != ERR_OK)
        return fail(ERR_INVALID, "invalidPath: not a path of RFC 7644 section 3.5.2");
    err_t done = gone ? remove_at(ask, &path, value) : attribute_take(ask, path.attribute, value, add);
    scim_filter_drop(&path.filter);
    return done;
}

err_t scim_group_patch(const json_t *body, arena_t *arena, struct scim_group_change *out_change)
{
    struct scim_group_change change = {.count = 0};
    const json_t *operations = scim_member(body, STR("Operations"));
    if (!json_array_size(operations) || json_array_size(operations) > SCIM_OPS_MOST)
        return fail(ERR_INVALID, "invalidSyntax: a PATCH has 1 to %d Operations", SCIM_OPS_MOST);
    for (size_t i = 0; i < json_array_size(operations); i++)
        TRY(operate(&(struct group_ask){arena, &change}, json_array_get(operations, i)));
    *out_change = change;
    return ERR_OK;
}
