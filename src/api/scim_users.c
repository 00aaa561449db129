/* SPDX-License-Identifier: Apache-2.0
 *
 * The members of a client, for its directory. What is changed is read first: a name comes in parts, and is kept as one.
 */
#include "api/handlers.h"
#include "api/scim.h"

#define CHARS(text) ((char *)(uintptr_t)((text).at ? (text).at : ""))

enum { YES = 1, NO = 2, NAMES_A_REQUEST = 25 };

static json_t *user_json(const Keys__ScimUser *user, str_t base)
{
    struct scim_person person = {
        .user_name = str(user->user_name),
        .full_name = str(user->full_name),
        .email = str(user->email),
        .role = str(user->role),
        .active = user->active,
        .made = user->made,
        .changed = user->changed,
        .edition = user->edition,
    };
    return ident_from(str_bytes(user->id.data, user->id.len), &person.id) == ERR_OK
               ? scim_user_json(&person, base)
               : NULL;
}

static err_t users_ask(struct call *call, Keys__ScimFind *in, Keys__ScimFound **out_found)
{
    in->bearer = (char *)(uintptr_t)call->bearer;
    in->kind = (char *)(uintptr_t) "user";
    TRY(call_keys(call, &(struct question){ASK_scim_find, in}, out_found));
    rate_owe(&call->service->scim, call->tenant, (int64_t)(*out_found)->n_users / NAMES_A_REQUEST);
    return ERR_OK;
}

static err_t user_find(struct call *call, Keys__ScimUser **out_user)
{
    Keys__ScimFind in = KEYS__SCIM_FIND__INIT;
    Keys__ScimFound *found = NULL;
    ident_t id;
    TRY(scim_id(call, "usr", &id));
    in.id = CALL_BYTES(id);
    TRY(users_ask(call, &in, &found));
    if (found->n_users != 1)
        return fail(ERR_BROKEN, "one member was asked for");
    *out_user = found->users[0];
    return ERR_OK;
}

static err_t user_put(struct call *call, const Keys__ScimUser *user)
{
    str_t base;
    TRY(scim_base(call, &base));
    return scim_resource_put(call, user_json(user, base));
}

static err_t user_show(struct call *call)
{
    Keys__ScimUser nobody = KEYS__SCIM_USER__INIT, *user = &nobody;
    TRY(user_find(call, &user));
    return user_put(call, user);
}

static err_t found_add(const Keys__ScimFound *found, struct scim_page *page)
{
    for (size_t i = 0; i < found->n_users; i++)
        TRY(scim_page_add(page, user_json(found->users[i], page->query->base)));
    return ERR_OK;
}

/* One username or externalId is found by its hash; anything else by opening every name. */
static bool known_by(const struct scim_query *query, Keys__ScimFind *in, arena_t *arena)
{
    str_t name = scim_filter_only(query->filter, "userName");
    str_t external = scim_filter_only(query->filter, "externalId");
    in->user_name = CHARS(arena_copy(arena, name));
    in->external_id = CHARS(arena_copy(arena, external));
    return name.len || external.len;
}

/* Without a filter the page is what there is; with one, all of it is looked through. */
static err_t pages_add(struct call *call, const struct scim_query *query, struct scim_page *page)
{
    size_t from = query->filter ? 0 : query->from - 1, total = from + 1;
    page->total = from;
    while (from < total && (query->filter || json_array_size(page->items) < query->count)) {
        Keys__ScimFind in = KEYS__SCIM_FIND__INIT;
        Keys__ScimFound *found = NULL;
        in.from = (int64_t)from;
        in.count = (int64_t)(query->filter ? SCIM_PAGE_MOST : query->count);
        TRY(users_ask(call, &in, &found));
        TRY(found_add(found, page));
        total = (size_t)found->total;
        if (!found->n_users)
            break;
        from += found->n_users;
    }
    page->total = query->filter ? page->total : total;
    return ERR_OK;
}

/* count=0 asks how many there are. */
static err_t total_only(struct call *call, struct scim_page *page)
{
    Keys__ScimFind in = KEYS__SCIM_FIND__INIT;
    Keys__ScimFound *found = NULL;
    TRY(users_ask(call, &in, &found));
    page->total = (size_t)found->total;
    return ERR_OK;
}

