/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups of members: those that the client's directory keeps, listed; and those that an owner makes by hand.
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

static void put_group(const Keys__ScimGroup *group, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_id(&object, "id", "grp", group->id);
    object_text(&object, "name", group->name);
    object_flag(&object, "by_hand", group->by_hand);
    object_moment(&object, "made", group->made);
    object_number(&object, "edition", group->edition);
    put_ids("usr", group->users, group->n_users, object_value(&object, "members"));
    object_end(&object);
}

err_t api_group_list(struct call *call)
{
    Keys__ScimFound *found = NULL;
    TRY(call_keys_bearer(call, ASK_group_list, &found));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < found->n_groups; i++)
        put_group(found->groups[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

static Keys__ScimStep *step_make(struct call *call, int64_t kind)
{
    Keys__ScimStep *step = arena_new(call->desk.arena, Keys__ScimStep);
    if (step)
        keys__scim_step__init(step), step->kind = kind;
    return step;
}

/* Who is in it is said whole: all go, and these come. */
static err_t steps_make(struct call *call, const idents_t *members, Keys__ScimGroupPut *in)
{
    enum { COMES, LEAVES, ALL_LEAVE };
    in->steps = arena_array(call->desk.arena, Keys__ScimStep *, members->count + 1);
    TRY(arena_end(call->desk.arena));
    in->steps[in->n_steps++] = step_make(call, ALL_LEAVE);
    for (size_t i = 0; i < members->count; i++) {
        Keys__ScimStep *step = step_make(call, COMES);
        TRY(arena_end(call->desk.arena));
        step->id = CALL_BYTES(members->at[i]);
        in->steps[in->n_steps++] = step;
    }
    return arena_end(call->desk.arena);
}

static err_t group_put(struct call *call, Keys__ScimGroupPut *in)
{
    const struct group_body *body = call->body;
    Keys__ScimFound *found = NULL;
    in->bearer = (char *)(uintptr_t)call->bearer;
    in->name = (char *)(uintptr_t)body->name.at;
    TRY(steps_make(call, &body->members, in));
    TRY(call_keys(call, &(struct question){ASK_group_put, in}, &found));
    put_group(found->groups[0], &call->reply->body);
    return ERR_OK;
}

err_t api_group_make(struct call *call)
{
    Keys__ScimGroupPut in = KEYS__SCIM_GROUP_PUT__INIT;
    call->reply->status = 201;
    return group_put(call, &in);
}

static err_t id_read(struct call *call, ident_t *out_id)
{
    return ident_read("grp", call->id, out_id) == ERR_OK ? ERR_OK : fail(ERR_MISSING, "no such record");
}

err_t api_group_change(struct call *call)
{
    Keys__ScimGroupPut in = KEYS__SCIM_GROUP_PUT__INIT;
    ident_t id;
    TRY(id_read(call, &id));
    in.id = CALL_BYTES(id);
    TRY(call_if_match(call, 0, &in.edition));
    return group_put(call, &in);
}

err_t api_group_remove(struct call *call)
{
    Keys__ScimGroupPut in = KEYS__SCIM_GROUP_PUT__INIT;
    Keys__ScimFound *found = NULL;
    ident_t id;
    TRY(id_read(call, &id));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.remove = true;
    TRY(call_keys(call, &(struct question){ASK_group_put, &in}, &found));
    call->reply->status = 204;
    return ERR_OK;
}
