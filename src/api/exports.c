/* SPDX-License-Identifier: Apache-2.0
 *
 * What leaves the service: the break-glass key it is sealed to, exports, and their archives.
 */
#include "api/again.h"
#include "api/bodies_extract.h"
#include "api/events.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "api/range.h"
#include "extract/extract.h"
#include "tlog/receipt.h"
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, ETAG_MOST = 64 };

/* The break-glass key */

static void put_break_glass(const Keys__BreakGlass *key, buf_t *json)
{
    struct object object = object_begin(json);
    object_text(&object, "recipient", key->recipient);
    object_moment(&object, "made", key->made);
    object_id(&object, "by", "usr", key->by);
    object_end(&object);
}

err_t api_break_glass(struct call *call)
{
    Keys__BreakGlass *key = NULL;
    TRY(call_keys_bearer(call, ASK_break_glass_get, &key));
    put_break_glass(key, &call->reply->body);
    return ERR_OK;
}

err_t api_break_glass_change(struct call *call)
{
    const struct break_glass_body *body = call->body;
    Keys__BreakGlassSet in = KEYS__BREAK_GLASS_SET__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__BreakGlass *key = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.recipient = CHARS(body->recipient);
    PROOF_FROM(body, &in, &assertion);
    TRY(call_keys(call, &(struct question){ASK_break_glass_set, &in}, &key));
    put_break_glass(key, &call->reply->body);
    return ERR_OK;
}

/* Exports */

static void put_digest(struct object *object, const char *key, ProtobufCBinaryData bytes)
{
    buf_t *json = object_value(object, key);
    buf_put(json, bytes.len ? STR("\"") : STR("null"));
    buf_put_hex(json, str_bytes(bytes.data, bytes.len));
    buf_put(json, bytes.len ? STR("\"") : STR(""));
}

static bool same_bytes(ProtobufCBinaryData a, ProtobufCBinaryData b)
{
    return a.len && str_eq(str_bytes(a.data, a.len), str_bytes(b.data, b.len));
}

static void put_export(const Keys__Export *export, buf_t *json)
{
    bool by_program = same_bytes(export->handed_by, export->token);
    struct object object = object_begin(json);
    object_id(&object, "id", "exp", export->id);
    object_text(&object, "kind", export->kind);
    object_text(&object, "state", export->state);
    object_id(&object, "by", "usr", export->by);
    object_moment(&object, "made", export->made);
    object_moment(&object, "until", export->until);
    object_text(&object, "recipient", export->recipient);
    object_id(&object, "request", "sar", export->request);
    object_number(&object, "keys", export->entries);
    object_number(&object, "sealed", export->sealed);
    object_number(&object, "opens", export->opens);
    object_number(&object, "size", export->size);
    put_digest(&object, "sha256", export->digest);
    put_digest(&object, "manifest_sha256", export->manifest);
    object_number(&object, "files", export->files);
    object_number(&object, "records", export->records);
    object_moment(&object, "handed", export->handed);
    object_id(&object, "handed_by", by_program ? "tok" : "usr", export->handed_by);
    object_id(&object, "token", "tok", export->token);
    object_flag(&object, "receipt", *export->receipt != '\0');
    object_moment(&object, "ended", export->ended);
    object_text(&object, "why", export->why);
    if (*export->ticket)
        object_text(&object, "ticket", export->ticket);
    object_end(&object);
}

