/* SPDX-License-Identifier: Apache-2.0
 *
 * Legal holds: placed, seen, and their release asked for; and what they keep, read with their keys.
 */
#include "api/bodies.h"
#include "api/found.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "api/put_device.h"
#include "store/record.h"

#define CHARS(text) ((char *)(uintptr_t)(text).at)

static const struct {
    const char *kind, *prefix;
} kinds[] = {{"tenant", "ten"}, {"device", "dev"}, {"person", "acc"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char *prefix_of(const char *kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (!strcmp(kinds[i].kind, kind))
            return kinds[i].prefix;
    return "sub";
}

static void put_hold(const Keys__Hold *hold, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_id(&object, "id", "hld", hold->id);
    object_text(&object, "kind", hold->kind);
    object_id(&object, "target", prefix_of(hold->kind), hold->target);
    object_text(&object, "case", hold->case_id);
    object_text(&object, "reason", hold->words);
    object_id(&object, "by", "usr", hold->by);
    object_moment(&object, "made", hold->made);
    object_moment(&object, "released", hold->released);
    object_number(&object, "keys", hold->keys);
    object_id(&object, "request", "req", hold->request);
    object_end(&object);
}

err_t api_hold_list(struct call *call)
{
    Keys__Holds *holds = NULL;
    TRY(call_keys_bearer(call, ASK_hold_list, &holds));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < holds->n_items; i++)
        put_hold(holds->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

/* The id says of what kind it is. */
static err_t target_read(str_t text, Keys__HoldPlace *in, ident_t *out_target)
{
    for (size_t i = 0; i < KINDS; i++)
        if (ident_read(kinds[i].prefix, text, out_target) == ERR_OK) {
            in->kind = CHARS(str(kinds[i].kind));
            return ERR_OK;
        }
    return fail(ERR_INVALID,
                "target is the id of an account (acc_), a device (dev_) or the client itself (ten_)");
}

err_t api_hold_place(struct call *call)
{
    const struct hold_body *body = call->body;
    Keys__HoldPlace in = KEYS__HOLD_PLACE__INIT;
    Keys__Hold *hold = NULL;
    ident_t target;
    TRY(target_read(body->target, &in, &target));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.target = CALL_BYTES(target);
    in.case_id = CHARS(body->case_id);
    in.words = CHARS(body->reason);
    TRY(call_keys(call, &(struct question){ASK_hold_place, &in}, &hold));
    call->reply->status = 201;
    put_hold(hold, &call->reply->body);
    return ERR_OK;
}

err_t api_hold_release(struct call *call)
{
    Keys__Request *request = NULL;
    TRY(call_keys_named(call, ASK_hold_end, "hld", &request));
    call->reply->status = 202;
    put_request(request, &call->reply->body);
    return ERR_OK;
}

/* What holds keep of a device and its people, alive or destroyed: with a session, or with the recovery kit alone. */

static struct reader held_reader(const struct call *call)
{
    return (struct reader){
        .tenant = call->tenant, .realm = call->realm, .bearer = call->bearer, .held = true};
}

static err_t device_answer(struct call *call, const struct reader *reader)
{
    struct device_whole whole;
    ident_t id;
    if (ident_read("dev", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    TRY(inventory_device(&call->desk, reader, id, &whole));
    put_device_whole(&whole, &call->reply->body);
    return ERR_OK;
}

static err_t device_there(struct tx *tx, void *with)
{
    bool there = false;
    TRY(record_exists(tx, &device_concept, *(const ident_t *)with, &there));
    return there ? ERR_OK : fail(ERR_MISSING, "no such record");
}

static err_t launches_answer(struct call *call, const struct reader *reader)
{
    ident_t id;
    if (ident_read("dev", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    TRY(store_read(call->desk.store, reader->tenant, device_there, &id));
    return found_answer(call, reader, &id);
}

err_t api_held_device(struct call *call)
{
    const struct reader reader = held_reader(call);
    return device_answer(call, &reader);
}

err_t api_held_launches(struct call *call)
{
    const struct reader reader = held_reader(call);
    return launches_answer(call, &reader);
}

/* Whose kit it is, before anything is read. */
static err_t with_kit(struct call *call, err_t (*answer)(struct call *call, const struct reader *reader))
{
    const struct held_kit_body *body = call->body;
    const struct reader_kit kit = {body->tenant.at, body->kit.at};
    struct reader reader = {.bearer = "", .kit = &kit};
    Keys__HeldKit in = KEYS__HELD_KIT__INIT;
    Keys__Opened *whose = NULL;
    in.tenant = CHARS(body->tenant);
    in.kit = CHARS(body->kit);
    TRY(call_keys(call, &(struct question){ASK_held_kit, &in}, &whose));
    TRY(ident_from(str_bytes(whose->tenant.data, whose->tenant.len), &reader.tenant));
    TRY(ident_from(str_bytes(whose->realm.data, whose->realm.len), &reader.realm));
    return answer(call, &reader);
}

err_t api_held_kit_device(struct call *call) { return with_kit(call, device_answer); }
err_t api_held_kit_launches(struct call *call) { return with_kit(call, launches_answer); }
