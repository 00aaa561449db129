/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's key, its rotation, and the recovery key with its guardians.
 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/bodies_recovery.h"
#include "api/handlers.h"
#include "api/object.h"

static void put_key(const Keys__TenantKey *key, buf_t *json)
{
    struct object object = object_begin(json);
    object_number(&object, "number", key->number);
    object_moment(&object, "since", key->since);
    object_flag(&object, "rotating", key->begun != 0);
    object_moment(&object, "begun", key->begun);
    object_id(&object, "by", "usr", key->by);
    object_text(&object, "why", key->why);
    object_number(&object, "total", key->total);
    object_number(&object, "left", key->left);
    object_end(&object);
}

static void put_guardian(const Keys__Guardian *guardian, buf_t *json)
{
    struct object object = object_begin(json);
    object_id(&object, "member", "usr", guardian->member);
    object_number(&object, "number", guardian->number);
    object_text(&object, "state", guardian->state);
    object_moment(&object, "active", guardian->active);
    object_moment(&object, "seen", guardian->seen);
    object_moment(&object, "confirmed", guardian->confirmed);
    object_moment(&object, "rehearsed", guardian->rehearsed);
    object_end(&object);
}

static void put_set(const Keys__RecoverySet *set, buf_t *json)
{
    if (!set) {
        buf_put(json, STR("null"));
        return;
    }
    struct object object = object_begin(json);
    object_number(&object, "number", set->number);
    object_number(&object, "need", set->need);
    object_id(&object, "by", "usr", set->by);
    object_moment(&object, "made", set->made);
    object_moment(&object, "since", set->since);
    buf_t *list = object_value(&object, "guardians");
    buf_put(list, STR("["));
    for (size_t i = 0; i < set->n_guardians; i++) {
        buf_put(list, i ? STR(",") : STR(""));
        put_guardian(set->guardians[i], list);
    }
    buf_put(list, STR("]"));
    object_end(&object);
}

static void put_recovery(const Keys__Recovery *recovery, buf_t *json)
{
    struct object object = object_begin(json);
    put_key(recovery->key, object_value(&object, "key"));
    put_set(recovery->live, object_value(&object, "live"));
    put_set(recovery->waiting, object_value(&object, "waiting"));
    object_flag(&object, "confirmed", recovery->confirmed);
    object_moment(&object, "used", recovery->used);
    object_flag(&object, "opens", recovery->opens);
    object_number(&object, "owners", recovery->owners);
    object_number(&object, "ways_in", recovery->owners + recovery->opens);
    object_end(&object);
}

static void put_shown(const Keys__RecoveryShown *shown, buf_t *json)
{
    struct object object = object_begin(json);
    object_number(&object, "set", shown->set);
    object_number(&object, "need", shown->need);
    object_number(&object, "number", shown->number);
    object_text(&object, "part", shown->text);
    object_end(&object);
}

err_t api_tenant_key(struct call *call)
{
    Keys__Recovery *recovery = NULL;
    TRY(call_keys_bearer(call, ASK_recovery_get, &recovery));
    put_key(recovery->key, &call->reply->body);
    return ERR_OK;
}

err_t api_key_rotate(struct call *call)
{
    const struct key_rotate_body *body = call->body;
    Keys__KeyRotate in = KEYS__KEY_ROTATE__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__TenantKey *key = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.typed = CHARS(body->typed);
    PROOF_FROM(body, &in, &assertion);
    TRY(call_keys(call, &(struct question){ASK_key_rotate, &in}, &key));
    call->reply->status = 201;
    put_key(key, &call->reply->body);
    return ERR_OK;
}

err_t api_key_reseal(struct call *call)
{
    Keys__TenantKey *key = NULL;
    TRY(call_keys_bearer(call, ASK_key_reseal, &key));
    put_key(key, &call->reply->body);
    return ERR_OK;
}

err_t api_recovery(struct call *call)
{
    Keys__Recovery *recovery = NULL;
    TRY(call_keys_bearer(call, ASK_recovery_get, &recovery));
    put_recovery(recovery, &call->reply->body);
    return ERR_OK;
}

err_t api_recovery_begin(struct call *call)
{
    const struct recovery_body *body = call->body;
    Keys__RecoveryBegin in = KEYS__RECOVERY_BEGIN__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__RecoveryShown *shown = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    PROOF_FROM(body, &in, &assertion);
    in.need = body->need;
    in.members = arena_array(call->desk.arena, ProtobufCBinaryData, body->guardians.count);
    TRY(arena_end(call->desk.arena));
    for (size_t i = 0; i < body->guardians.count; i++)
        in.members[in.n_members++] = CALL_BYTES(body->guardians.at[i]);
    TRY(call_keys(call, &(struct question){ASK_recovery_begin, &in}, &shown));
    call->reply->status = 201;
    put_shown(shown, &call->reply->body);
    return ERR_OK;
}

err_t api_recovery_withdraw(struct call *call)
{
    Keys__None *none = NULL;
    TRY(call_keys_bearer(call, ASK_recovery_withdraw, &none));
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_part_show(struct call *call)
{
    const struct password_body *body = call->body;
    Keys__PartShow in = KEYS__PART_SHOW__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__RecoveryShown *shown = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    PROOF_FROM(body, &in, &assertion);
    TRY(call_keys(call, &(struct question){ASK_part_show, &in}, &shown));
    put_shown(shown, &call->reply->body);
    return ERR_OK;
}

static err_t typed_ask(struct call *call, enum ask_number number)
{
    const struct part_body *body = call->body;
    Keys__PartTyped in = KEYS__PART_TYPED__INIT;
    Keys__None *none = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.text = CHARS(body->part);
    TRY(call_keys(call, &(struct question){number, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_part_confirm(struct call *call) { return typed_ask(call, ASK_part_confirm); }
err_t api_part_rehearse(struct call *call) { return typed_ask(call, ASK_part_rehearse); }
