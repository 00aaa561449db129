/* SPDX-License-Identifier: Apache-2.0
 *
 * The erasure of a client: asked for and watched by its people, by staff as far as it is; and, once nobody of it is there any
 * more, read by whoever has its id, which nobody can guess: there nothing is about a person.
 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "base/limits.h"
#include "erase/pdf.h"
#include "log/read.h"
#include "tlog/certificate.h"

enum { PATH_ROOM = 64 };

static void put_hex(struct object *object, const char *key, ProtobufCBinaryData bytes)
{
    OWN(buf) hex = BUF(2 * DIGEST_SIZE);
    buf_put_hex(&hex, str_bytes(bytes.data, bytes.len));
    object_text(object, key, hex.at && bytes.len ? hex.at : "");
}

static void put_store(const Keys__Erasure *erasure, enum erased_store store, buf_t *json)
{
    static const Keys__ErasureStore nothing = KEYS__ERASURE_STORE__INIT;
    const Keys__ErasureStore *found = &nothing;
    for (size_t i = 0; i < erasure->n_stores; i++)
        if (!strcmp(erasure->stores[i]->name, erased_name(store)))
            found = erasure->stores[i];
    struct object object = object_begin(json);
    object_text(&object, "name", erased_name(store));
    object_text(&object, "what", erased_what(store));
    object_number(&object, "items", found->items);
    object_number(&object, "bytes", found->bytes);
    object_moment(&object, "at", found->at);
    object_end(&object);
}

static void put_stores(const Keys__Erasure *erasure, buf_t *json)
{
    buf_put(json, STR("["));
    for (enum erased_store store = 0; store < ERASED_COUNT; store++) {
        buf_put(json, store ? STR(",") : STR(""));
        put_store(erasure, store, json);
    }
    buf_put(json, STR("]"));
}

static void put_counts(const Keys__Erasure *erasure, buf_t *json)
{
    buf_put(json, STR("["));
    for (size_t i = 0; i < erasure->n_counts; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        struct object object = object_begin(json);
        object_text(&object, "what", erasure->counts[i]->what);
        object_number(&object, "items", erasure->counts[i]->items);
        object_end(&object);
    }
    buf_put(json, STR("]"));
}

/* The page that needs nobody to be signed in. */
static void put_kept(const Keys__Erasure *erasure, buf_t *json)
{
    buf_put_byte(json, '[');
    for (size_t i = 0; i < erasure->n_kept; i++) {
        buf_put(json, i ? STR(",") : STR(""));
        struct object object = object_begin(json);
        object_id(&object, "hold", "hld", erasure->kept[i]->hold);
        object_number(&object, "items", erasure->kept[i]->items);
        object_number(&object, "bytes", erasure->kept[i]->bytes);
        object_end(&object);
    }
    buf_put_byte(json, ']');
}

static void put_link(struct object *object, const Keys__Erasure *erasure)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "/certificates/%s", id_text("era", erasure->id).text);
    object_text(object, "link", erasure->id.len ? path : "");
}

static void put_moments(struct object *object, const Keys__Erasure *erasure)
{
    object_moment(object, "requested", erasure->requested);
    object_moment(object, "cooling_until", erasure->cooling_until);
    object_moment(object, "mark_by", erasure->mark_by);
    object_moment(object, "marked", erasure->marked);
    object_moment(object, "destroyed", erasure->destroyed);
    object_moment(object, "certified", erasure->certified);
    object_moment(object, "closed", erasure->closed);
}

static void put_erasure(const Keys__Erasure *erasure, buf_t *json)
{
    bool written = !strcmp(erasure->asked, "written") || !strcmp(erasure->asked, "release");
    struct object object = object_begin(json);
    object_id(&object, "id", "era", erasure->id);
    object_id(&object, "tenant", "ten", erasure->tenant);
    object_text(&object, "name", erasure->name);
    object_text(&object, "asked", erasure->asked);
    object_text(&object, "state", *erasure->state ? erasure->state : "none");
    object_id(&object, "by", written ? "stf" : "usr", erasure->by);
    object_id(&object, "second", "stf", erasure->second);
    put_hex(&object, "document", erasure->document);
    object_text(&object, "request", erasure->request);
    put_moments(&object, erasure);
    object_text(&object, "held", erasure->held);
    object_flag(&object, "untold", erasure->untold);
    put_stores(erasure, object_value(&object, "stores"));
    put_counts(erasure, object_value(&object, "counts"));
    put_kept(erasure, object_value(&object, "kept"));
    object_id(&object, "after", "era", erasure->after);
    object_text(&object, "commitment", erasure->commitment);
    object_text(&object, "certificate", erasure->certificate);
    object_text(&object, "key", erasure->key);
    object_text(&object, "log", erasure->log);
    object_text(&object, "log_key", erasure->log_key);
    put_link(&object, erasure);
    object_end(&object);
}

