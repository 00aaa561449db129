/* SPDX-License-Identifier: Apache-2.0
 *
 * The groups of a client's directory.
 */
#include "api/handlers.h"
#include "api/scim.h"

#define CHARS(text) ((char *)(uintptr_t)((text).at ? (text).at : ""))

static const ident_t *idents(struct call *call, const ProtobufCBinaryData *ids, size_t count)
{
    ident_t *all = arena_array(call->desk.arena, ident_t, count + 1);
    for (size_t i = 0; all && i < count; i++)
        if (ids[i].len == sizeof *all)
            memcpy(all[i].bytes, ids[i].data, sizeof *all);
    return all;
}

static json_t *group_json(struct call *call, const Keys__ScimGroup *group, str_t base)
{
    struct scim_group told = {
        .name = str(group->name),
        .made = group->made,
        .changed = group->changed,
        .edition = group->edition,
        .users = idents(call, group->users, group->n_users),
        .groups = idents(call, group->groups, group->n_groups),
        .user_count = group->n_users,
        .group_count = group->n_groups,
    };
    bool whole =
        told.users && told.groups && ident_from(str_bytes(group->id.data, group->id.len), &told.id) == ERR_OK;
    return whole ? scim_group_json(&told, base) : NULL;
}

static err_t groups_ask(struct call *call, Keys__ScimFind *in, Keys__ScimFound **out_found)
{
    in->bearer = (char *)(uintptr_t)call->bearer;
    in->kind = (char *)(uintptr_t) "group";
    return call_keys(call, &(struct question){ASK_scim_find, in}, out_found);
}

static err_t group_put(struct call *call, const Keys__ScimFound *found)
{
    str_t base;
    if (found->n_groups != 1)
        return fail(ERR_MISSING, "there is no such one");
    TRY(scim_base(call, &base));
    return scim_resource_put(call, group_json(call, found->groups[0], base));
}

static err_t group_show(struct call *call)
{
    Keys__ScimFind in = KEYS__SCIM_FIND__INIT;
    Keys__ScimFound *found = NULL;
    ident_t id;
    TRY(scim_id(call, "grp", &id));
    in.id = CALL_BYTES(id);
    in.members = true;
    TRY(groups_ask(call, &in, &found));
    return group_put(call, found);
}

/* Members are read only where somebody wants them: a directory that asks which groups there are excludes them. */
static bool wants_members(const struct scim_query *query)
{
    json_t *none = json_pack("{s:[]}", "members");
    scim_choose(none, query->attributes, query->excluded);
    bool wanted =
        json_object_size(none) > 0 || (query->filter && !scim_filter_only(query->filter, "displayName").at);
    json_decref(none);
    return wanted;
}

static err_t group_list(struct call *call)
{
    OWN(scim_query) query = {0};
    OWN(scim_page) page = {.query = &query};
    Keys__ScimFind in = KEYS__SCIM_FIND__INIT;
    Keys__ScimFound *found = NULL;
    TRY(scim_query_read(call, &query));
    in.members = wants_members(&query);
    TRY(groups_ask(call, &in, &found));
    for (size_t i = 0; i < found->n_groups; i++)
        TRY(scim_page_add(&page, group_json(call, found->groups[i], query.base)));
    return scim_page_put(&page, &call->reply->body);
}

static err_t steps_put(struct call *call, const struct scim_group_change *change, Keys__ScimGroupPut *in)
{
    Keys__ScimStep *steps = arena_array(call->desk.arena, Keys__ScimStep, change->count);
    in->steps = arena_array(call->desk.arena, Keys__ScimStep *, change->count);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < change->count; i++) {
        keys__scim_step__init(&steps[i]);
        steps[i].kind = (int64_t)change->steps[i].kind;
        steps[i].is_group = change->steps[i].is_group;
        steps[i].id = CALL_BYTES(change->steps[i].id);
        in->steps[in->n_steps++] = &steps[i];
    }
    return ERR_OK;
}

static err_t change_ask(struct call *call, Keys__ScimGroupPut *in)
{
    const struct scim_group_change *change = call->body;
    Keys__ScimFound *found = NULL;
    in->bearer = (char *)(uintptr_t)call->bearer;
    in->name = CHARS(change->name);
    in->ignored = (int64_t)change->ignored;
    TRY(steps_put(call, change, in));
    TRY(call_keys(call, &(struct question){ASK_scim_put_group, in}, &found));
    return group_put(call, found);
}

static err_t group_make(struct call *call)
{
    Keys__ScimGroupPut in = KEYS__SCIM_GROUP_PUT__INIT;
    call->reply->status = 201;
    return change_ask(call, &in);
}

static err_t group_change(struct call *call)
{
    Keys__ScimGroupPut in = KEYS__SCIM_GROUP_PUT__INIT;
    ident_t id;
    TRY(scim_id(call, "grp", &id));
    TRY(call_if_match(call, 0, &in.edition));
    in.id = CALL_BYTES(id);
    return change_ask(call, &in);
}

static err_t group_remove(struct call *call)
{
    Keys__ScimGroupPut in = KEYS__SCIM_GROUP_PUT__INIT;
    Keys__ScimFound *found = NULL;
    ident_t id;
    TRY(scim_id(call, "grp", &id));
    TRY(call_if_match(call, 0, &in.edition));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.remove = true;
    TRY(call_keys(call, &(struct question){ASK_scim_put_group, &in}, &found));
    call->reply->status = 204;
    return ERR_OK;
}

static err_t body_take(struct call *call,
                       err_t (*read)(const json_t *, arena_t *, struct scim_group_change *))
{
    OWN(scim_body) body = NULL;
    struct scim_group_change *change = arena_new(call->desk.arena, struct scim_group_change);
    TRY(arena_end(call->desk.arena));
    TRY(scim_body_read(call->request->body, &body));
    TRY(read(body, call->desk.arena, change));
    call->body = change;
    return ERR_OK;
}

err_t scim_group_body(struct call *call) { return body_take(call, scim_group_read); }
err_t scim_group_operations(struct call *call) { return body_take(call, scim_group_patch); }

err_t api_scim_group_list(struct call *call) { return scim_limited(call, group_list); }
err_t api_scim_group_show(struct call *call) { return scim_limited(call, group_show); }
err_t api_scim_group_make(struct call *call) { return scim_limited(call, group_make); }
err_t api_scim_group_change(struct call *call) { return scim_limited(call, group_change); }
err_t api_scim_group_remove(struct call *call) { return scim_limited(call, group_remove); }
