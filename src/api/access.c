/* SPDX-License-Identifier: Apache-2.0 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "keyring/scopes.h"

enum { MOST_DAYS = 3650 };

static err_t days_from_now(struct call *call, int64_t days, int64_t *out_until)
{
    if (days < 1 || days > MOST_DAYS)
        return fail(ERR_INVALID, "days is 1 to %d", MOST_DAYS);
    *out_until = call->desk.env->now(call->desk.env) + DAYS(days);
    return ERR_OK;
}

err_t api_token_end(struct call *call)
{
    Keys__Named in = KEYS__NAMED__INIT;
    Keys__None *none = NULL;
    ident_t id;
    if (ident_read("tok", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    TRY(call_keys(call, &(struct question){ASK_token_end, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_token_list(struct call *call)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Tokens *tokens = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    TRY(call_keys(call, &(struct question){ASK_token_list, &in}, &tokens));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < tokens->n_items; i++)
        put_token(tokens->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

/* What a token can be narrowed to. */
err_t api_scope_list(struct call *call)
{
    struct list list = list_begin(&call->reply->body);
    const struct scope *scope;
    for (size_t i = 0; (scope = scope_at(i)); i++) {
        struct object object = object_begin(list_item(&list));
        object_text(&object, "name", scope->name);
        object_text(&object, "purpose", scope->purpose);
        object_flag(&object, "opens", scope->opens);
        object_end(&object);
    }
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_token_make(struct call *call)
{
    const struct token_body *body = call->body;
    Keys__TokenMake in = KEYS__TOKEN_MAKE__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Token *token = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.name = CHARS(body->name);
    in.role = CHARS(body->role);
    in.scope = CHARS(body->scope);
    in.typed = CHARS(body->typed);
    PROOF_FROM(body, &in, &assertion);
    TRY(days_from_now(call, body->days, &in.until));
    TRY(call_keys(call, &(struct question){ASK_token_make, &in}, &token));
    call->reply->status = 201;
    put_token(token, &call->reply->body);
    return ERR_OK;
}

err_t api_deployment_list(struct call *call)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Deployments *deployments = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    TRY(call_keys(call, &(struct question){ASK_deployment_list, &in}, &deployments));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < deployments->n_items; i++)
        put_deployment(deployments->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_deployment_make(struct call *call)
{
    const struct deployment_body *body = call->body;
    Keys__DeploymentMake in = KEYS__DEPLOYMENT_MAKE__INIT;
    Keys__Deployment *deployment = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.name = CHARS(body->name);
    in.uses = body->uses;
    in.pattern = body->pattern.at ? CHARS(body->pattern) : in.pattern;
    in.hold = body->hold;
    TRY(days_from_now(call, body->days, &in.until));
    TRY(call_keys(call, &(struct question){ASK_deployment_make, &in}, &deployment));
    call->reply->status = 201;
    put_deployment(deployment, &call->reply->body);
    return ERR_OK;
}

err_t api_deployment_end(struct call *call)
{
    Keys__DeploymentEnd in = KEYS__DEPLOYMENT_END__INIT;
    Keys__None *none = NULL;
    ident_t id;
    if (ident_read("dpl", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.revoke = str_eq(call_query(call, "devices"), STR("revoke"));
    TRY(call_keys(call, &(struct question){ASK_deployment_end, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}
