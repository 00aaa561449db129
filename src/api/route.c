/* SPDX-License-Identifier: Apache-2.0 */
#include "api/foreign.h"
#include "api/query.h"
#include "api/scim.h"

#include "base/limits.h"
#include "concept/json.h"
#include "crypt/cert.h"
#include "keyring/scopes.h"
#include "wire/problem.h"
#include <arpa/inet.h>
#include <strings.h>

#define COOKIE       "__Host-custody"
#define STAFF_COOKIE "__Host-custody-staff"
#define KNOWN_COOKIE "__Secure-custody-known"

enum { AT_ONCE_MOST = 64 * 1024 }; /* bytes of a body that may be looked through while a loop waits */

void call_problem(struct reply *reply, err_t code, const char *detail)
{
    const struct err_info *info = err_info(code);
    buf_clear(&reply->body);
    buf_clear(&reply->headers);
    reply->asked.code = code;
    reply->status = info->http;
    reply->content_type = "application/problem+json";
    problem_put(code, info->http, detail, &reply->body);
    if (info->retry)
        buf_put(&reply->headers, STR("Retry-After: 2\n"));
}

static bool path_fits(const char *pattern, str_t path, str_t out_ids[2])
{
    const char *at = path.at, *end = path.at + path.len;
    for (; *pattern; pattern++) {
        if (*pattern != '{') {
            if (at == end || *at++ != *pattern)
                return false;
            continue;
        }
        const char *start = at;
        while (at < end && *at != '/')
            at++;
        *out_ids++ = str_bytes(start, (size_t)(at - start));
        if (at == start)
            return false;
        while (*pattern != '}')
            pattern++;
    }
    return at == end;
}

static const struct route *route_find(struct call *call)
{
    const struct request *request = call->request;
    for (const struct route *r = routes; r < routes + route_count; r++) {
        str_t ids[2] = {{0}, {0}};
        if ((size_t)r->door != request->door || r->method != request->method ||
            !path_fits(r->path, request->path, ids))
            continue;
        call->id = ids[0];
        call->inner = ids[1];
        return call->route = r;
    }
    return NULL;
}

/* One browser may hold both: a person of a client's, and one of the provider's. */
static const char *cookie_name(const struct route *route)
{
    return str_starts(str(route->path), STR("/operator/")) ? STAFF_COOKIE : COOKIE;
}

static str_t bearer_of(const struct request *request, const struct route *route)
{
    str_t authorization = request->authorization;
    if (!authorization.len)
        return cookie_value(request->cookie, cookie_name(route));
    return str_starts(authorization, STR("Bearer ")) ? str_bytes(authorization.at + 7, authorization.len - 7)
                                                     : (str_t){"", 0};
}

static const char *method_name(enum method method)
{
    static const char *const names[] = {[METHOD_GET] = "GET",
                                        [METHOD_POST] = "POST",
                                        [METHOD_PUT] = "PUT",
                                        [METHOD_PATCH] = "PATCH",
                                        [METHOD_DELETE] = "DELETE"};
    return (size_t)method < sizeof names / sizeof *names && names[method] ? names[method] : "";
}

static err_t person_asks(struct call *call, right_t right)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.brief = true;
    TRY(call_keys(call, &(struct question){ASK_whoami, &in}, &call->who));
    if (!call->who->tenant)
        return fail(ERR_DENIED, "the provider's people have no right of a client's");
    TRY(ident_from(str_bytes(call->who->tenant->id.data, call->who->tenant->id.len), &call->tenant));
    TRY(ident_from(str_bytes(call->who->tenant->realm.data, call->who->tenant->realm.len), &call->realm));
    if (call->who->scopes)
        return scopes_route(call->who->scopes, method_name(call->route->method), call->route->path)
                   ? ERR_OK
                   : fail(ERR_DENIED, "the token's scopes do not reach this");
    return role_may(role_find(str(call->who->role)), right)
               ? ERR_OK
               : fail(ERR_DENIED, "the role %s has no right to this", call->who->role);
}

static err_t device_asks(struct call *call, const struct route *route)
{
    TRY(cert_uri_read(call->request->peer_uri, &call->tenant, &call->device));
    return call->request->peer_expired && !route->expired
               ? fail(ERR_SIGNED_OUT, "the certificate has expired: renew it")
               : ERR_OK;
}

static err_t authenticate(struct call *call, const struct route *route)
{
    if (route->door == DOOR_AGENT)
        return device_asks(call, route);
    if (route->right == RIGHT_NONE)
        return ERR_OK;
    if (route->right == RIGHT_FOREIGN)
        return foreign_authenticate(call);
    if (!*call->bearer)
        return fail(ERR_SIGNED_OUT, "sign in first");
    return route->right == RIGHT_STAFF ? call_keys_bearer(call, ASK_staff_whoami, &call->staff)
                                       : person_asks(call, route->right);
}

