/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/put.h"
#include "api/put_device.h"
#include "base/limits.h"

enum { PAGE = 100 };

static struct reader reader_of(const struct call *call)
{
    return (struct reader){.tenant = call->tenant, .realm = call->realm, .bearer = call->bearer};
}

static err_t order_read(struct call *call, struct device_ask *ask)
{
    static const struct {
        const char *name;
        enum device_order order;
    } orders[] = {{"enrolled", ORDER_ENROLLED}, {"seen", ORDER_SEEN}, {"name", ORDER_NAME}};
    str_t sort = call_query(call, "sort");
    if (!sort.len)
        sort = STR("-enrolled");
    ask->down = sort.at[0] == '-';
    if (ask->down)
        sort = str_bytes(sort.at + 1, sort.len - 1);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (str_eq(sort, str(orders[i].name))) {
            ask->order = orders[i].order;
            return ERR_OK;
        }
    return fail(ERR_INVALID, "sort is by enrolled, seen or name, with a - before it for the largest first");
}

static err_t ask_read(struct call *call, ident_t *after, struct device_ask *ask)
{
    uint64_t limit = 0;
    str_t cursor = call_query(call, "cursor");
    TRY(call_number(call, "limit", PAGE, &limit));
    if (limit < 1 || limit > MAX_PAGE)
        return fail(ERR_INVALID, "limit is 1 to %d", MAX_PAGE);
    if (cursor.at) {
        TRY(ident_read(device_concept.prefix, cursor, after));
        ask->after = after;
    }
    ask->limit = (size_t)limit;
    TRY(call_text(call, "name", &ask->part));
    TRY(call_text(call, "state", &ask->state));
    if (ask->state.len && !str_eq(ask->state, STR("approved")) && !str_eq(ask->state, STR("pending")) &&
        !str_eq(ask->state, STR("revoked")))
        return fail(ERR_INVALID, "state is approved, pending or revoked");
    return order_read(call, ask);
}

static void put_csv(const struct device_page *page, buf_t *out_csv)
{
    buf_put(out_csv, STR("id,name,state,enrolled,seen\r\n"));
    for (size_t i = 0; i < page->count; i++) {
        const struct device *device = &page->devices[i];
        buf_putf(out_csv, "%s,", ident_text(device_concept.prefix, device->id).text);
        csv_cell(device->name, out_csv);
        buf_putf(out_csv, ",%s,%s", page->states[i], moment_text(device->enrolled).text);
        buf_putf(out_csv, ",%s\r\n", moment_text(device->seen).text);
    }
}

/* As CSV all that fit, whatever the page: what one sees filtered and sorted is what one gets. */
err_t api_device_list(struct call *call)
{
    struct reader reader = reader_of(call);
    struct device_ask ask = {0};
    struct device_page page = {0};
    ident_t after;
    bool csv = str_starts(call->request->accept, STR("text/csv"));
    TRY(ask_read(call, &after, &ask));
    if (csv)
        ask.limit = 0, ask.after = NULL;
    TRY(inventory_devices(&call->desk, &reader, &ask, &page));
    buf_putf(&call->reply->headers, "Total-Count: %zu\n", page.total);
    if (!csv) {
        put_device_page(&page, &call->reply->body);
        return ERR_OK;
    }
    call->reply->content_type = "text/csv; charset=utf-8; header=present";
    buf_put(&call->reply->headers, STR("Content-Disposition: attachment; filename=\"devices.csv\"\n"));
    put_csv(&page, &call->reply->body);
    return ERR_OK;
}

static err_t device_id(const struct call *call, ident_t *out_id)
{
    return ident_read(device_concept.prefix, call->id, out_id) == ERR_OK
               ? ERR_OK
               : fail(ERR_MISSING, "no such device");
}

err_t api_device_show(struct call *call)
{
    struct reader reader = reader_of(call);
    struct device_whole whole;
    ident_t id;
    TRY(device_id(call, &id));
    TRY(inventory_device(&call->desk, &reader, id, &whole));
    put_device_whole(&whole, &call->reply->body);
    return ERR_OK;
}

err_t api_device_remove(struct call *call)
{
    struct reader reader = reader_of(call);
    ident_t id;
    TRY(device_id(call, &id));
    TRY(inventory_remove(&call->desk, &reader, id));
    call->reply->status = 204;
    return ERR_OK;
}

static err_t device_turn(struct call *call, enum ask_number number)
{
    Keys__Named in = KEYS__NAMED__INIT;
    Keys__None *none = NULL;
    ident_t id;
    TRY(device_id(call, &id));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    TRY(call_keys(call, &(struct question){number, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_device_approve(struct call *call) { return device_turn(call, ASK_device_approve); }
err_t api_device_revoke(struct call *call) { return device_turn(call, ASK_device_revoke); }
