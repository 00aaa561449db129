/* SPDX-License-Identifier: Apache-2.0
 *
 * Elevations that wait for an approval: what endpoints tell, and what somebody who signs for the client answers.
 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "base/limits.h"
#include "collect/intake.h"
#include "collect/inventory.h"
#include "concept/codec.h"
#include "concept/elevation.h"
#include "govern/elevation.h"

enum { PAGE = 100, MINUTES_OF_CODE = 10 };

static str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }

/* From endpoints */

static err_t told_read(struct call *call, struct elevation_asked *out_asked)
{
    void *records = NULL;
    size_t count = 0;
    TRY(codec_unpack(&elevation_concept, call->request->body, call->desk.arena, &records, &count));
    if (count != 1)
        return fail(ERR_INVALID, "one elevation at a time");
    *out_asked = *(const struct elevation_asked *)records;
    return ERR_OK;
}

static Keys__ElevationTell told_of(const struct call *call)
{
    Keys__ElevationTell in = KEYS__ELEVATION_TELL__INIT;
    in.tenant = CALL_BYTES(call->tenant);
    in.device = CALL_BYTES(call->device);
    return in;
}

static void put_state(const Keys__ElevationState *state, buf_t *json)
{
    struct object object = object_begin(json);
    object_text(&object, "state", state->state);
    object_text(&object, "approval", state->note);
    object_end(&object);
}

/* Told first as one that waits, so that its use names what is known. */
err_t api_agent_elevation(struct call *call)
{
    struct elevation_asked asked = {.state = STR("")};
    Keys__ElevationTell in = told_of(call);
    Keys__ElevationState *state = NULL;
    Keys__None *none = NULL;
    TRY(told_read(call, &asked));
    in.id = CALL_BYTES(asked.id);
    in.account = CALL_BYTES(asked.account);
    in.policy = asked.policy;
    in.minutes = asked.minutes;
    in.packed = DATA(call->request->body);
    TRY(call_keys(call, &(struct question){ASK_elevation_tell, &in}, &state));
    if (!str_eq(asked.state, STR("open"))) {
        in.state = CHARS(asked.state);
        TRY(call_keys(call, &(struct question){ASK_elevation_end, &in}, &none));
    }
    put_state(state, &call->reply->body);
    return ERR_OK;
}

err_t api_agent_elevation_state(struct call *call)
{
    Keys__ElevationTell in = told_of(call);
    Keys__ElevationState *state = NULL;
    ident_t id;
    if (ident_read("elv", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such elevation");
    in.id = CALL_BYTES(id);
    TRY(call_keys(call, &(struct question){ASK_elevation_poll, &in}, &state));
    put_state(state, &call->reply->body);
    return ERR_OK;
}

/* For people */

static void put_args(str_t args, buf_t *json)
{
    const char *before = "[";
    for (; args.len; before = ",") {
        buf_put(json, str(before));
        buf_put_json(json, str_until(&args, 0));
    }
    buf_put(json, *before == '[' ? STR("[]") : STR("]"));
}

/* What is to run; null where the key that opens it is destroyed. */
static err_t put_what(struct call *call, const Keys__Elevation *item, struct object *object)
{
    void *records = NULL;
    size_t count = 0;
    if (item->packed.len)
        TRY(codec_unpack(&elevation_concept, bin(item->packed), call->desk.arena, &records, &count));
    static const struct elevation_asked nothing;
    const struct elevation_asked *asked = count == 1 ? records : &nothing;
    if (count == 1)
        object_number(object, "as", asked->runs_as);
    else
        buf_put(object_value(object, "as"), STR("null"));
    buf_put_json(object_value(object, "path"), asked->path);
    put_args(asked->args, object_value(object, "args"));
    buf_put_json(object_value(object, "reason"), asked->reason);
    return ERR_OK;
}

static err_t put_elevation(struct call *call, const Keys__Elevation *item, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "id", "elv", item->id);
    object_text(&object, "state", item->state);
    object_id(&object, "device", "dev", item->device);
    object_id(&object, "account", "acc", item->account);
    TRY(put_what(call, item, &object));
    object_number(&object, "policy", item->policy);
    object_number(&object, "minutes", item->minutes);
    object_moment(&object, "made", item->made);
    object_moment(&object, "until", item->until);
    object_id(&object, "by", "usr", item->by);
    object_moment(&object, "answered", item->answered);
    object_moment(&object, "used", item->used);
    object_flag(&object, "yours", item->yours);
    object_end(&object);
    return ERR_OK;
}

static err_t ask_read(struct call *call, Keys__RequestsAsk *ask, ident_t *after)
{
    str_t state, cursor;
    uint64_t limit = 0;
    TRY(call_text(call, "state", &state));
    TRY(call_number(call, "limit", PAGE, &limit));
    TRY(call_text(call, "cursor", &cursor));
    if (limit < 1 || limit > MAX_PAGE)
        return fail(ERR_INVALID, "limit is 1 to %d", MAX_PAGE);
    if (cursor.len && ident_read("elv", cursor, after) != ERR_OK)
        return fail(ERR_INVALID, "cursor is what the page before gave");
    ask->bearer = (char *)(uintptr_t)call->bearer;
    ask->state = CHARS(state);
    ask->limit = (int64_t)limit;
    if (cursor.len)
        ask->after = CALL_BYTES(*after);
    return ERR_OK;
}

err_t api_elevation_list(struct call *call)
{
    Keys__RequestsAsk ask = KEYS__REQUESTS_ASK__INIT;
    Keys__Elevations *page = NULL;
    ident_text_t next = {{0}};
    ident_t after;
    TRY(ask_read(call, &ask, &after));
    TRY(call_keys(call, &(struct question){ASK_elevation_list, &ask}, &page));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < page->n_items; i++)
        TRY(put_elevation(call, page->items[i], list_item(&list)));
    bool more = page->more && page->n_items;
    if (more)
        next = id_text("elv", page->items[page->n_items - 1]->id);
    list_end(&list, more ? next.text : NULL);
    return ERR_OK;
}

