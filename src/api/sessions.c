/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"
#include "api/bodies_sso.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "base/limits.h"

enum { PAGE = 100 };

#define CHARS(text) ((char *)(uintptr_t)(text).at)
#define DATA(text)  ((ProtobufCBinaryData){(text).len, (uint8_t *)(uintptr_t)(text).at})

#define READY_WITHIN SECONDS(5) /* of what is asked each second */

/* On the loop, so that it is answered where all workers wait for the keys process. */
err_t api_ready(struct call *call)
{
    struct env *env = call->service->env;
    if (env->boot(env) - call->service->answered > READY_WITHIN)
        return fail(ERR_BUSY, "keys and store have not answered for %lld seconds",
                    (long long)(READY_WITHIN / 1000));
    buf_put(&call->reply->body, STR("{\"ready\":true,\"version\":\"" CUSTODY_VERSION "\"}"));
    return ERR_OK;
}

static void give_session(struct call *call, const Keys__Who *who)
{
    call->reply->status = 201;
    call_give_cookie(call, who->cookie);
    put_session(who, &call->reply->body);
}

/* What the contract store knows of a tenant follows the keyring; a crash between is put right at the next start. */
static err_t state_follow(struct call *call, const Keys__Tenant *tenant, const char *state)
{
    ident_t id;
    TRY(ident_from(str_bytes(tenant->id.data, tenant->id.len), &id));
    return store_tenant_state(call->desk.store, id, str(state));
}

err_t api_claim(struct call *call)
{
    const struct claim_body *body = call->body;
    Keys__Claim in = KEYS__CLAIM__INIT;
    Keys__Who *who = NULL;
    in.claim = CHARS(body->claim);
    in.username = CHARS(body->username);
    in.full_name = CHARS(body->full_name);
    in.email = CHARS(body->email);
    in.password = DATA(body->password);
    TRY(call_keys(call, &(struct question){ASK_claim, &in}, &who));
    TRY(state_follow(call, who->tenant, who->tenant->state));
    call->reply->status = 201;
    call_give_cookie(call, who->cookie);
    buf_put(&call->reply->body, STR("{\"tenant\":"));
    put_tenant(who->tenant, &call->reply->body);
    buf_put(&call->reply->body, STR(",\"kit\":"));
    buf_put_json(&call->reply->body, str(who->kit));
    buf_put(&call->reply->body, STR("}"));
    return ERR_OK;
}

err_t api_kit_back(struct call *call)
{
    const struct kit_body *body = call->body;
    Keys__KitBack in = KEYS__KIT_BACK__INIT;
    Keys__None *none = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.kit = CHARS(body->kit);
    TRY(call_keys(call, &(struct question){ASK_kit_back, &in}, &none));
    call->reply->status = 204;
    return state_follow(call, call->who->tenant, "open");
}

err_t api_sign_in(struct call *call)
{
    const struct sign_in_body *body = call->body;
    Keys__Login in = KEYS__LOGIN__INIT;
    Keys__Who *who = NULL;
    in.tenant = CHARS(body->tenant);
    in.username = CHARS(body->username);
    in.password = DATA(body->password);
    in.code = body->code.at ? CHARS(body->code) : in.code;
    in.source = call_source(call);
    in.known = (char *)(uintptr_t)call_known(call);
    TRY(call_keys(call, &(struct question){ASK_login, &in}, &who));
    give_session(call, who);
    call_give_known(call, who->known);
    return ERR_OK;
}

err_t api_session(struct call *call)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__Who *who = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    TRY(call_keys(call, &(struct question){ASK_whoami, &in}, &who));
    put_session(who, &call->reply->body);
    return ERR_OK;
}

err_t api_sign_out(struct call *call)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    Keys__None *none = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    TRY(call_keys(call, &(struct question){ASK_logout, &in}, &none));
    call_give_cookie(call, NULL);
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_cli_approve(struct call *call)
{
    const struct cli_approve_body *body = call->body;
    Keys__CliApprove in = KEYS__CLI_APPROVE__INIT;
    Keys__CliCode *code = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.challenge = DATA(body->challenge);
    TRY(call_keys(call, &(struct question){ASK_cli_approve, &in}, &code));
    call->reply->status = 201;
    struct object object = object_begin(&call->reply->body);
    object_text(&object, "code", code->code);
    object_moment(&object, "until", code->until);
    object_end(&object);
    return ERR_OK;
}

