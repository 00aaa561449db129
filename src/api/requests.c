/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests: what people of the client have to say yes to. Members of a client see all of theirs, the provider's people
 * what they asked for themselves: the keys process tells them apart by who asks.
 */
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "base/limits.h"

enum { PAGE = 100 };

static err_t ask_read(struct call *call, Keys__RequestsAsk *ask)
{
    str_t kind, state, cursor;
    uint64_t limit = 0;
    ident_t after;
    TRY(call_text(call, "kind", &kind));
    TRY(call_text(call, "state", &state));
    TRY(call_number(call, "limit", PAGE, &limit));
    TRY(call_text(call, "cursor", &cursor));
    if (limit < 1 || limit > MAX_PAGE)
        return fail(ERR_INVALID, "limit is 1 to %d", MAX_PAGE);
    if (cursor.len && ident_read("req", cursor, &after) != ERR_OK)
        return fail(ERR_INVALID, "cursor is what the page before gave");
    ask->bearer = (char *)(uintptr_t)call->bearer;
    ask->kind = (char *)(uintptr_t)kind.at;
    ask->state = (char *)(uintptr_t)state.at;
    ask->limit = (int64_t)limit;
    if (cursor.len) {
        str_t kept = arena_copy(call->desk.arena, ident_bytes(&after));
        ask->after = (ProtobufCBinaryData){kept.len, (uint8_t *)(uintptr_t)kept.at};
    }
    return arena_end(call->desk.arena);
}

static err_t page_ask(struct call *call, const Keys__RequestsAsk *ask, Keys__Requests **out_page)
{
    return call_keys(call, &(struct question){ASK_request_list, ask}, out_page);
}

/* Page by page, until one is not full. */
static err_t put_csv(struct call *call, Keys__RequestsAsk *ask)
{
    Keys__Requests *page = NULL;
    buf_put(&call->reply->body, STR(REQUEST_ROW_HEAD));
    ask->after = (ProtobufCBinaryData){0};
    ask->limit = PAGE;
    do {
        TRY(page_ask(call, ask, &page));
        for (size_t i = 0; i < page->n_items; i++)
            put_request_row(page->items[i], &call->reply->body);
        if (page->n_items)
            ask->after = page->items[page->n_items - 1]->id;
    } while (page->n_items == PAGE);
    call->reply->content_type = "text/csv; charset=utf-8; header=present";
    buf_put(&call->reply->headers, STR("Content-Disposition: attachment; filename=\"requests.csv\"\n"));
    return ERR_OK;
}

err_t api_request_list(struct call *call)
{
    Keys__RequestsAsk ask = KEYS__REQUESTS_ASK__INIT;
    Keys__Requests *page = NULL;
    ident_text_t next = {{0}};
    TRY(ask_read(call, &ask));
    if (str_starts(call->request->accept, STR("text/csv")))
        return put_csv(call, &ask);
    TRY(page_ask(call, &ask, &page));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < page->n_items; i++)
        put_request(page->items[i], list_item(&list));
    bool full = page->n_items == (size_t)ask.limit;
    if (full)
        next = id_text("req", page->items[page->n_items - 1]->id);
    list_end(&list, full ? next.text : NULL);
    return ERR_OK;
}

static err_t request_answer(struct call *call, enum ask_number number)
{
    Keys__Request *request = NULL;
    TRY(call_keys_named(call, number, "req", &request));
    put_request(request, &call->reply->body);
    return ERR_OK;
}

err_t api_request_show(struct call *call) { return request_answer(call, ASK_request_show); }
err_t api_request_approve(struct call *call) { return request_answer(call, ASK_request_approve); }
err_t api_request_refuse(struct call *call) { return request_answer(call, ASK_request_refuse); }
err_t api_request_end(struct call *call) { return call_done_named(call, ASK_request_end, "req"); }
