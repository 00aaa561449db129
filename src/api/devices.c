/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handlers.h"
#include "api/put.h"
#include "base/limits.h"
#include "collect/inventory.h"
#include "concept/json.h"

enum { PAGE = 100 };

static struct reader reader_of(const struct call *call)
{
    return (struct reader){.tenant = call->tenant, .realm = call->realm, .bearer = call->bearer};
}

err_t api_device_list(struct call *call)
{
    struct reader reader = reader_of(call);
    struct record_ask ask = {0};
    struct device_page page = {0};
    ident_t after;
    uint64_t limit = 0;
    TRY(call_number(call, "limit", PAGE, &limit));
    if (limit < 1 || limit > MAX_PAGE)
        return fail(ERR_INVALID, "limit is 1 to %d", MAX_PAGE);
    ask.limit = (size_t)limit;
    str_t cursor = call_query(call, "cursor");
    if (cursor.at) {
        TRY(ident_read(device_concept.prefix, cursor, &after));
        ask.after = &after;
    }
    TRY(inventory_devices(&call->desk, &reader, &ask, &page));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < page.count; i++)
        concept_put_json(&device_concept, &page.devices[i], list_item(&list));
    ident_text_t next = {{0}};
    if (page.more)
        next = ident_text(device_concept.prefix, page.devices[page.count - 1].id);
    list_end(&list, page.more ? next.text : NULL);
    return ERR_OK;
}

/* One named array of a device; accounts also say whether they are the system's. */
static void put_entries(const concept_t *c, const struct entries *entries, buf_t *out_json)
{
    buf_putf(out_json, ",\"%s\":[", c->plural);
    for (size_t i = 0; i < entries->count; i++) {
        const void *record = (const char *)entries->records + i * c->size;
        if (i)
            buf_put(out_json, STR(","));
        concept_put_json_open(c, record, out_json);
        if (c == &account_concept)
            buf_putf(out_json, ",\"system\":%s", entries->of_device[i] ? "true" : "false");
        buf_put(out_json, STR("}"));
    }
    buf_put(out_json, STR("]"));
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
    buf_t *json = &call->reply->body;
    ident_t id;
    TRY(device_id(call, &id));
    TRY(inventory_device(&call->desk, &reader, id, &whole));
    concept_put_json_open(&device_concept, &whole.device, json);
    put_entries(&address_concept, &whole.addresses, json);
    put_entries(&account_concept, &whole.accounts, json);
    put_entries(&group_concept, &whole.groups, json);
    put_entries(&program_concept, &whole.programs, json);
    buf_put(json, STR("}"));
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
