/* SPDX-License-Identifier: Apache-2.0
 *
 * Orders: what destroys something of the service's, by a dry run, the name typed, and a second person.
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/put.h"

#define CHARS(text) ((char *)(uintptr_t)(text).at)

err_t api_order_list(struct call *call)
{
    Keys__Orders *orders = NULL;
    TRY(call_keys_bearer(call, ASK_order_list, &orders));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < orders->n_items; i++)
        put_order(orders->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

/* Whichever of them it is, the keys process says whether it is there. */
static err_t target_read(str_t text, ident_t *out_target)
{
    const char *prefix = str_starts(text, STR("stf_"))   ? "stf"
                         : str_starts(text, STR("clk_")) ? "clk"
                         : str_starts(text, STR("hld_")) ? "hld"
                                                         : "ten";
    return ident_read(prefix, text, out_target) == ERR_OK
               ? ERR_OK
               : fail(
                     ERR_INVALID,
                     "target is the id of a client (ten_), of one of staff (stf_), of a legal hold (hld_) or of a jump of the clock (clk_)");
}

/* As sha256sum prints it. */
static err_t document_read(str_t hex, buf_t *out_document)
{
    char bytes[DIGEST_SIZE];
    if (!hex.len)
        return ERR_OK;
    if (base16_read(hex, sizeof bytes, bytes) != ERR_OK)
        return fail(ERR_INVALID, "document is a SHA-256, in hexadecimal");
    buf_put(out_document, str_bytes(bytes, sizeof bytes));
    return buf_end(out_document);
}

err_t api_order_make(struct call *call)
{
    const struct order_body *body = call->body;
    Keys__OrderMake in = KEYS__ORDER_MAKE__INIT;
    Keys__Order *order = NULL;
    ident_t target;
    OWN(buf) document = BUF(DIGEST_SIZE);
    TRY(target_read(body->target, &target));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.act = CHARS(body->act);
    in.target = CALL_BYTES(target);
    in.typed = body->typed.at ? CHARS(body->typed) : in.typed;
    TRY(document_read(body->document, &document));
    in.document = (ProtobufCBinaryData){document.len, (uint8_t *)(uintptr_t)document.at};
    TRY(call_keys(call, &(struct question){ASK_order_make, &in}, &order));
    call->reply->status = order->id.len ? 201 : 200;
    put_order(order, &call->reply->body);
    return ERR_OK;
}

static err_t order_named(struct call *call, enum ask_number number, void *out_answer)
{
    Keys__OrderNamed in = KEYS__ORDER_NAMED__INIT;
    ident_t id;
    if (ident_read("ord", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    return call_keys(call, &(struct question){number, &in}, out_answer);
}

/* A crash between the two is put right at the next start, when the rows follow the keyring. */
err_t api_order_confirm(struct call *call)
{
    Keys__Order *order = NULL;
    ident_t target;
    TRY(order_named(call, ASK_order_confirm, &order));
    if (!order)
        return fail(ERR_BROKEN, "an order that was confirmed without an answer");
    TRY(ident_from(str_bytes(order->target.data, order->target.len), &target));
    if (!strcmp(order->act, "tenant.remove"))
        TRY(store_tenant_remove(call->desk.store, target));
    put_order(order, &call->reply->body);
    return ERR_OK;
}

err_t api_order_withdraw(struct call *call)
{
    Keys__None *none = NULL;
    TRY(order_named(call, ASK_order_withdraw, &none));
    call->reply->status = 204;
    return ERR_OK;
}
