/* SPDX-License-Identifier: Apache-2.0 */
#include "api/scim.h"

#include "api/handlers.h"
#include "base/limits.h"

enum { TOO_MANY = 429, NOT_THERE = 501, HOST_MOST = 512 };

void scim_problem(struct reply *reply, err_t code, const char *note)
{
    const struct err_info *info = err_info(code);
    buf_clear(&reply->body);
    buf_clear(&reply->headers);
    reply->asked.code = code;
    reply->status = code == ERR_LOCKED ? err_info(ERR_DENIED)->http : info->http;
    reply->content_type = SCIM_TYPE;
    scim_error_put(reply->status, note, &reply->body);
    if (info->retry && code == ERR_BUSY)
        buf_put(&reply->headers, STR("Retry-After: 2\n"));
}

err_t scim_limited(struct call *call, err_t (*answer)(struct call *call))
{
    struct env *env = call->service->env;
    int64_t wait = 0;
    call->reply->content_type = SCIM_TYPE;
    if (rate_take(&call->service->scim, call->tenant, env->now(env), &wait))
        return answer(call);
    call->reply->status = TOO_MANY;
    buf_putf(&call->reply->headers, "Retry-After: %lld\n", (long long)(wait + 999) / 1000);
    scim_error_put(TOO_MANY, "more than the service takes at once: wait as Retry-After says",
                   &call->reply->body);
    return ERR_OK;
}

err_t scim_base(struct call *call, str_t *out_base)
{
    buf_t base = arena_buf(call->desk.arena, HOST_MOST);
    buf_putf(&base, "https://%.*s/scim/v2", STR_ARG(call->request->host));
    *out_base = buf_str(&base);
    return buf_end(&base);
}

err_t scim_id(struct call *call, const char *prefix, ident_t *out_id)
{
    return ident_read(prefix, call->id, out_id) == ERR_OK ? ERR_OK
                                                          : fail(ERR_MISSING, "there is no such one");
}

void scim_query_drop(struct scim_query *query) { scim_filter_drop(&query->filter); }

static err_t count_read(struct call *call, const char *name, size_t fallback, size_t *out_count)
{
    str_t text = call_query(call, name);
    uint64_t number = fallback;
    bool negative = text.len > 1 && text.at[0] == '-'; /* RFC 7644 section 3.4.2.4: taken as the least */
    if (text.at && !negative && str_number(text, INT32_MAX, &number) != ERR_OK)
        return fail(ERR_INVALID, "invalidValue: %s is a number", name);
    *out_count = negative ? 0 : (size_t)number;
    return ERR_OK;
}

err_t scim_query_read(struct call *call, struct scim_query *out_query)
{
    struct scim_query query = {.filter = NULL};
    str_t filter = {NULL, 0};
    TRY(count_read(call, "startIndex", 1, &query.from));
    TRY(count_read(call, "count", SCIM_PAGE, &query.count));
    query.from = query.from ? query.from : 1;
    query.count = query.count < SCIM_PAGE_MOST ? query.count : SCIM_PAGE_MOST;
    TRY(call_long_text(call, "attributes", MAX_FILTER, &query.attributes));
    TRY(call_long_text(call, "excludedAttributes", MAX_FILTER, &query.excluded));
    TRY(scim_base(call, &query.base));
    if (call_query(call, "filter").at) {
        TRY(call_long_text(call, "filter", MAX_FILTER, &filter));
        if (scim_filter_read(filter, call->desk.arena, &query.filter) != ERR_OK)
            return fail(ERR_INVALID, "invalidFilter: %s", "not a filter of RFC 7644 section 3.4.2.2");
    }
    *out_query = query;
    return ERR_OK;
}

void scim_page_drop(struct scim_page *page) { json_decref(page->items); }

err_t scim_page_add(struct scim_page *page, json_t *resource)
{
    const struct scim_query *query = page->query;
    if (!page->items)
        page->items = json_array();
    if (!resource || !page->items) {
        json_decref(resource);
        return fail(ERR_BUSY, "no memory for the answer");
    }
    bool fits = !query->filter || scim_filter_fits(query->filter, resource);
    page->total += fits;
    if (!fits || page->total < query->from || json_array_size(page->items) >= query->count) {
        json_decref(resource);
        return ERR_OK;
    }
    scim_choose(resource, query->attributes, query->excluded);
    json_array_append_new(page->items, resource);
    return ERR_OK;
}

err_t scim_page_put(struct scim_page *page, buf_t *out)
{
    json_t *items = page->items ? page->items : json_array();
    page->items = NULL;
    return scim_list_put(items, page->total, page->query->from, out);
}

static const char *meta_text(const json_t *resource, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(resource, "meta"), key));
    return text ? text : "";
}

err_t scim_resource_put(struct call *call, json_t *resource)
{
    OWN(scim_body) whole = resource;
    OWN(scim_query) query = {0};
    buf_putf(&call->reply->headers, "ETag: %s\n", meta_text(whole, "version"));
    buf_putf(&call->reply->headers, "Location: %s\n", meta_text(whole, "location"));
    TRY(scim_query_read(call, &query));
    scim_choose(whole, query.attributes, query.excluded);
    return scim_put(whole, &call->reply->body);
}

/* What the service says of itself */

static err_t config(struct call *call)
{
    str_t base;
    TRY(scim_base(call, &base));
    return scim_config_put(base, &call->reply->body);
}

static err_t types(struct call *call)
{
    str_t base;
    TRY(scim_base(call, &base));
    return scim_types_put(call->id, base, &call->reply->body);
}

static err_t schemas(struct call *call)
{
    str_t base;
    TRY(scim_base(call, &base));
    return scim_schemas_put(call->id, base, &call->reply->body);
}

static err_t not_there(struct call *call)
{
    call->reply->status = NOT_THERE;
    scim_error_put(NOT_THERE, "this service has no bulk operations, no searches by POST and no /Me",
                   &call->reply->body);
    return ERR_OK;
}

err_t api_scim_config(struct call *call) { return scim_limited(call, config); }
err_t api_scim_types(struct call *call) { return scim_limited(call, types); }
err_t api_scim_schemas(struct call *call) { return scim_limited(call, schemas); }
err_t api_scim_not_there(struct call *call) { return scim_limited(call, not_there); }
