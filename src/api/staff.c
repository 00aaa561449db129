/* SPDX-License-Identifier: Apache-2.0
 *
 * The provider's people: invited at the operator's socket, joined, bound, signed in. What is asked at both doors is
 * answered by one function: without a bearer it is whoever runs the machine.
 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

err_t api_staff_invite(struct call *call)
{
    Keys__None in = KEYS__NONE__INIT;
    Keys__Invitation *invitation = NULL;
    TRY(call_keys(call, &(struct question){ASK_staff_invite, &in}, &invitation));
    call->reply->status = 201;
    put_invitation(invitation, &call->reply->body);
    return ERR_OK;
}

/* No session: nobody is current at the moment of joining. */
err_t api_staff_join(struct call *call)
{
    const struct join_body *body = call->body;
    Keys__Join in = KEYS__JOIN__INIT;
    Keys__StaffMember *staff = NULL;
    in.link = CHARS(body->invitation);
    in.username = CHARS(body->username);
    in.full_name = CHARS(body->full_name.at ? body->full_name : STR(""));
    in.email = CHARS(body->email.at ? body->email : STR(""));
    in.password = DATA(body->password);
    TRY(call_keys(call, &(struct question){ASK_staff_join, &in}, &staff));
    call->reply->status = 201;
    put_staff(staff, &call->reply->body);
    return ERR_OK;
}

static err_t staff_came(struct call *call, const Keys__Who *who)
{
    Keys__Bearer bearer = KEYS__BEARER__INIT;
    Keys__StaffMember *staff = NULL;
    bearer.bearer = who->cookie;
    TRY(call_keys(call, &(struct question){ASK_staff_whoami, &bearer}, &staff));
    call->reply->status = 201;
    call_give_cookie(call, who->cookie);
    put_staff(staff, &call->reply->body);
    return ERR_OK;
}

err_t api_staff_passkey(struct call *call)
{
    const struct staff_passkey_body *body = call->body;
    Keys__PasskeyLogin in = KEYS__PASSKEY_LOGIN__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Who *who = NULL;
    ASSERTION_FROM(body, &assertion);
    in.passkey = &assertion;
    in.staff = true;
    TRY(call_keys(call, &(struct question){ASK_passkey_login, &in}, &who));
    return staff_came(call, who);
}

err_t api_staff_sign_in(struct call *call)
{
    const struct staff_sign_in_body *body = call->body;
    Keys__Login in = KEYS__LOGIN__INIT;
    Keys__Who *who = NULL;
    in.username = CHARS(body->username);
    in.password = DATA(body->password);
    in.code = body->code.at ? CHARS(body->code) : in.code;
    in.source = call_source(call);
    in.known = (char *)(uintptr_t)call_known(call);
    TRY(call_keys(call, &(struct question){ASK_staff_login, &in}, &who));
    TRY(staff_came(call, who));
    call_give_known(call, who->known);
    return ERR_OK;
}

err_t api_staff_session(struct call *call)
{
    put_staff(call->staff, &call->reply->body);
    return ERR_OK;
}

err_t api_staff_sign_out(struct call *call)
{
    Keys__None *none = NULL;
    TRY(call_keys_bearer(call, ASK_logout, &none));
    call_give_cookie(call, NULL);
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_staff_list(struct call *call)
{
    Keys__StaffMembers *staff = NULL;
    TRY(call_keys_bearer(call, ASK_staff_list, &staff));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < staff->n_items; i++)
        put_staff(staff->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_staff_trained(struct call *call)
{
    const struct training_body *body = call->body;
    Keys__Training in = KEYS__TRAINING__INIT;
    Keys__None *none = NULL;
    ident_t id;
    if (ident_read("stf", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.staff = CALL_BYTES(id);
    in.topic = CHARS(body->topic);
    in.at = body->at;
    TRY(call_keys(call, &(struct question){ASK_staff_trained, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

/* The agreement */

err_t api_agreement(struct call *call)
{
    Keys__None in = KEYS__NONE__INIT;
    Keys__Agreement *agreement = NULL;
    TRY(call_keys(call, &(struct question){ASK_agreement_get, &in}, &agreement));
    struct object object = object_begin(&call->reply->body);
    object_text(&object, "version", agreement->version);
    object_text(&object, "text", agreement->text);
    buf_put(object_value(&object, "digest"), STR("\""));
    buf_put_base64(object.json, str_bytes(agreement->digest.data, agreement->digest.len));
    buf_put(object.json, STR("\""));
    object_moment(&object, "made", agreement->made);
    object_end(&object);
    return ERR_OK;
}

err_t api_agreement_set(struct call *call)
{
    const struct agreement_body *body = call->body;
    Keys__Agreement in = KEYS__AGREEMENT__INIT;
    Keys__None *none = NULL;
    if (strlen(body->text.at) != body->text.len)
        return fail(ERR_INVALID, "text is not text");
    in.version = CHARS(body->version);
    in.text = CHARS(body->text);
    TRY(call_keys(call, &(struct question){ASK_agreement_set, &in}, &none));
    return api_agreement(call);
}

err_t api_agreement_sign(struct call *call)
{
    const struct sign_body *body = call->body;
    Keys__StaffSign in = KEYS__STAFF_SIGN__INIT;
    Keys__StaffMember *staff = NULL;
    in.username = CHARS(body->username);
    in.password = DATA(body->password);
    in.version = CHARS(body->version);
    TRY(call_keys(call, &(struct question){ASK_staff_sign, &in}, &staff));
    put_staff(staff, &call->reply->body);
    return ERR_OK;
}

/* The certificate of the provider's procedures */

err_t api_certificate(struct call *call)
{
    Keys__None in = KEYS__NONE__INIT;
    Keys__Standard *standard = NULL;
    TRY(call_keys(call, &(struct question){ASK_standard_get, &in}, &standard));
    struct object object = object_begin(&call->reply->body);
    object_text(&object, "body", standard->body);
    object_text(&object, "number", standard->number);
    object_text(&object, "scope", standard->scope);
    object_moment(&object, "until", standard->until);
    object_moment(&object, "made", standard->made);
    object_end(&object);
    return ERR_OK;
}

err_t api_certificate_set(struct call *call)
{
    const struct certificate_body *body = call->body;
    Keys__Standard in = KEYS__STANDARD__INIT;
    Keys__None *none = NULL;
    in.body = CHARS(body->body);
    in.number = CHARS(body->number);
    in.scope = CHARS(body->scope);
    in.until = body->until;
    TRY(call_keys(call, &(struct question){ASK_standard_set, &in}, &none));
    return api_certificate(call);
}
