/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgetting a person: found by name, looked at as it is searched, and forgotten.
 */
#include "erase/forget.h"

#include "api/again.h"
#include "api/bodies.h"
#include "api/events.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "api/put_forgotten.h"
#include "erase/mentions.h"

enum { FOUND_MOST = 500, EVENT_MOST = 64 * 1024 };

static struct reader reader_of(const struct call *call)
{
    return (struct reader){.tenant = call->tenant, .realm = call->realm, .bearer = call->bearer};
}

/* Found */

static bool account_put(void *with, const struct person_account *account)
{
    struct list *list = with;
    struct object object = object_begin(list_item(list));
    object_id(&object, "id", "acc", CALL_BYTES(account->id));
    object_id(&object, "device", "dev", CALL_BYTES(account->device));
    buf_put_json(object_value(&object, "name"), account->name);
    object_flag(&object, "logged_in", account->logged_in);
    object_end(&object);
    return list->count < FOUND_MOST;
}

err_t api_person_search(struct call *call)
{
    const struct person_search_body *body = call->body;
    const struct reader reader = reader_of(call);
    struct list list = list_begin(&call->reply->body);
    TRY(person_find(&call->desk, &reader, body->name, account_put, &list));
    list_end(&list, NULL);
    return ERR_OK;
}

/* Looked at */

struct looking {
    struct events events;
    int64_t mentions;
};

static bool subject_put(void *with, const struct forget_subject *subject)
{
    struct looking *looking = with;
    const Keys__Forgettable *keys = subject->keys;
    OWN(buf) json = BUF(EVENT_MOST);
    struct object object = object_begin(&json);
    object_id(&object, "id", keys->device.len ? "acc" : "usr", keys->id);
    object_id(&object, "device", "dev", keys->device);
    if (subject->name.len)
        buf_put_json(object_value(&object, "name"), subject->name);
    else
        object_text(&object, "name", "");
    object_flag(&object, "alive", keys->alive);
    object_flag(&object, "withheld", keys->withheld);
    object_number(&object, "elevations", keys->elevations);
    object_number(&object, "copies", keys->copies);
    object_number(&object, "sessions", keys->sessions);
    object_text(&object, "role", keys->role);
    object_text(&object, "bars", keys->bars);
    object_flag(&object, "held", keys->held);
    object_number(&object, "elsewhere", keys->elsewhere);
    object_number(&object, "held_elsewhere", keys->held_elsewhere);
    object_end(&object);
    return events_put(&looking->events, "subject", &json);
}

static bool touched_put(void *with, const struct forget_touched *touched)
{
    struct looking *looking = with;
    OWN(buf) json = BUF(EVENT_MOST);
    struct object object = object_begin(&json);
    object_id(&object, "subject", "acc", CALL_BYTES(touched->subject));
    object_id(&object, "device", "dev", CALL_BYTES(touched->device));
    object_text(&object, "what", touched->what);
    object_number(&object, "rows", touched->rows);
    object_number(&object, "entries", touched->entries);
    object_number(&object, "bytes", touched->bytes);
    object_moment(&object, "from", touched->from);
    object_moment(&object, "until", touched->until);
    object_end(&object);
    return events_put(&looking->events, "touched", &json);
}

static bool mention_put(void *with, const struct mention_found *mention)
{
    struct looking *looking = with;
    OWN(buf) json = BUF(EVENT_MOST);
    struct object object = object_begin(&json);
    object_text(&object, "place", mention->place);
    object_id(&object, "in", mention->prefix, CALL_BYTES(mention->id));
    buf_put_json(object_value(&object, "text"), mention->text);
    object_text(&object, "fix", mention_fix_word(mention->fix));
    object_end(&object);
    return events_put(&looking->events, "mention", &json);
}

static bool progress_put(void *with, const struct mention_progress *progress)
{
    struct looking *looking = with;
    OWN(buf) json = BUF(1024);
    struct object object = object_begin(&json);
    object_text(&object, "place", progress->place);
    object_number(&object, "looked", progress->looked);
    object_number(&object, "found", progress->found);
    object_text(&object, "skipped", progress->skipped ? progress->skipped : "");
    object_flag(&object, "over", progress->over);
    object_end(&object);
    looking->mentions += progress->over ? progress->found : 0;
    return progress->over ? events_put(&looking->events, "progress", &json)
                          : events_progress(&looking->events, &json);
}

static err_t member_read(str_t text, ident_t *out_id, struct forget_ask *ask)
{
    if (!text.len)
        return ERR_OK;
    ask->member = out_id;
    return ident_read("usr", text, out_id);
}

err_t api_person_look(struct call *call)
{
    const struct person_look_body *body = call->body;
    const struct reader reader = reader_of(call);
    struct forget_ask ask = {
        .accounts = body->accounts.at, .count = body->accounts.count, .also = body->also};
    struct looking looking = {.mentions = 0};
    const struct forget_sink sink = {subject_put, touched_put, mention_put, progress_put, &looking};
    ident_t member;
    OWN(buf) end = BUF(128);
    TRY(member_read(body->member, &member, &ask));
    TRY(events_begin(call, &looking.events));
    err_t looked = forget_look(&call->desk, &reader, &ask, &sink);
    buf_putf(&end, "{\"mentions\":%lld}", (long long)looking.mentions);
    if (looked == ERR_OK)
        (void)!events_put(&looking.events, "end", &end);
    return events_end(&looking.events, looked);
}

/* Forgotten */

err_t api_person_forget(struct call *call)
{
    const struct person_forget_body *body = call->body;
    const struct reader reader = reader_of(call);
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    struct forget_order order = {.ask = {.accounts = body->accounts.at, .count = body->accounts.count},
                                 .typed = body->typed,
                                 .password = body->password,
                                 .passkey = body->credential.len ? &assertion : NULL,
                                 .mentions = body->mentions};
    Keys__Forgotten *forgotten = NULL;
    ident_t member;
    ASSERTION_FROM(body, &assertion);
    TRY(member_read(body->member, &member, &order.ask));
    TRY(forget(&call->desk, &reader, &order, &forgotten));
    call->reply->status = 201;
    return put_forgotten(call, forgotten, &call->reply->body);
}

static err_t forgotten_id(const struct call *call, ident_t *out_id)
{
    return ident_read("fgt", call->id, out_id) == ERR_OK
               ? ERR_OK
               : fail(ERR_MISSING, "nobody was forgotten by this id");
}

err_t api_forgotten_lift(struct call *call)
{
    const struct reader reader = reader_of(call);
    Keys__Forgotten *forgotten = NULL;
    ident_t id;
    TRY(forgotten_id(call, &id));
    TRY(forget_lift(&call->desk, &reader, id, &forgotten));
    return put_forgotten(call, forgotten, &call->reply->body);
}

static err_t label_set(struct call *call, const char *prefix)
{
    const struct label_body *body = call->body;
    Keys__LabelSet in = KEYS__LABEL_SET__INIT;
    Keys__None *none = NULL;
    ident_t id;
    if (ident_read(prefix, call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.name = CHARS(body->name);
    TRY(call_keys(call, &(struct question){ASK_label_set, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_token_label(struct call *call) { return label_set(call, "tok"); }
err_t api_deployment_label(struct call *call) { return label_set(call, "dpl"); }