static err_t erasure_answer(struct call *call, const Keys__Erasure *erasure)
{
    if (!erasure)
        return fail(ERR_BROKEN, "an answer without an erasure");
    put_erasure(erasure, &call->reply->body);
    return ERR_OK;
}

err_t api_erasure(struct call *call)
{
    Keys__Erasure *erasure = NULL;
    TRY(call_keys_bearer(call, ASK_erasure_get, &erasure));
    return erasure_answer(call, erasure);
}

err_t api_erasure_ask(struct call *call)
{
    const struct erasure_body *body = call->body;
    Keys__ErasureAsk in = KEYS__ERASURE_ASK__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Erasure *erasure = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.typed = (char *)(uintptr_t)body->typed.at;
    PROOF_FROM(body, &in, &assertion);
    TRY(call_keys(call, &(struct question){ASK_erasure_ask, &in}, &erasure));
    call->reply->status = 201;
    return erasure_answer(call, erasure);
}

err_t api_erasure_withdraw(struct call *call)
{
    Keys__Erasure *erasure = NULL;
    TRY(call_keys_named(call, ASK_erasure_withdraw, "era", &erasure));
    return erasure_answer(call, erasure);
}

err_t api_erasure_list(struct call *call)
{
    Keys__Erasures *erasures = NULL;
    TRY(call_keys_bearer(call, ASK_erasure_list, &erasures));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < erasures->n_items; i++)
        put_erasure(erasures->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

/* By its id alone */

static const Keys__Erasure no_erasure = KEYS__ERASURE__INIT;

static err_t erased(struct call *call, const Keys__Erasure **out_erasure)
{
    Keys__ErasureNamed in = KEYS__ERASURE_NAMED__INIT;
    Keys__Erasure *found = NULL;
    ident_t id;
    if (ident_read("era", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.id = CALL_BYTES(id);
    TRY(call_keys(call, &(struct question){ASK_erasure_show, &in}, &found));
    *out_erasure = found ? found : &no_erasure;
    return ERR_OK;
}

static err_t certified(struct call *call, const Keys__Erasure **out_erasure)
{
    const Keys__Erasure *found = &no_erasure;
    TRY(erased(call, &found));
    *out_erasure = found;
    return *found->certificate ? ERR_OK : fail(ERR_MISSING, "there is no certificate yet");
}

err_t api_erased(struct call *call)
{
    const Keys__Erasure *erasure = &no_erasure;
    TRY(erased(call, &erasure));
    return erasure_answer(call, erasure);
}

static void attached(struct call *call, const char *type, const char *ending)
{
    call->reply->content_type = type;
    buf_putf(&call->reply->headers, "Content-Disposition: attachment; filename=\"%.*s.%s\"\n",
             STR_ARG(call->id), ending);
}

err_t api_erased_note(struct call *call)
{
    const Keys__Erasure *erasure = &no_erasure;
    TRY(certified(call, &erasure));
    attached(call, "text/plain; charset=utf-8", "certificate");
    buf_put(&call->reply->body, str(erasure->certificate));
    return ERR_OK;
}

/* Of the client's own log, whose key the client has; it carries the entry. */
err_t api_erased_proof(struct call *call)
{
    const Keys__Erasure *erasure = &no_erasure;
    struct log_folder folder;
    struct log_batch bundle;
    OWN(buf) extra = BUF(MAX_PROOF_FILE);
    uint64_t size = 0;
    TRY(certified(call, &erasure));
    TRY(log_folder_at(call->service->env, call->service->logs, id_text("ten", erasure->tenant).text,
                      &folder));
    TRY(log_size(&folder, &size));
    uint64_t entry = (uint64_t)erasure->entry;
    if (erasure->entry < 0 || entry >= size)
        return fail(ERR_MISSING, "its entry is not signed yet: try again in a second");
    TRY(log_bundle(&folder, size, entry / TILE_FULL, call->desk.arena, &bundle));
    buf_put_base64_padded(&extra, bundle.entries[entry % TILE_FULL]);
    TRY(buf_end(&extra));
    attached(call, "text/plain; charset=utf-8", "tlog-proof");
    return log_proof(&folder, entry, buf_str(&extra), &call->reply->body);
}

err_t api_erased_pdf(struct call *call)
{
    const Keys__Erasure *erasure = &no_erasure;
    OWN(buf) text = BUF(MAX_NOTE);
    TRY(certified(call, &erasure));
    buf_put(&text, str(erasure->certificate));
    buf_putf(&text, "\nWhat was to be destroyed, as the log's entry erasure.marked commits to it:\n\n%s",
             erasure->commitment);
    buf_putf(&text, "\nThe key that verifies it:\n%s\n\nThe log's key:\n%s\n", erasure->key,
             erasure->log_key);
    buf_put(&text, STR("\ncustody-verify certificate FILE --key KEY [--proof FILE --log-key KEY]\n"));
    TRY(buf_end(&text));
    attached(call, "application/pdf", "pdf");
    pdf_put("Certificate of erasure", buf_str(&text), &call->reply->body);
    return buf_end(&call->reply->body);
}