err_t api_elevation_show(struct call *call)
{
    Keys__Elevation *item = NULL;
    TRY(call_keys_named(call, ASK_elevation_show, "elv", &item));
    return put_elevation(call, item, &call->reply->body);
}

/* The name of the account it is about, as far as it is known. */
static err_t account_name(struct call *call, const Keys__Elevation *item, str_t *out_name)
{
    const struct reader reader = {call->tenant, call->realm, call->bearer, NULL};
    struct device_whole whole;
    ident_t device, account;
    TRY(ident_from(bin(item->device), &device));
    TRY(ident_from(bin(item->account), &account));
    TRY(inventory_device(&call->desk, &reader, device, &whole));
    const struct account *accounts = whole.accounts.records;
    *out_name = STR("");
    for (size_t i = 0; i < whole.accounts.count; i++)
        if (ident_eq(accounts[i].id, account))
            *out_name = accounts[i].name;
    return ERR_OK;
}

/* Nobody says yes to oneself: a member whose username, up to an @, is the account's name is the same person. */
static err_t another_asks(struct call *call)
{
    Keys__Elevation *item = NULL;
    Keys__Who *who = NULL;
    str_t name = {0};
    TRY(call_keys_bearer(call, ASK_whoami, &who));
    str_t username = str(who->username), own = str_until(&username, '@');
    TRY(call_keys_named(call, ASK_elevation_show, "elv", &item));
    TRY(account_name(call, item, &name));
    return name.len && name.len == own.len && !strncasecmp(name.at, own.at, own.len)
               ? fail(ERR_DENIED, "it is about you: somebody else has to answer")
               : ERR_OK;
}

err_t api_elevation_approve(struct call *call)
{
    const struct approve_body *body = call->body;
    Keys__ElevationAnswer in = KEYS__ELEVATION_ANSWER__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Elevation *item = NULL;
    ident_t id;
    if (ident_read("elv", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such elevation");
    if ((body->note.len != 0) == (body->password.len || body->credential.len))
        return fail(ERR_INVALID, "the password or a passkey; or a note that is signed already");
    TRY(another_asks(call));
    in.bearer = (char *)(uintptr_t)call->bearer;
    PROOF_FROM(body, &in, &assertion);
    in.note = body->note.len ? CHARS(arena_copy(call->desk.arena, body->note)) : in.note;
    in.id = CALL_BYTES(id);
    TRY(call_keys(call, &(struct question){ASK_elevation_approve, &in}, &item));
    return put_elevation(call, item, &call->reply->body);
}

err_t api_elevation_refuse(struct call *call)
{
    Keys__Elevation *item = NULL;
    TRY(call_keys_named(call, ASK_elevation_refuse, "elv", &item));
    return put_elevation(call, item, &call->reply->body);
}

/* Codes */

static Keys__ElevationCode code_of(const struct call *call, Keys__Assertion *assertion)
{
    const struct code_body *body = call->body;
    Keys__ElevationCode out = KEYS__ELEVATION_CODE__INIT;
    out.bearer = (char *)(uintptr_t)call->bearer;
    PROOF_FROM(body, &out, assertion);
    out.spelt = CHARS(body->shown);
    out.as = body->as;
    out.path = CHARS(body->path);
    out.args = DATA(body->args);
    out.minutes = body->minutes ? body->minutes : MINUTES_OF_CODE;
    return out;
}

err_t api_elevation_code(struct call *call)
{
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__ElevationCode in = code_of(call, &assertion);
    Keys__ElevationState *state = NULL;
    struct elevation given;
    struct note note;
    OWN(buf) code = BUF(1024);
    TRY(call_keys(call, &(struct question){ASK_elevation_code, &in}, &state));
    TRY(elevation_code(str(state->note), &code));
    TRY(note_split(str(state->note), &note));
    TRY(elevation_read(note.text, &given));
    call->reply->status = 201;
    struct object object = object_begin(&call->reply->body);
    object_text(&object, "code", code.at);
    object_moment(&object, "until", given.until);
    object_text(&object, "device", ident_text("dev", given.device).text);
    object_text(&object, "account", ident_text("acc", given.account).text);
    object_text(&object, "request", ident_text("elv", given.request).text);
    object_end(&object);
    return ERR_OK;
}
