/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/put.h"
#include "notify/notice.h"

static void put_text(const char *name, const char *text, buf_t *json)
{
    buf_putf(json, ",\"%s\":", name);
    if (*text)
        buf_put_json(json, str(text));
    else
        buf_put(json, STR("null"));
}

static void put_moment(const char *name, moment_t moment, buf_t *json)
{
    put_text(name, moment ? moment_text(moment).text : "", json);
}

static void put_notice(const Keys__Notice *notice, buf_t *json)
{
    ident_t id = {{0}};
    enum notice_kind kind;
    bool known = notice_find(str(notice->kind), &kind) == ERR_OK;
    if (notice->id.len == sizeof id.bytes)
        memcpy(id.bytes, notice->id.data, sizeof id.bytes);
    buf_putf(json, "{\"id\":\"%s\"", ident_text("ntc", id).text);
    put_text("kind", notice->kind, json);
    put_text("severity", known ? notice_info(kind)->severity : "", json);
    put_text("subject", known ? notice_info(kind)->subject : "", json);
    buf_putf(json, ",\"count\":%lld", (long long)notice->count);
    put_text("about", notice->link, json);
    put_text("address", notice->address, json);
    put_text("state", notice->state, json);
    put_moment("made", notice->made, json);
    put_moment("sent", notice->sent, json);
    put_moment("next", notice->due, json);
    buf_putf(json, ",\"tries\":%lld", (long long)notice->tries);
    put_text("trouble", notice->trouble, json);
    buf_put(json, STR("}"));
}

static void put_notices(struct call *call, const Keys__Notices *notices)
{
    buf_t *json = &call->reply->body;
    buf_putf(json, "{\"relay\":%s,\"addresses\":[", call->service->relay ? "true" : "false");
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

static err_t notices_ask(struct call *call, enum ask_number number)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Notices *notices = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    TRY(call_keys(call, &(struct question){number, &in}, &notices));
    put_notices(call, notices);
    return ERR_OK;
}

err_t api_notices(struct call *call) { return notices_ask(call, ASK_notices_get); }
err_t api_notices_test(struct call *call) { return notices_ask(call, ASK_notices_test); }

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