/* Whoever it is, admitted or not: what is not known yet stays zero. */
static void note_who(struct call *call)
{
    struct asked *asked = &call->reply->asked;
    const ProtobufCBinaryData *by = call->who ? &call->who->member : call->staff ? &call->staff->id : NULL;
    asked->tenant = call->tenant;
    asked->device = ident_is_zero(call->agent.device) ? call->device : call->agent.device;
    asked->by_prefix = call->staff ? "stf" : call->who && call->who->is_user ? "usr" : "tok";
    if (by && ident_from(str_bytes(by->data, by->len), &asked->by) != ERR_OK)
        asked->by = (ident_t){{0}};
}

static bool is_scim(const struct request *request) { return str_starts(request->path, STR("/scim/")); }

static bool is_json(const struct request *request)
{
    str_t rest = request->content_type, type = str_trim(str_until(&rest, ';'));
    return scim_same(type, STR("application/json")) || (is_scim(request) && scim_same(type, STR(SCIM_TYPE)));
}

static err_t body_read(struct call *call, const struct route *route)
{
    const concept_t *takes = route->takes;
    if ((takes || route->reads) && !is_json(call->request))
        return fail(ERR_INVALID, "the body must be application/json");
    if (route->reads)
        return route->reads(call);
    if (!takes)
        return ERR_OK;
    void *body = arena_take(call->desk.arena, takes->size);
    TRY(arena_end(call->desk.arena));
    TRY(concept_read_json(takes, call->request->body, call->desk.arena, body));
    call->body = body;
    return ERR_OK;
}

/* A browser says where a request comes from; one that is sent from another site's page is refused, cookie or not. */
static err_t origin_check(const struct request *request)
{
    str_t origin = request->origin, host = request->host;
    if (!origin.len || request->method == METHOD_GET)
        return ERR_OK;
    if (origin.len == host.len + 8 && str_starts(origin, STR("https://")) &&
        str_eq(str_bytes(origin.at + 8, host.len), host))
        return ERR_OK;
    return fail(ERR_DENIED, "the request comes from another site");
}

static err_t answer_route(struct call *call, err_t (*answer)(struct call *call))
{
    call->reply->status = 200;
    call->reply->content_type = "application/json";
    call->reply->asked.route = call->route->path;
    TRY(origin_check(call->request));
    err_t known = authenticate(call, call->route);
    note_who(call);
    TRY(known);
    TRY(body_read(call, call->route));
    if (!call->answered)
        TRY(answer(call));
    if (call->kept || call->elsewhere)
        return ERR_OK;
    TRY(buf_end(&call->reply->headers));
    return buf_end(&call->reply->body);
}

static bool is_asset(const struct request *request)
{
    return request->door == DOOR_CONSOLE && request->method == METHOD_GET &&
           !str_starts(request->path, STR("/v1/")) && !str_starts(request->path, STR("/agent/")) &&
           !str_starts(request->path, STR("/operator/v1/")) && !str_starts(request->path, STR("/foreign/")) &&
           !is_scim(request);
}

void api_answer(void *context, const struct request *request, struct reply *reply)
{
    struct service *service = context;
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct call call = {
        .service = service,
        .request = request,
        .desk = {service->env, service->store, &service->channels[request->worker], &arena, service->leases,
                 service->chains},
        .reply = reply,
    };
    if (is_asset(request)) {
        assets_answer(request, reply);
        return;
    }
    const struct route *route = route_find(&call);
    call.bearer = route ? arena_copy(&arena, bearer_of(request, route)).at : "";
    err_t result = route ? answer_route(&call, route->answer) : fail(ERR_MISSING, "no such resource");
    if (result != ERR_OK)
        (is_scim(request) ? scim_problem : call_problem)(reply, result, err_note());
    /* A page asks whether anybody is signed in. One that was kept for later is not touched any more: it may be gone. */
    if (result == ERR_SIGNED_OUT && request->method == METHOD_GET && !*call.bearer)
        reply->asked.ordinary = true;
}

bool api_answer_at_once(void *context, const struct request *request, struct reply *reply)
{
    struct service *service = context;
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct call call = {
        .service = service,
        .request = request,
        .desk = {service->env, service->store, NULL, &arena, service->leases, service->chains},
        .bearer = "",
        .reply = reply,
    };
    const struct route *route = request->body.len <= AT_ONCE_MOST ? route_find(&call) : NULL;
    if (!route || !route->at_once)
        return false;
    err_t result = answer_route(&call, route->at_once);
    if (result != ERR_OK)
        call_problem(reply, result, err_note());
    return !call.elsewhere;
}