err_t api_cli_take(struct call *call)
{
    const struct cli_take_body *body = call->body;
    Keys__CliTake in = KEYS__CLI_TAKE__INIT;
    Keys__Who *who = NULL;
    in.code = CHARS(body->code);
    in.secret = DATA(body->secret);
    TRY(call_keys(call, &(struct question){ASK_cli_take, &in}, &who));
    give_session(call, who);
    return ERR_OK;
}

err_t api_recover(struct call *call)
{
    const struct recover_body *body = call->body;
    Keys__Recover in = KEYS__RECOVER__INIT;
    Keys__Who *who = NULL;
    in.tenant = CHARS(body->tenant);
    in.kit = CHARS(body->kit);
    in.username = CHARS(body->username);
    in.password = DATA(body->password);
    in.source = call_source(call);
    TRY(call_keys(call, &(struct question){ASK_recover, &in}, &who));
    give_session(call, who);
    return ERR_OK;
}

static void put_session_item(const Keys__Session *session, buf_t *json)
{
    ident_t id = {{0}}, member = {{0}};
    memcpy(id.bytes, session->id.data, session->id.len == sizeof id.bytes ? sizeof id.bytes : 0);
    memcpy(member.bytes, session->member.data, session->member.len == sizeof id.bytes ? sizeof id.bytes : 0);
    buf_putf(json, "{\"id\":\"%s\",\"member\":\"%s\",\"since\":\"%s\",\"until\":\"%s\",\"way\":",
             ident_text("ses", id).text, ident_text("usr", member).text, moment_text(session->since).text,
             moment_text(session->until).text);
    buf_put_json(json, str(session->way));
    if (session->keyed)
        buf_putf(json, ",\"keyed\":\"%s\",\"keyed_by\":\"%s\"", moment_text(session->keyed).text,
                 session->keyed_by);
    else
        buf_put(json, STR(",\"keyed\":null,\"keyed_by\":null"));
    buf_putf(json, ",\"yours\":%s}", session->yours ? "true" : "false");
}

/* A cursor is when the last session of a page began, and its id: SINCE.ses_… */
static err_t cursor_read(struct call *call, Keys__SessionsAsk *ask)
{
    str_t text, kept;
    uint64_t since = 0;
    ident_t after;
    TRY(call_text(call, "cursor", &text));
    if (!text.len)
        return ERR_OK;
    str_t before = str_until(&text, '.');
    if (str_number(before, INT64_MAX, &since) != ERR_OK || ident_read("ses", text, &after) != ERR_OK)
        return fail(ERR_INVALID, "cursor is what the page before gave");
    kept = arena_copy(call->desk.arena, ident_bytes(&after));
    ask->since = (int64_t)since;
    ask->after = DATA(kept);
    return arena_end(call->desk.arena);
}

static const char *cursor_of(struct call *call, const Keys__Session *last)
{
    char text[96];
    snprintf(text, sizeof text, "%lld.%s", (long long)last->since, id_text("ses", last->id).text);
    return arena_copy(call->desk.arena, str(text)).at;
}

err_t api_session_list(struct call *call)
{
    Keys__SessionsAsk ask = KEYS__SESSIONS_ASK__INIT;
    Keys__Sessions *page = NULL;
    uint64_t limit = 0;
    TRY(call_number(call, "limit", PAGE, &limit));
    TRY(cursor_read(call, &ask));
    if (limit < 1 || limit > MAX_PAGE)
        return fail(ERR_INVALID, "limit is 1 to %d", MAX_PAGE);
    ask.bearer = (char *)(uintptr_t)call->bearer;
    ask.limit = (int64_t)limit;
    TRY(call_keys(call, &(struct question){ASK_session_list, &ask}, &page));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < page->n_items; i++)
        put_session_item(page->items[i], list_item(&list));
    list_end(&list, page->n_items == limit ? cursor_of(call, page->items[limit - 1]) : NULL);
    return arena_end(call->desk.arena);
}

err_t api_session_end(struct call *call)
{
    Keys__None *none = NULL;
    TRY(call_keys_named(call, ASK_session_end, "ses", &none));
    call->reply->status = 204;
    return ERR_OK;
}
