/* SPDX-License-Identifier: Apache-2.0
 *
 * What is new in the evidence log, oldest first: sent, then written down.
 */
#include "agent/keeper.h"
#include "agent/keeper_forward.h"
#include "agent/object.h"
#include "base/limits.h"

enum { AT_ONCE = 100 };

static err_t entry_tell(struct keeper *keeper, struct keeper_sinks *sinks, const json_t *entry)
{
    if (!keeper_tells(&keeper->settings, object_text(entry, "act")))
        return ERR_OK;
    char *text = json_dumps(entry, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (!text)
        return fail(ERR_BUSY, "no memory for an entry");
    err_t told = keeper_forward(sinks, str(text));
    free(text);
    TRY(told);
    keeper->state.alerts++;
    return ERR_OK;
}

/* The page that ends before `until`: it is told from its end, which is the oldest. */
static err_t page_tell(struct keeper *keeper, struct keeper_sinks *sinks, uint64_t until)
{
    char path[128];
    OWN(json) page = NULL;
    uint64_t count = until - keeper->state.cursor;
    snprintf(path, sizeof path, "/v1/log?cursor=%llu&limit=%llu", (unsigned long long)until,
             (unsigned long long)count);
    TRY(keeper_object(keeper, &(struct keeper_request){"GET", path}, &page));
    const json_t *items = json_object_get(page, "items");
    if (json_array_size(items) != count)
        return fail(ERR_BROKEN, "a page of the log is not whole");
    for (size_t i = count; i-- > 0;)
        TRY(entry_tell(keeper, sinks, json_array_get(items, i)));
    TRY(keeper_sinks_sync(sinks));
    keeper->state.cursor = until;
    return keeper_save(keeper);
}

err_t keeper_alert(struct keeper *keeper)
{
    OWN(json) about = NULL;
    OWN(keeper_sinks) sinks = {0};
    uint64_t size = 0;
    if (!keeper->settings.sink_count)
        return ERR_OK;
    TRY(keeper_object(keeper, &(struct keeper_request){"GET", "/v1/log/about"}, &about));
    TRY(object_number(about, "size", &size));
    if (!keeper->state.follows) { /* from now on: what was before is in the log */
        keeper->state.follows = true;
        keeper->state.cursor = size;
        return keeper_save(keeper);
    }
    if (keeper->state.cursor >= size)
        return ERR_OK;
    TRY(keeper_sinks_open(&keeper->settings, &sinks));
    while (keeper->state.cursor < size && !keeper_stops()) {
        uint64_t left = size - keeper->state.cursor;
        TRY(page_tell(keeper, &sinks, keeper->state.cursor + (left < AT_ONCE ? left : AT_ONCE)));
    }
    return ERR_OK;
}
