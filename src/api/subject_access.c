/* SPDX-License-Identifier: Apache-2.0
 *
 * People's requests for what is kept about them.
 */
#include "api/bodies_extract.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

/* Accounts, then the member. */
static void put_subjects(const Keys__SubjectAccess *access, buf_t *json)
{
    bool member = strcmp(access->kind, "account") != 0;
    buf_put_byte(json, '[');
    for (size_t i = 0; i < access->n_subjects; i++) {
        ident_t id = {{0}};
        (void)!ident_from(str_bytes(access->subjects[i].data, access->subjects[i].len), &id);
        bool last = i == access->n_subjects - 1;
        buf_putf(json, "%s\"%s\"", i ? "," : "", ident_text(member && last ? "usr" : "acc", id).text);
    }
    buf_put_byte(json, ']');
}

static void put_access(const Keys__SubjectAccess *access, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "id", "sar", access->id);
    object_text(&object, "kind", access->kind);
    put_subjects(access, object_value(&object, "subjects"));
    object_text(&object, "regime", access->regime);
    object_moment(&object, "received", access->received);
    object_moment(&object, "due", access->due);
    object_moment(&object, "made", access->made);
    object_id(&object, "by", "usr", access->by);
    object_text(&object, "state", access->state);
    object_moment(&object, "closed", access->closed);
    object_end(&object);
}

err_t api_subject_access_list(struct call *call)
{
    Keys__SubjectAccesses *accesses = NULL;
    TRY(call_keys_bearer(call, ASK_subject_access_list, &accesses));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < accesses->n_items; i++)
        put_access(accesses->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

static err_t subjects_take(struct call *call, Keys__SubjectAccessOpen *in)
{
    const struct subject_access_body *body = call->body;
    bool member = !ident_is_zero(body->user);
    in->kind = (char *)(uintptr_t)(!body->account.count ? "member" : member ? "person" : "account");
    in->subjects = arena_array(call->desk.arena, ProtobufCBinaryData, body->account.count + 1);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < body->account.count; i++)
        in->subjects[in->n_subjects++] = CALL_BYTES(body->account.at[i]);
    if (member)
        in->subjects[in->n_subjects++] = CALL_BYTES(body->user);
    return ERR_OK;
}

err_t api_subject_access_open(struct call *call)
{
    const struct subject_access_body *body = call->body;
    Keys__SubjectAccessOpen in = KEYS__SUBJECT_ACCESS_OPEN__INIT;
    Keys__SubjectAccess *access = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.regime = (char *)(uintptr_t)body->regime.at;
    in.received = body->received;
    TRY(subjects_take(call, &in));
    TRY(call_keys(call, &(struct question){ASK_subject_access_open, &in}, &access));
    call->reply->status = 201;
    put_access(access, &call->reply->body);
    return ERR_OK;
}

err_t api_subject_access_close(struct call *call)
{
    const struct outcome_body *body = call->body;
    Keys__SubjectAccessClose in = KEYS__SUBJECT_ACCESS_CLOSE__INIT;
    Keys__None *none = NULL;
    ident_t id;
    if (ident_read("sar", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such request");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.outcome = (char *)(uintptr_t)(body->outcome.at ? body->outcome.at : "answered");
    TRY(call_keys(call, &(struct question){ASK_subject_access_close, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}
