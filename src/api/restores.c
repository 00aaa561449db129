/* SPDX-License-Identifier: Apache-2.0
 *
 * Restores and drills, as they are asked for. What comes of them is a work's: the jobs process does it.
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

#define CHARS(text) ((char *)(uintptr_t)(text).at)

static err_t put_asked(struct call *call, const Keys__RestoreAsked *asked)
{
    struct object object = object_begin(&call->reply->body);
    object_id(&object, "work", "wrk", asked->work);
    object_end(&object);
    call->reply->status = 202;
    return ERR_OK;
}

static err_t snapshot_read(str_t text, ident_t *out_snapshot)
{
    return ident_read("snp", text, out_snapshot) == ERR_OK ? ERR_OK : fail(ERR_MISSING, "no such snapshot");
}

/* Without a name it is a dry run. */
err_t api_restore(struct call *call)
{
    const struct restore_body *body = call->body;
    Keys__RestoreAsk in = KEYS__RESTORE_ASK__INIT;
    Keys__RestoreAsked *asked = NULL;
    ident_t snapshot, device;
    TRY(snapshot_read(call->id, &snapshot));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.snapshot = CALL_BYTES(snapshot);
    in.look = !body->typed.at;
    in.name = body->typed.at ? CHARS(body->typed) : in.name;
    if (body->device.at) {
        TRY(ident_read("dev", body->device, &device));
        in.device = CALL_BYTES(device);
    }
    TRY(call_keys(call, &(struct question){ASK_restore_ask, &in}, &asked));
    return put_asked(call, asked);
}

err_t api_grant_device_restore(struct call *call)
{
    const struct grant_restore_body *body = call->body;
    Keys__GrantAct in = KEYS__GRANT_ACT__INIT;
    Keys__RestoreAsked *asked = NULL;
    ident_t request, device, snapshot;
    if (ident_read("req", call->id, &request) != ERR_OK || ident_read("dev", call->inner, &device) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    TRY(snapshot_read(body->snapshot, &snapshot));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.request = CALL_BYTES(request);
    in.device = CALL_BYTES(device);
    in.snapshot = CALL_BYTES(snapshot);
    in.look = !body->typed.at;
    in.typed = body->typed.at ? CHARS(body->typed) : in.typed;
    TRY(call_keys(call, &(struct question){ASK_grant_restore, &in}, &asked));
    return put_asked(call, asked);
}

err_t api_drill_ask(struct call *call)
{
    Keys__RestoreAsked *asked = NULL;
    TRY(call_keys_bearer(call, ASK_drill_ask, &asked));
    return put_asked(call, asked);
}

err_t api_drill_list(struct call *call)
{
    Keys__Drills *drills = NULL;
    TRY(call_keys_bearer(call, ASK_drill_list, &drills));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < drills->n_items; i++) {
        const Keys__Drill *drill = drills->items[i];
        struct object object = object_begin(list_item(&list));
        object_moment(&object, "at", drill->at);
        object_id(&object, "snapshot", "snp", drill->snapshot);
        object_number(&object, "rows", drill->rows);
        object_number(&object, "bytes", drill->bytes);
        object_number(&object, "ms", drill->ms);
        object_text(&object, "trouble", drill->trouble);
        object_end(&object);
    }
    list_end(&list, NULL);
    return ERR_OK;
}