static err_t user_list(struct call *call)
{
    OWN(scim_query) query = {0};
    OWN(scim_page) page = {.query = &query};
    Keys__ScimFind in = KEYS__SCIM_FIND__INIT;
    Keys__ScimFound *found = NULL;
    struct scim_query unfiltered;
    TRY(scim_query_read(call, &query));
    if (!query.filter && !query.count)
        TRY(total_only(call, &page));
    else if (!known_by(&query, &in, call->desk.arena))
        TRY(pages_add(call, &query, &page));
    else {
        unfiltered =
            (struct scim_query){NULL, query.from, query.count, query.attributes, query.excluded, query.base};
        page.query = &unfiltered; /* externalId is in no answer that it could be compared with */
        TRY(users_ask(call, &in, &found));
        TRY(found_add(found, &page));
    }
    return scim_page_put(&page, &call->reply->body);
}

/* Changes */

static err_t change_ask(struct call *call, Keys__ScimUserPut *in, const struct scim_change *change)
{
    Keys__ScimFound *found = NULL;
    in->bearer = (char *)(uintptr_t)call->bearer;
    in->user_name = CHARS(change->user_name);
    in->email = CHARS(change->email);
    in->external_id = CHARS(change->external_id);
    in->no_external = change->external_id.at && !change->external_id.len;
    in->active = change->active < 0 ? 0 : change->active ? YES : NO;
    in->ignored = (int64_t)change->ignored;
    TRY(call_keys(call, &(struct question){ASK_scim_put_user, in}, &found));
    if (found->n_users != 1)
        return fail(ERR_BROKEN, "one member was changed");
    return user_put(call, found->users[0]);
}

static err_t user_make(struct call *call)
{
    const struct scim_change *change = call->body;
    Keys__ScimUserPut in = KEYS__SCIM_USER_PUT__INIT;
    str_t name = scim_full_name(change, STR(""), call->desk.arena);
    in.full_name = CHARS(name.at ? name : change->user_name);
    call->reply->status = 201;
    return change_ask(call, &in, change);
}

/* Where no edition was said, the one that was just read: a name is put together from what it was. */
static err_t user_change(struct call *call)
{
    const struct scim_change *change = call->body;
    Keys__ScimUserPut in = KEYS__SCIM_USER_PUT__INIT;
    Keys__ScimUser nobody = KEYS__SCIM_USER__INIT, *user = &nobody;
    TRY(call_if_match(call, 0, &in.edition));
    TRY(user_find(call, &user));
    in.id = user->id;
    in.edition = in.edition ? in.edition : user->edition;
    in.full_name = CHARS(scim_full_name(change, str(user->full_name), call->desk.arena));
    return change_ask(call, &in, change);
}

static err_t user_remove(struct call *call)
{
    Keys__ScimUserPut in = KEYS__SCIM_USER_PUT__INIT;
    Keys__ScimFound *found = NULL;
    ident_t id;
    TRY(scim_id(call, "usr", &id));
    TRY(call_if_match(call, 0, &in.edition));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.remove = true;
    TRY(call_keys(call, &(struct question){ASK_scim_put_user, &in}, &found));
    call->reply->status = 204;
    return ERR_OK;
}

static err_t body_take(struct call *call, err_t (*read)(const json_t *, arena_t *, struct scim_change *))
{
    OWN(scim_body) body = NULL;
    struct scim_change *change = arena_new(call->desk.arena, struct scim_change);
    TRY(arena_end(call->desk.arena));
    TRY(scim_body_read(call->request->body, &body));
    TRY(read(body, call->desk.arena, change));
    call->body = change;
    return ERR_OK;
}

err_t scim_user_body(struct call *call) { return body_take(call, scim_user_read); }
err_t scim_user_operations(struct call *call) { return body_take(call, scim_user_patch); }

err_t api_scim_user_list(struct call *call) { return scim_limited(call, user_list); }
err_t api_scim_user_show(struct call *call) { return scim_limited(call, user_show); }
err_t api_scim_user_make(struct call *call) { return scim_limited(call, user_make); }
err_t api_scim_user_change(struct call *call) { return scim_limited(call, user_change); }
err_t api_scim_user_remove(struct call *call) { return scim_limited(call, user_remove); }
