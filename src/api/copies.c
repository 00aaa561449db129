/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies into another client, as the owners of both ask for them.
 */
#include "api/again.h"
#include "api/bodies_copies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

static void put_copy(const Keys__Copy *copy, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "id", "cpy", copy->id);
    object_text(&object, "state", copy->state);
    object_id(&object, "into", "ten", copy->tenant);
    object_text(&object, "name", copy->name);
    object_id(&object, "whence", "ten", copy->whence);
    object_id(&object, "snapshot", "snp", copy->snapshot);
    object_id(&object, "by", "usr", copy->by);
    object_id(&object, "given_by", "usr", copy->given_by);
    object_moment(&object, "made", copy->made);
    object_moment(&object, "until", copy->until);
    object_moment(&object, "begun", copy->begun);
    object_moment(&object, "ended", copy->ended);
    object_number(&object, "records", copy->records);
    object_number(&object, "subjects", copy->total);
    object_number(&object, "left", copy->left);
    object_text(&object, "trouble", copy->trouble);
    object_end(&object);
}

err_t api_copy_list(struct call *call)
{
    Keys__Copies *copies = NULL;
    TRY(call_keys_bearer(call, ASK_copy_list, &copies));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < copies->n_items; i++)
        put_copy(copies->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_copy_offer(struct call *call)
{
    Keys__CopyCode *code = NULL;
    TRY(call_keys_bearer(call, ASK_copy_offer, &code));
    struct object object = object_begin(&call->reply->body);
    object_text(&object, "code", code->code);
    put_copy(code->copy, object_value(&object, "copy"));
    object_end(&object);
    call->reply->status = 201;
    return ERR_OK;
}

err_t api_copy_ask(struct call *call)
{
    const struct copy_ask_body *body = call->body;
    Keys__CopyAsk in = KEYS__COPY_ASK__INIT;
    Keys__Copy *copy = NULL;
    ident_t snapshot;
    if (ident_read("snp", call->id, &snapshot) != ERR_OK)
        return fail(ERR_MISSING, "no such snapshot");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.snapshot = CALL_BYTES(snapshot);
    in.code = CHARS(body->code);
    TRY(call_keys(call, &(struct question){ASK_copy_ask, &in}, &copy));
    put_copy(copy, &call->reply->body);
    call->reply->status = 202;
    return ERR_OK;
}

static err_t copy_named(const struct call *call, ident_t *out_id)
{
    return ident_read("cpy", call->id, out_id) == ERR_OK ? ERR_OK : fail(ERR_MISSING, "no such copy");
}

err_t api_copy_give(struct call *call)
{
    const struct copy_give_body *body = call->body;
    Keys__CopyGive in = KEYS__COPY_GIVE__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Copy *copy = NULL;
    ident_t id;
    TRY(copy_named(call, &id));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.typed = CHARS(body->typed);
    PROOF_FROM(body, &in, &assertion);
    TRY(call_keys(call, &(struct question){ASK_copy_give, &in}, &copy));
    put_copy(copy, &call->reply->body);
    return ERR_OK;
}

static err_t go_on(struct call *call, bool ends)
{
    Keys__CopyAct in = KEYS__COPY_ACT__INIT;
    Keys__Copy *copy = NULL;
    ident_t id;
    TRY(copy_named(call, &id));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.ends = ends;
    TRY(call_keys(call, &(struct question){ASK_copy_go_on, &in}, &copy));
    put_copy(copy, &call->reply->body);
    return ERR_OK;
}

err_t api_copy_go_on(struct call *call) { return go_on(call, false); }
err_t api_copy_end(struct call *call) { return go_on(call, true); }
