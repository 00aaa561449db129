/* SPDX-License-Identifier: Apache-2.0
 *
 * Support access: asked for by one of the provider's people, and then used. What is read under a grant is read as the
 * client's own people read it, by the grant's key in place of theirs, and only of the devices in its scope.
 */
#include "api/bodies.h"
#include "api/found.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "api/put_device.h"

#define CHARS(text) ((char *)(uintptr_t)(text).at)

static err_t client_read(str_t text, ident_t *out_tenant)
{
    return ident_read("ten", text, out_tenant) == ERR_OK ? ERR_OK : fail(ERR_MISSING, "no such client");
}

/* For choosing a scope: what stands in clear. */
err_t api_client_devices(struct call *call)
{
    struct reader reader = {.bearer = call->bearer};
    struct device_page page = {0};
    TRY(client_read(call->id, &reader.tenant));
    TRY(inventory_plain(&call->desk, &reader, &page));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < page.count; i++) {
        struct object device = object_begin(list_item(&list));
        object_text(&device, "id", ident_text("dev", page.devices[i].id).text);
        object_text(&device, "state", page.states[i]);
        object_moment(&device, "enrolled", page.devices[i].enrolled);
        object_moment(&device, "seen", page.devices[i].seen);
        object_end(&device);
    }
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_support_ask(struct call *call)
{
    const struct support_body *body = call->body;
    Keys__SupportAsk in = KEYS__SUPPORT_ASK__INIT;
    Keys__Request *request = NULL;
    ident_t tenant;
    TRY(client_read(body->client, &tenant));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.tenant = CALL_BYTES(tenant);
    in.case_id = CHARS(body->case_id);
    in.reason = CHARS(body->reason);
    in.words = CHARS(body->words);
    in.acts = CHARS(body->acts);
    in.minutes = body->minutes;
    in.devices = arena_array(call->desk.arena, ProtobufCBinaryData, body->devices.count);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < body->devices.count; i++)
        in.devices[in.n_devices++] = CALL_BYTES(body->devices.at[i]);
    TRY(call_keys(call, &(struct question){ASK_support_ask, &in}, &request));
    call->reply->status = request->again ? 200 : 201;
    put_request(request, &call->reply->body);
    return ERR_OK;
}

/* What a grant reaches. */
struct within {
    ident_t request;
    idents_t devices;
    struct reader reader;
};

static err_t scope_take(struct call *call, const Keys__Request *request, idents_t *out_devices)
{
    ident_t *ids = arena_array(call->desk.arena, ident_t, request->n_devices);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < request->n_devices; i++)
        TRY(ident_from(str_bytes(request->devices[i].data, request->devices[i].len), &ids[i]));
    *out_devices = (idents_t){ids, request->n_devices};
    return ERR_OK;
}

/* The keys process refuses what the grant does not allow, and tells the client of each request, refused or not, before
 * anything is looked for: a scope in which nothing is sealed would not come before it otherwise. */
static err_t grant_look(struct call *call, const ident_t *device, bool launches)
{
    Keys__GrantAct in = KEYS__GRANT_ACT__INIT;
    Keys__None *none = NULL;
    ident_t request;
    if (ident_read("req", call->id, &request) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.request = CALL_BYTES(request);
    if (device)
        in.device = CALL_BYTES(*device);
    in.launches = launches;
    return call_keys(call, &(struct question){ASK_grant_look, &in}, &none);
}

static err_t within_find(struct call *call, struct within *out_reach)
{
    Keys__Request *request = NULL;
    ident_t id, realm;
    TRY(call_keys_named(call, ASK_request_show, "req", &request));
    TRY(scope_take(call, request, &out_reach->devices));
    TRY(ident_from(str_bytes(request->id.data, request->id.len), &out_reach->request));
    TRY(ident_from(str_bytes(request->tenant.data, request->tenant.len), &id));
    TRY(ident_from(str_bytes(request->realm.data, request->realm.len), &realm));
    out_reach->reader = (struct reader){id, realm, call->bearer, &out_reach->request};
    return ERR_OK;
}

err_t api_grant_devices(struct call *call)
{
    struct within within;
    struct device_page page = {0};
    TRY(grant_look(call, NULL, false));
    TRY(within_find(call, &within));
    TRY(inventory_these(&call->desk, &within.reader, &within.devices, &page));
    put_device_page(&page, &call->reply->body);
    return ERR_OK;
}

static err_t device_read(const struct call *call, ident_t *out_device)
{
    return ident_read("dev", call->inner, out_device) == ERR_OK ? ERR_OK
                                                                : fail(ERR_MISSING, "no such device");
}

/* The device that the path names, which has to be in the scope. */
static err_t one_within(struct call *call, bool launches, struct within *out_reach, ident_t *out_device)
{
    TRY(device_read(call, out_device));
    TRY(grant_look(call, out_device, launches));
    return within_find(call, out_reach);
}

err_t api_grant_device(struct call *call)
{
    struct within within;
    struct device_whole whole;
    ident_t device;
    TRY(one_within(call, false, &within, &device));
    TRY(inventory_device(&call->desk, &within.reader, device, &whole));
    put_device_whole(&whole, &call->reply->body);
    return ERR_OK;
}

err_t api_grant_launches(struct call *call)
{
    struct within within;
    ident_t device;
    TRY(one_within(call, true, &within, &device));
    return found_answer(call, &within.reader, &device);
}

static err_t grant_act(struct call *call, enum ask_number number)
{
    Keys__GrantAct in = KEYS__GRANT_ACT__INIT;
    Keys__None *none = NULL;
    ident_t request, device;
    TRY(device_read(call, &device));
    if (ident_read("req", call->id, &request) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.request = CALL_BYTES(request);
    in.device = CALL_BYTES(device);
    TRY(call_keys(call, &(struct question){number, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_grant_device_approve(struct call *call) { return grant_act(call, ASK_grant_approve); }
err_t api_grant_device_revoke(struct call *call) { return grant_act(call, ASK_grant_revoke); }
