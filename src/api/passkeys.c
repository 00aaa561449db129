/* SPDX-License-Identifier: Apache-2.0
 *
 * Passkeys: what a browser is given to ask an authenticator with, and what it brings back.
 */
#include "api/again.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"

err_t call_again(struct call *call, enum ask_number number, void *out_answer)
{
    const struct again_body *body = call->body;
    Keys__Again in = KEYS__AGAIN__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    ident_t id;
    if (!body->password.len && !body->credential.len)
        return fail(ERR_INVALID, "neither a password is there, nor what a passkey has signed");
    if (call->id.len && ident_read("pky", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    if (call->id.len)
        in.id = CALL_BYTES(id);
    AGAIN_FROM(body, &in, &assertion);
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.code = body->code.at ? CHARS(body->code) : in.code;
    return call_keys(call, &(struct question){number, &in}, out_answer);
}

static void put_bytes(buf_t *json, const char *before, ProtobufCBinaryData bytes)
{
    buf_putf(json, "%s\"", before);
    buf_put_base64(json, str_bytes(bytes.data, bytes.len));
    buf_put_byte(json, '"');
}

static void put_options(const Keys__PasskeyOptions *options, buf_t *json)
{
    put_bytes(json, "{\"challenge\":", options->challenge);
    buf_putf(json, ",\"until\":\"%s\",\"party\":", moment_text(options->until).text);
    buf_put_json(json, str(options->party));
    put_bytes(json, ",\"salt\":", options->salt);
    buf_put(json, STR(",\"credentials\":["));
    for (size_t i = 0; i < options->n_credentials; i++)
        put_bytes(json, i ? "," : "", options->credentials[i]);
    put_bytes(json, "],\"user\":", options->user);
    put_bytes(json, ",\"kept\":", options->kept);
    buf_put_byte(json, '}');
}

err_t api_session_challenge(struct call *call)
{
    const struct challenge_body *body = call->body;
    Keys__PasskeyAsk in = KEYS__PASSKEY_ASK__INIT;
    Keys__PasskeyOptions *options = NULL;
    in.tenant = CHARS(body->tenant);
    TRY(call_keys(call, &(struct question){ASK_passkey_ask, &in}, &options));
    put_options(options, &call->reply->body);
    return ERR_OK;
}

err_t api_staff_challenge(struct call *call)
{
    Keys__PasskeyAsk in = KEYS__PASSKEY_ASK__INIT;
    Keys__PasskeyOptions *options = NULL;
    in.staff = true;
    TRY(call_keys(call, &(struct question){ASK_passkey_ask, &in}, &options));
    put_options(options, &call->reply->body);
    return ERR_OK;
}

err_t api_session_passkey(struct call *call)
{
    const struct passkey_login_body *body = call->body;
    Keys__PasskeyLogin in = KEYS__PASSKEY_LOGIN__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Who *who = NULL;
    ASSERTION_FROM(body, &assertion);
    in.tenant = CHARS(body->tenant);
    in.passkey = &assertion;
    TRY(call_keys(call, &(struct question){ASK_passkey_login, &in}, &who));
    call->reply->status = 201;
    call_give_cookie(call, who->cookie);
    put_session(who, &call->reply->body);
    return ERR_OK;
}

err_t api_session_unlock(struct call *call)
{
    Keys__Who *who = NULL;
    TRY(call_again(call, ASK_session_unlock, &who));
    put_session(who, &call->reply->body);
    return ERR_OK;
}

/* What a passkey signs for beside its act: on whom or what, where that is chosen. */
static err_t target_read(const struct passkey_act_body *body, ident_t *out_id)
{
    static const struct {
        const char *act, *prefix;
    } targets[] = {{"signer.give", "usr"},
                   {"elevation.approve", "elv"},
                   {"keeper.approve", "tok"},
                   {"member.invite", "usr"}};
    if (body->passkey.at)
        return ident_read("pky", body->passkey, out_id);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (str_eq(body->act, str(targets[i].act)))
            return ident_read(targets[i].prefix, body->target, out_id);
    return fail(ERR_INVALID, "this act has no target");
}

err_t api_passkey_challenge(struct call *call)
{
    const struct passkey_act_body *body = call->body;
    Keys__PasskeyAsk in = KEYS__PASSKEY_ASK__INIT;
    Keys__PasskeyOptions *options = NULL;
    ident_t id;
    if (body->passkey.at || body->target.at) {
        TRY(target_read(body, &id));
        in.id = CALL_BYTES(id);
    }
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.act = CHARS(body->act);
    TRY(call_keys(call, &(struct question){ASK_passkey_ask, &in}, &options));
    put_options(options, &call->reply->body);
    return ERR_OK;
}

static void put_passkey(const Keys__Passkey *passkey, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "id", "pky", passkey->id);
    object_moment(&object, "made", passkey->made);
    object_moment(&object, "used", passkey->used);
    object_flag(&object, "opens", passkey->opens);
    object_end(&object);
}

err_t api_passkey_list(struct call *call)
{
    Keys__Passkeys *passkeys = NULL;
    TRY(call_keys_bearer(call, ASK_passkey_list, &passkeys));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < passkeys->n_items; i++)
        put_passkey(passkeys->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_passkey_begin(struct call *call)
{
    Keys__PasskeyOptions *options = NULL;
    TRY(call_again(call, ASK_passkey_begin, &options));
    put_options(options, &call->reply->body);
    return ERR_OK;
}

err_t api_passkey_first(struct call *call)
{
    Keys__PasskeyOptions *options = NULL;
    TRY(call_keys_bearer(call, ASK_passkey_first, &options));
    put_options(options, &call->reply->body);
    return ERR_OK;
}

err_t api_passkey_add(struct call *call)
{
    const struct passkey_made_body *body = call->body;
    Keys__PasskeyAdd in = KEYS__PASSKEY_ADD__INIT;
    Keys__Passkey *passkey = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.client_data = DATA(body->client_data);
    in.authenticator_data = DATA(body->authenticator_data);
    in.prf = DATA(body->prf);
    in.kept = DATA(body->kept);
    TRY(call_keys(call, &(struct question){ASK_passkey_add, &in}, &passkey));
    call->reply->status = 201;
    put_passkey(passkey, &call->reply->body);
    return ERR_OK;
}

err_t api_passkey_remove(struct call *call)
{
    Keys__None *none = NULL;
    TRY(call_again(call, ASK_passkey_remove, &none));
    call->reply->status = 204;
    return ERR_OK;
}