err_t api_export_list(struct call *call)
{
    Keys__Exports *exports = NULL;
    TRY(call_keys_bearer(call, ASK_export_list, &exports));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < exports->n_items; i++)
        put_export(exports->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

/* What is shown before each extraction, and accepted by typing the client's name. */
err_t api_export_warning(struct call *call)
{
    buf_put(&call->reply->body, STR("{\"warning\":"));
    buf_put_json(&call->reply->body, STR(RECEIPT_WARNING));
    buf_put(&call->reply->body, STR("}"));
    return ERR_OK;
}

err_t api_export_make(struct call *call)
{
    const struct export_body *body = call->body;
    Keys__ExportMake in = KEYS__EXPORT_MAKE__INIT;
    Keys__Export *export = NULL;
    ident_t request;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.typed = CHARS(body->typed);
    in.recipient = CHARS(body->recipient);
    if (body->request.at) {
        TRY(ident_read("sar", body->request, &request));
        in.request = CALL_BYTES(request);
    }
    TRY(call_keys(call, &(struct question){ASK_export_make, &in}, &export));
    call->reply->status = 201;
    put_export(export, &call->reply->body);
    return ERR_OK;
}

/* What has ended leaves the disk at once, and not with the next turn. */
err_t api_export_end(struct call *call)
{
    TRY(call_done_named(call, ASK_export_end, "exp"));
    return extract_sweep(&call->desk, call->service->exports);
}

static err_t export_find(struct call *call, const Keys__Export **out_export)
{
    Keys__Exports *exports = NULL;
    ident_t id;
    if (ident_read("exp", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such export");
    TRY(call_keys_bearer(call, ASK_export_list, &exports));
    for (size_t i = 0; i < exports->n_items; i++)
        if (str_eq(str_bytes(exports->items[i]->id.data, exports->items[i]->id.len), ident_bytes(&id))) {
            *out_export = exports->items[i];
            return ERR_OK;
        }
    return fail(ERR_MISSING, "no such export");
}

err_t api_export_receipt(struct call *call)
{
    const Keys__Export *export = NULL;
    TRY(export_find(call, &export));
    if (!export || !*export->receipt)
        return fail(ERR_CONFLICT, "nothing of it was handed over yet");
    call->reply->content_type = "text/plain; charset=utf-8";
    buf_putf(&call->reply->headers, "Content-Disposition: attachment; filename=\"%.*s.receipt\"\n",
             STR_ARG(call->id));
    buf_put(&call->reply->body, str(export->receipt));
    return ERR_OK;
}

/* Making the archive */

/* A client that leaves holds nothing up: who asks again finds the archive made, or being made. */
static err_t told(void *with, const struct extract_progress *progress)
{
    static const char *const phases[] = {[EXTRACT_SEALING] = "sealing", [EXTRACT_GATHERING] = "gathering"};
    struct events *events = with;
    OWN(buf) json = BUF(256);
    buf_putf(&json, "{\"phase\":\"%s\",\"done\":%llu,\"total\":%llu}", phases[progress->phase],
             (unsigned long long)progress->done, (unsigned long long)progress->total);
    (void)!events_progress(events, &json);
    return stream_stops(events->stream) ? fail(ERR_BUSY, "the service is being restarted: go on in a moment")
                                        : ERR_OK;
}

/* With the ticket alone, where the keys are sealed already; else the session seals them first. */
static err_t archive_make(struct call *call, struct events *events, ident_t id)
{
    const struct ticket_body *body = call->body;
    const struct extract_ask ask = {call->service->exports, call->service->logs, CHARS(body->ticket), told,
                                    events};
    if (*call->bearer)
        TRY(extract_seal(&call->desk, &(struct extract_seal){call->bearer, id, told, events}));
    err_t made = extract_make(&call->desk, &ask);
    return made == ERR_CONFLICT ? ERR_OK : made; /* it is there */
}

err_t api_export_run(struct call *call)
{
    struct events events;
    OWN(buf) end = BUF(128);
    ident_t id;
    if (ident_read("exp", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such export");
    TRY(events_begin(call, &events));
    err_t result = archive_make(call, &events, id);
    buf_putf(&end, "{\"id\":\"%s\"}", ident_text("exp", id).text);
    if (result == ERR_OK)
        (void)!events_put(&events, "end", &end);
    return events_end(&events, result);
}

/* Giving it out */

/* One that has ended meanwhile has no name any more: then no more of it is given. */
static bool is_there(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 && about.st_nlink > 0;
}

static err_t bytes_give(struct call *call, int fd, const struct range *range)
{
    struct stream *stream = NULL;
    char piece[PIECE];
    TRY(stream_open(call->request, &stream));
    for (uint64_t at = range->from; at <= range->last && is_there(fd);) {
        uint64_t left = range->last - at + 1;
        ssize_t some = pread(fd, piece, left < PIECE ? (size_t)left : PIECE, (off_t)at);
        if (some <= 0 || !stream_put(stream, str_bytes(piece, (size_t)some)))
            break;
        at += (uint64_t)some;
    }
    return ERR_OK;
}

static void put_etag(const Keys__Export *export, buf_t *out)
{
    buf_put_byte(out, '"');
    buf_put_hex(out, str_bytes(export->digest.data, export->digest.len));
    buf_put_byte(out, '"');
}

static void headers_put(struct call *call, const Keys__Export *export, const struct range *range)
{
    buf_t *out = &call->reply->headers;
    buf_put(out, STR("ETag: "));
    put_etag(export, out);
    buf_putf(out, "\nAccept-Ranges: bytes\nContent-Disposition: attachment; filename=\"%.*s.zip.age\"\n",
             STR_ARG(call->id));
    if (range->part == RANGE_NONE_SUCH)
        buf_putf(out, "Content-Range: bytes */%llu\n", (unsigned long long)export->size);
    if (range->part == RANGE_PART)
        buf_putf(out, "Content-Range: bytes %llu-%llu/%llu\n", (unsigned long long)range->from,
                 (unsigned long long)range->last, (unsigned long long)export->size);
}

static err_t archive_give(struct call *call, const Keys__Export *export, int fd)
{
    static const int statuses[] = {[RANGE_ALL] = 200, [RANGE_PART] = 206, [RANGE_NONE_SUCH] = 416};
    const struct request *request = call->request;
    OWN(buf) etag = BUF(ETAG_MOST + DIGEST_SIZE * 2);
    put_etag(export, &etag);
    TRY(buf_end(&etag));
    bool same = !request->if_range.len || str_eq(request->if_range, buf_str(&etag));
    struct range range = range_read(same ? request->range : (str_t){0}, (uint64_t) export->size);
    call->reply->status = statuses[range.part];
    call->reply->content_type = "application/octet-stream";
    headers_put(call, export, &range);
    if (range.part == RANGE_NONE_SUCH)
        return ERR_OK;
    TRY(streams_take(call));
    err_t given = bytes_give(call, fd, &range);
    streams_give(call);
    return given;
}

err_t api_export_archive(struct call *call)
{
    Keys__Export *export = NULL;
    OWN(fd) fd = 0;
    ident_t id;
    struct stat about;
    if (ident_read("exp", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such export");
    TRY(extract_open(call->service->exports, id, &fd));
    TRY(call_keys_named(call, ASK_export_hand, "exp", &export));
    if (fstat(fd, &about) != 0 || about.st_size != export->size)
        return fail(ERR_BROKEN, "the archive is not as it was made: end the export, and make another");
    return archive_give(call, export, fd);
}
