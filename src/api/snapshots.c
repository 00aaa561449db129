/* SPDX-License-Identifier: Apache-2.0
 *
 * Which snapshots there are, and one asked for. They are taken by the jobs process: what is answered here is what it has told.
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

static void put_snapshot(const Keys__Snapshot *snapshot, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "id", "snp", snapshot->id);
    object_moment(&object, "made", snapshot->made);
    object_text(&object, "why", snapshot->why);
    object_text(&object, "state", snapshot->state);
    object_number(&object, "rows", snapshot->rows);
    object_number(&object, "bytes", snapshot->bytes);
    object_number(&object, "new_bytes", snapshot->new_bytes);
    object_number(&object, "segments", snapshot->segments);
    object_number(&object, "blobs", snapshot->blobs);
    object_flag(&object, "same_device", snapshot->same_device);
    object_moment(&object, "verified", snapshot->verified);
    object_number(&object, "wrong", snapshot->wrong);
    object_text(&object, "trouble", snapshot->trouble);
    object_end(&object);
}

static void put_service(const Keys__Snapshots *snapshots, buf_t *json)
{
    struct object object = object_begin(json);
    object_moment(&object, "made", snapshots->service_made);
    object_moment(&object, "verified", snapshots->service_verified);
    object_number(&object, "wrong", snapshots->service_wrong);
    object_end(&object);
}

err_t api_snapshot_list(struct call *call)
{
    Keys__Snapshots *snapshots = NULL;
    buf_t *json = &call->reply->body;
    TRY(call_keys_bearer(call, ASK_snapshot_list, &snapshots));
    buf_putf(json, "{\"due\":\"%s\",\"service\":", moment_text(snapshots->due).text);
    put_service(snapshots, json);
    buf_put(json, STR(",\"items\":["));
    for (size_t i = 0; i < snapshots->n_items; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        put_snapshot(snapshots->items[i], json);
    }
    buf_put(json, STR("],\"next\":null}"));
    return ERR_OK;
}

/* Of the client that a grant is of, to choose among. */
err_t api_grant_snapshots(struct call *call)
{
    Keys__Snapshots *snapshots = NULL;
    TRY(call_keys_named(call, ASK_grant_snapshots, "req", &snapshots));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < snapshots->n_items; i++)
        put_snapshot(snapshots->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

static err_t work_asked(struct call *call, bool verifies)
{
    Keys__SnapshotAsk in = KEYS__SNAPSHOT_ASK__INIT;
    Keys__Work *work = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.verifies = verifies;
    TRY(call_keys(call, &(struct question){ASK_snapshot_ask, &in}, &work));
    struct object object = object_begin(&call->reply->body);
    object_id(&object, "work", "wrk", work->id);
    object_end(&object);
    call->reply->status = 202;
    return ERR_OK;
}

err_t api_snapshot_take(struct call *call) { return work_asked(call, false); }
err_t api_snapshot_verify(struct call *call) { return work_asked(call, true); }
