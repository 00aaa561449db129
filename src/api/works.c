/* SPDX-License-Identifier: Apache-2.0
 *
 * What takes long, and how far it is. A work has nothing personal in it: staff see those of all clients.
 */
#include "api/handlers.h"
#include "api/put.h"

static void put_moment(const char *name, moment_t moment, buf_t *json)
{
    if (moment)
        buf_putf(json, ",\"%s\":\"%s\"", name, moment_text(moment).text);
    else
        buf_putf(json, ",\"%s\":null", name);
}

static ident_t id_of(ProtobufCBinaryData data)
{
    ident_t id = {{0}};
    if (data.len == sizeof id.bytes)
        memcpy(id.bytes, data.data, sizeof id.bytes);
    return id;
}

static void put_id(const char *name, const char *prefix, ident_t id, buf_t *json)
{
    if (*prefix && !ident_is_zero(id))
        buf_putf(json, ",\"%s\":\"%s\"", name, ident_text(prefix, id).text);
    else
        buf_putf(json, ",\"%s\":null", name);
}

static void put_work(const Keys__Work *work, buf_t *json)
{
    buf_putf(json, "{\"id\":\"%s\",\"kind\":", ident_text("wrk", id_of(work->id)).text);
    buf_put_json(json, str(work->kind));
    put_id("tenant", "ten", id_of(work->tenant), json);
    put_id("by", work->by_prefix, id_of(work->by), json);
    buf_put(json, STR(",\"state\":"));
    buf_put_json(json, str(work->state));
    put_moment("made", work->made, json);
    put_moment("begun", work->begun, json);
    put_moment("ended", work->ended, json);
    buf_putf(json, ",\"done\":%lld,\"total\":%lld,\"note\":", (long long)work->done, (long long)work->total);
    buf_put_json(json, str(work->note));
    buf_put(json, STR("}"));
}

err_t api_work_list(struct call *call)
{
    Keys__Works *works = NULL;
    TRY(call_keys_bearer(call, ASK_work_list, &works));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < works->n_items; i++)
        put_work(works->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}
