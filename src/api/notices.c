/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "notify/notice.h"

static void put_notice(const Keys__Notice *notice, buf_t *json)
{
    struct object object = object_begin(json);
    enum notice_kind kind;
    bool known = notice_find(str(notice->kind), &kind) == ERR_OK;
    object_id(&object, "id", "ntc", notice->id);
    object_text(&object, "kind", notice->kind);
    object_text(&object, "severity", known ? notice_info(kind)->severity : "");
    object_text(&object, "subject", known ? notice_info(kind)->subject : "");
    object_number(&object, "count", notice->count);
    object_text(&object, "about", notice->link);
    object_text(&object, "address", notice->address);
    object_text(&object, "state", notice->state);
    object_moment(&object, "made", notice->made);
    object_moment(&object, "sent", notice->sent);
    object_moment(&object, "next", notice->due);
    object_number(&object, "tries", notice->tries);
    object_text(&object, "trouble", notice->trouble);
    object_end(&object);
}

static void put_notices(struct call *call, const Keys__Notices *notices)
{
    buf_t *json = &call->reply->body;
    buf_putf(json, "{\"relay\":%s,\"webhooks\":%s,\"failed\":%lld,\"addresses\":[",
             call->service->relay ? "true" : "false", call->service->webhooks.ports[0] ? "true" : "false",
             (long long)notices->failed);
    for (size_t i = 0; i < notices->n_addresses; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        buf_put_json(json, str(notices->addresses[i]));
    }
    buf_put(json, STR("],\"items\":["));
    for (size_t i = 0; i < notices->n_items; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        put_notice(notices->items[i], json);
    }
    buf_put(json, STR("],\"next\":null}"));
}

err_t api_notices(struct call *call)
{
    Keys__NoticesAsk in = KEYS__NOTICES_ASK__INIT;
    Keys__Notices *notices = NULL;
    str_t state;
    TRY(call_text(call, "state", &state));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.state = (char *)(uintptr_t)state.at;
    TRY(call_keys(call, &(struct question){ASK_notices_get, &in}, &notices));
    put_notices(call, notices);
    return ERR_OK;
}

err_t api_notices_test(struct call *call)
{
    Keys__Notices *notices = NULL;
    TRY(call_keys_bearer(call, ASK_notices_test, &notices));
    put_notices(call, notices);
    return ERR_OK;
}

err_t api_notice_again(struct call *call) { return call_done_named(call, ASK_notice_again, "ntc"); }

err_t api_notices_change(struct call *call)
{
    const struct notices_body *body = call->body;
    Keys__NoticesSet in = KEYS__NOTICES_SET__INIT;
    Keys__Notices *notices = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    if (body->addresses.at)
        in.addresses = (char *)(uintptr_t)body->addresses.at;
    TRY(call_keys(call, &(struct question){ASK_notices_set, &in}, &notices));
    put_notices(call, notices);
    return ERR_OK;
}
