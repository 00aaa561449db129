/* SPDX-License-Identifier: Apache-2.0
 *
 * Keepers: what they ask with their tokens, and what an owner does about them.
 */
#include "api/again.h"
#include "api/bodies_extract.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "crypt/fingerprint.h"
#include "keyring/scopes.h"

static void object_bytes(struct object *object, const char *key, ProtobufCBinaryData bytes)
{
    buf_t *json = object_value(object, key);
    buf_put_byte(json, '"');
    buf_put_base64(json, str_bytes(bytes.data, bytes.len));
    buf_put_byte(json, '"');
}

static void put_did(struct object *object, const Keys__Keeper *keeper)
{
    object_moment(object, "seen", keeper->seen);
    object_moment(object, "opened", keeper->opened);
    object_number(object, "given", keeper->given);
    object_number(object, "exports", keeper->exports);
    object_number(object, "reports", keeper->reports);
    object_number(object, "alerts", keeper->alerts);
    object_text(object, "trouble", keeper->trouble);
}

static void put_pending(const Keys__Keeper *keeper, buf_t *json)
{
    buf_put_byte(json, '[');
    for (size_t i = 0; i < keeper->n_pending; i++) {
        const Keys__KeeperRelease *one = keeper->pending[i];
        buf_put(json, i ? STR(",") : STR(""));
        struct object object = object_begin(json);
        object_id(&object, "session", "ses", one->session);
        object_bytes(&object, "public", one->public_);
        object_bytes(&object, "salt", one->salt);
        object_bytes(&object, "token", one->token);
        object_end(&object);
    }
    buf_put_byte(json, ']');
}

static void put_for_itself(struct object *object, const Keys__Keeper *keeper)
{
    object_text(object, "tenant", keeper->tenant);
    object_number(object, "waiting", keeper->waiting);
    put_pending(keeper, object_value(object, "pending"));
    if (!keeper->once.len)
        return;
    object_bytes(object, "sealed", keeper->sealed);
    object_bytes(object, "once", keeper->once);
    object_bytes(object, "tenant_public", keeper->tenant_public);
}

static void put_fingerprint(struct object *object, const Keys__Keeper *keeper)
{
    struct key public;
    char text[FINGERPRINT_MAX] = "";
    if (key_from(str_bytes(keeper->public_.data, keeper->public_.len), &public) == ERR_OK)
        fingerprint_put(&public, text);
    object_text(object, "fingerprint", text);
}

static void put_keeper(const Keys__Keeper *keeper, buf_t *json)
{
    struct object object = object_begin(json);
    OWN(buf) scope = BUF(SCOPES_TEXT_MAX);
    scopes_put(keeper->scopes, &scope);
    buf_put_byte(&scope, '\0');
    object_id(&object, "id", "tok", keeper->id);
    object_text(&object, "name", keeper->name);
    put_fingerprint(&object, keeper);
    object_text(&object, "scope", buf_end(&scope) == ERR_OK ? scope.at : "");
    object_text(&object, "state", keeper->approved ? "approved" : "waiting");
    object_moment(&object, "made", keeper->made);
    object_moment(&object, "until", keeper->until);
    object_moment(&object, "approved", keeper->approved);
    object_id(&object, "approved_by", "usr", keeper->approved_by);
    object_text(&object, "gives", keeper->gives);
    object_flag(&object, "releases", keeper->releases);
    put_did(&object, keeper);
    if (*keeper->tenant)
        put_for_itself(&object, keeper);
    object_end(&object);
}

err_t api_keeper_enrol(struct call *call)
{
    const struct keeper_enrol_body *body = call->body;
    Keys__KeeperEnrol in = KEYS__KEEPER_ENROL__INIT;
    Keys__Keeper *keeper = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.public_ = DATA(body->public);
    TRY(call_keys(call, &(struct question){ASK_keeper_enrol, &in}, &keeper));
    put_keeper(keeper, &call->reply->body);
    return ERR_OK;
}

err_t api_keeper_poll(struct call *call)
{
    const struct keeper_poll_body *body = call->body;
    Keys__KeeperPoll in = KEYS__KEEPER_POLL__INIT;
    Keys__Keeper *keeper = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.key = body->key;
    in.exports = body->exports;
    in.reports = body->reports;
    in.alerts = body->alerts;
    in.trouble = CHARS(body->trouble);
    TRY(call_keys(call, &(struct question){ASK_keeper_poll, &in}, &keeper));
    put_keeper(keeper, &call->reply->body);
    return ERR_OK;
}

/* Its bearer comes in the answer, and no cookie: a keeper is no browser. */
err_t api_keeper_unlock(struct call *call)
{
    const struct keeper_unlock_body *body = call->body;
    Keys__KeeperUnlock in = KEYS__KEEPER_UNLOCK__INIT;
    Keys__Who *who = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.sealed = DATA(body->sealed);
    TRY(call_keys(call, &(struct question){ASK_keeper_unlock, &in}, &who));
    call->reply->status = 201;
    struct object object = object_begin(&call->reply->body);
    object_text(&object, "session", who->cookie);
    object_moment(&object, "until", who->until);
    object_end(&object);
    return ERR_OK;
}

err_t api_keeper_give(struct call *call)
{
    Keys__Keeper *keeper = NULL;
    TRY(call_keys_bearer(call, ASK_keeper_give, &keeper));
    put_keeper(keeper, &call->reply->body);
    return ERR_OK;
}

err_t api_keeper_release(struct call *call)
{
    const struct keeper_release_body *body = call->body;
    Keys__KeeperPoll in = KEYS__KEEPER_POLL__INIT;
    Keys__Keeper *keeper = NULL;
    ident_t session;
    TRY(ident_read("ses", body->session, &session));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.session = CALL_BYTES(session);
    in.sealed = DATA(body->sealed);
    TRY(call_keys(call, &(struct question){ASK_keeper_poll, &in}, &keeper));
    call->reply->status = 204;
    return ERR_OK;
}

/* Locked as before where the keeper has not come to it yet. */
err_t api_session_release(struct call *call)
{
    Keys__Who *who = NULL;
    TRY(call_keys_bearer(call, ASK_session_release, &who));
    put_session(who, &call->reply->body);
    return ERR_OK;
}

err_t api_keeper_list(struct call *call)
{
    Keys__Keepers *keepers = NULL;
    TRY(call_keys_bearer(call, ASK_keeper_list, &keepers));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < keepers->n_items; i++)
        put_keeper(keepers->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_keeper_approve(struct call *call)
{
    const struct keeper_approve_body *body = call->body;
    Keys__KeeperApprove in = KEYS__KEEPER_APPROVE__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Keeper *keeper = NULL;
    ident_t id;
    if (ident_read("tok", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such keeper");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.fingerprint = CHARS(body->fingerprint);
    in.gives = CHARS(body->gives);
    in.releases = body->releases;
    PROOF_FROM(body, &in, &assertion);
    TRY(call_keys(call, &(struct question){ASK_keeper_approve, &in}, &keeper));
    put_keeper(keeper, &call->reply->body);
    return ERR_OK;
}

err_t api_keeper_end(struct call *call) { return call_done_named(call, ASK_token_end, "tok"); }