err_t streams_take(const struct call *call)
{
    struct service *service = call->service;
    return share_take(&service->streams, call->tenant, service->most_streams)
               ? ERR_OK
               : fail(ERR_BUSY, "as many searches and live views are under way as may be: try again");
}

void streams_give(const struct call *call) { share_give(&call->service->streams, call->tenant); }

err_t call_keys(struct call *call, const struct question *question, void *out_answer)
{
    return keys_ask(call->desk.channel, question, call->desk.arena, out_answer);
}

err_t call_keys_bearer(struct call *call, enum ask_number number, void *out_answer)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)call->bearer;
    return call_keys(call, &(struct question){number, &in}, out_answer);
}

err_t call_keys_named(struct call *call, enum ask_number number, const char *prefix, void *out_answer)
{
    Keys__Named in = KEYS__NAMED__INIT;
    ident_t id;
    if (ident_read(prefix, call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    return call_keys(call, &(struct question){number, &in}, out_answer);
}

err_t call_done_named(struct call *call, enum ask_number number, const char *prefix)
{
    Keys__None *none = NULL;
    TRY(call_keys_named(call, number, prefix, &none));
    call->reply->status = 204;
    return ERR_OK;
}

void call_give_cookie(struct call *call, const char *cookie)
{
    buf_putf(&call->reply->headers, "Set-Cookie: %s=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s\n",
             cookie_name(call->route), cookie ? cookie : "", cookie ? "" : "; Max-Age=0");
}

uint64_t call_source(const struct call *call)
{
    static const uint8_t plain[SHORT_KEY];
    struct in6_addr wide;
    const char *address = arena_copy(call->desk.arena, call->request->peer_address).at;
    str_t from = call->request->peer_address;
    if (address && inet_pton(AF_INET6, address, &wide) == 1 && !IN6_IS_ADDR_V4MAPPED(&wide))
        from = str_bytes(wide.s6_addr, 8);
    return digest_short(plain, from);
}

/* For a sign-in alone: it is sent to no other path. */
const char *call_known(struct call *call)
{
    str_t value = cookie_value(call->request->cookie, KNOWN_COOKIE);
    const char *copied = value.len ? arena_copy(call->desk.arena, value).at : NULL;
    return copied ? copied : "";
}

void call_give_known(struct call *call, const char *known)
{
    if (*known)
        buf_putf(&call->reply->headers,
                 "Set-Cookie: " KNOWN_COOKIE
                 "=%s; Path=%s; Max-Age=31536000; Secure; HttpOnly; SameSite=Strict\n",
                 known, call->route->path);
}

void call_give_other(struct call *call, const char *name, const char *cookie, int seconds)
{
    buf_putf(&call->reply->headers,
             "Set-Cookie: %s=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%d\n", name, cookie,
             seconds);
}

const char *call_other(struct call *call, const char *name)
{
    return arena_copy(call->desk.arena, cookie_value(call->request->cookie, name)).at;
}

str_t call_query(struct call *call, const char *name) { return query_value(call->request->query, name); }

err_t call_if_match(struct call *call, int64_t any, int64_t *out_version)
{
    str_t tag = call->request->if_match;
    uint64_t version = 0;
    *out_version = any;
    if (!tag.len || str_eq(tag, STR("*")))
        return ERR_OK;
    if (str_starts(tag, STR("W/")))
        tag = str_bytes(tag.at + 2, tag.len - 2);
    if (tag.len < 3 || tag.at[0] != '"' || tag.at[tag.len - 1] != '"' ||
        str_number(str_bytes(tag.at + 1, tag.len - 2), INT64_MAX, &version) != ERR_OK)
        return fail(ERR_INVALID, "If-Match is not an ETag that this service gave");
    *out_version = (int64_t)version;
    return ERR_OK;
}

err_t call_text(struct call *call, const char *name, str_t *out_text)
{
    return call_long_text(call, name, (size_t)MAX_NAME * 3, out_text);
}

err_t call_long_text(struct call *call, const char *name, size_t most, str_t *out_text)
{
    OWN(buf) text = BUF(most);
    err_t read = query_text(call_query(call, name), &text);
    if (read == ERR_INVALID)
        return fail(ERR_INVALID, "%s is not percent-encoded text in UTF-8", name);
    TRY(read);
    *out_text = arena_copy(call->desk.arena, buf_str(&text));
    return arena_end(call->desk.arena);
}

err_t call_number(struct call *call, const char *name, uint64_t fallback, uint64_t *out_number)
{
    str_t text = call_query(call, name);
    if (text.at)
        return str_number(text, INT64_MAX, out_number);
    *out_number = fallback;
    return ERR_OK;
}
