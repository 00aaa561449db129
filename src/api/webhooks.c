/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks: where notices are posted to, and their secrets, each shown once.
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

static void put_webhook(const Keys__Webhook *webhook, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "id", "whk", webhook->id);
    object_text(&object, "url", webhook->url);
    object_text(&object, "state", webhook->state);
    object_moment(&object, "made", webhook->made);
    object_moment(&object, "both", webhook->both);
    object_moment(&object, "delivered", webhook->delivered);
    object_text(&object, "trouble", webhook->trouble);
    if (*webhook->secret)
        object_text(&object, "secret", webhook->secret);
    object_end(&object);
}

err_t api_webhook_list(struct call *call)
{
    Keys__Webhooks *webhooks = NULL;
    TRY(call_keys_bearer(call, ASK_webhook_list, &webhooks));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < webhooks->n_items; i++)
        put_webhook(webhooks->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

/* What the operator does not allow is said at once; the jobs process looks again before it connects. */
err_t api_webhook_add(struct call *call)
{
    const struct webhook_body *body = call->body;
    Keys__WebhookAdd in = KEYS__WEBHOOK_ADD__INIT;
    Keys__Webhook *webhook = NULL;
    struct reach reach;
    TRY(reach_read(body->url, &reach));
    TRY(reach_judge(&reach, &call->service->webhooks));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.url = (char *)(uintptr_t)body->url.at;
    TRY(call_keys(call, &(struct question){ASK_webhook_add, &in}, &webhook));
    call->reply->status = 201;
    put_webhook(webhook, &call->reply->body);
    return ERR_OK;
}

err_t api_webhook_rotate(struct call *call)
{
    Keys__Webhook *webhook = NULL;
    TRY(call_keys_named(call, ASK_webhook_rotate, "whk", &webhook));
    put_webhook(webhook, &call->reply->body);
    return ERR_OK;
}

err_t api_webhook_remove(struct call *call) { return call_done_named(call, ASK_webhook_remove, "whk"); }
err_t api_webhook_test(struct call *call) { return call_done_named(call, ASK_webhook_test, "whk"); }
