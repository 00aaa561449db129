/* SPDX-License-Identifier: Apache-2.0
 *
 * Single sign-on: the provider that an owner names, and how somebody comes in by it.
 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/bodies_sso.h"
#include "api/handlers.h"
#include "api/object.h"
#include "api/put.h"
#include "oidc/provider.h"

#define BROWSER "__Host-custody-sso"
enum { BROWSER_SECONDS = 600 };

static err_t back_put(const struct call *call, buf_t *out)
{
    buf_putf(out, "%s" SSO_BACK, call->service->console);
    return buf_end(out);
}

/* Where nothing is set all but `back` and `allowed` is empty. */
static err_t put_sso(const struct call *call, const Keys__Sso *sso)
{
    OWN(buf) back = BUF(ADDRESS_MOST + 100);
    TRY(back_put(call, &back));
    struct object object = object_begin(&call->reply->body);
    object_flag(&object, "allowed", call->service->providers.ports[0]);
    object_text(&object, "back", buf_str(&back).at);
    object_text(&object, "issuer", sso->issuer);
    object_text(&object, "client", sso->client);
    object_flag(&object, "secret", sso->secret);
    object_text(&object, "opens", sso->opens);
    object_text(&object, "claim", sso->claim);
    object_text(&object, "joins", sso->joins);
    object_moment(&object, "changed", sso->changed);
    object_moment(&object, "fetched", sso->fetched);
    object_moment(&object, "asked", sso->asked);
    object_number(&object, "keys", sso->keys);
    object_text(&object, "trouble", sso->trouble);
    object_number(&object, "members", sso->members);
    object_end(&object);
    return ERR_OK;
}

err_t api_sso(struct call *call)
{
    Keys__Sso *sso = NULL;
    TRY(call_keys_bearer(call, ASK_sso_get, &sso));
    return put_sso(call, sso);
}

err_t api_sso_own(struct call *call)
{
    Keys__Sso *sso = NULL;
    TRY(call_keys_bearer(call, ASK_sso_get, &sso));
    struct object object = object_begin(&call->reply->body);
    object_flag(&object, "there", *sso->issuer);
    object_moment(&object, "linked", sso->linked);
    object_text(&object, "opens", sso->opens);
    object_end(&object);
    return ERR_OK;
}

static err_t set_ask(struct call *call, Keys__SsoSet *in)
{
    Keys__Sso *sso = NULL;
    in->bearer = (char *)(uintptr_t)call->bearer;
    TRY(call_keys(call, &(struct question){ASK_sso_set, in}, &sso));
    return put_sso(call, sso);
}

/* What the operator does not allow is said at once; the jobs process looks again before it connects. */
err_t api_sso_set(struct call *call)
{
    const struct sso_body *body = call->body;
    Keys__SsoSet in = KEYS__SSO_SET__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    struct reach reach;
    TRY(issuer_check(body->issuer, call->service->providers.near));
    TRY(reach_read(body->issuer, &reach));
    TRY(reach_judge(&reach, &call->service->providers));
    in.issuer = CHARS(body->issuer);
    in.client = CHARS(body->client);
    in.opens = CHARS(body->opens);
    in.claim = body->claim.len ? CHARS(body->claim) : (char *)(uintptr_t) "sub";
    in.joins = CHARS(body->joins);
    in.secret = DATA(body->secret);
    in.keeps = body->keep_secret;
    PROOF_FROM(body, &in, &assertion);
    return set_ask(call, &in);
}

err_t api_sso_remove(struct call *call)
{
    const struct password_body *body = call->body;
    Keys__SsoSet in = KEYS__SSO_SET__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    in.removes = true;
    PROOF_FROM(body, &in, &assertion);
    TRY(set_ask(call, &in));
    buf_clear(&call->reply->body);
    call->reply->status = 204;
    return ERR_OK;
}

err_t api_sso_test(struct call *call)
{
    Keys__SsoSet in = KEYS__SSO_SET__INIT;
    in.tests = true;
    return set_ask(call, &in);
}

static err_t put_begun(struct call *call, const Keys__SsoBegun *begun)
{
    if (!*begun->location)
        return fail(ERR_UNREACHABLE, "the sign-in provider cannot be asked: %s", begun->trouble);
    call->reply->status = 201;
    call_give_other(call, BROWSER, begun->browser, BROWSER_SECONDS);
    struct object object = object_begin(&call->reply->body);
    object_text(&object, "location", begun->location);
    object_end(&object);
    return ERR_OK;
}

err_t api_sso_begin(struct call *call)
{
    const struct sso_begin_body *body = call->body;
    Keys__SsoBegin in = KEYS__SSO_BEGIN__INIT;
    Keys__SsoBegun *begun = NULL;
    OWN(buf) back = BUF(ADDRESS_MOST + 100);
    TRY(back_put(call, &back));
    in.tenant = body->tenant.at ? CHARS(body->tenant) : in.tenant;
    in.invitation = body->invitation.at ? CHARS(body->invitation) : in.invitation;
    in.back = back.at;
    TRY(call_keys(call, &(struct question){ASK_sso_begin, &in}, &begun));
    return put_begun(call, begun);
}

static err_t link_ask(struct call *call, char *back, Keys__SsoBegun **out_begun)
{
    const struct again_body *body = call->body;
    Keys__Again in = KEYS__AGAIN__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    AGAIN_FROM(body, &in, &assertion);
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.back = back;
    return call_keys(call, &(struct question){ASK_sso_link, &in}, out_begun);
}

err_t api_sso_link(struct call *call)
{
    Keys__SsoBegun *begun = NULL;
    OWN(buf) back = BUF(ADDRESS_MOST + 100);
    TRY(back_put(call, &back));
    TRY(link_ask(call, back.at, &begun));
    return put_begun(call, begun);
}

err_t api_sso_unlink(struct call *call)
{
    Keys__SsoBegun *begun = NULL;
    TRY(link_ask(call, (char *)(uintptr_t) "", &begun));
    call->reply->status = 204;
    return ERR_OK;
}

static void put_claims(const Keys__SsoOutcome *outcome, buf_t *json)
{
    struct object user = object_begin(json);
    object_text(&user, "full_name", outcome->full_name);
    object_text(&user, "username", outcome->username);
    object_text(&user, "email", outcome->email);
    object_end(&user);
}

/* 202 while the provider is asked: the browser asks again. */
static void put_outcome(struct call *call, const Keys__SsoOutcome *outcome)
{
    struct object object = object_begin(&call->reply->body);
    call->reply->status = !strcmp(outcome->state, "waits") ? 202 : 200;
    object_text(&object, "state", outcome->state);
    if (outcome->who) {
        call_give_cookie(call, outcome->who->cookie);
        put_session(outcome->who, object_value(&object, "session"));
    }
    if (!strcmp(outcome->state, "joins"))
        put_claims(outcome, object_value(&object, "user"));
    object_end(&object);
}

err_t api_sso_come(struct call *call)
{
    const struct sso_come_body *body = call->body;
    Keys__SsoCome in = KEYS__SSO_COME__INIT;
    Keys__SsoOutcome *outcome = NULL;
    in.state = CHARS(body->state);
    in.browser = (char *)(uintptr_t)call_other(call, BROWSER);
    in.code = body->code.at ? CHARS(body->code) : in.code;
    in.issuer = body->issuer.at ? CHARS(body->issuer) : in.issuer;
    in.error = body->error.at ? CHARS(body->error) : in.error;
    TRY(call_keys(call, &(struct question){ASK_sso_come, &in}, &outcome));
    put_outcome(call, outcome);
    return ERR_OK;
}

err_t api_sso_join(struct call *call)
{
    const struct sso_join_body *body = call->body;
    Keys__SsoJoin in = KEYS__SSO_JOIN__INIT;
    Keys__Who *who = NULL;
    in.state = CHARS(body->state);
    in.browser = (char *)(uintptr_t)call_other(call, BROWSER);
    in.username = CHARS(body->username);
    in.full_name = CHARS(body->full_name);
    in.email = CHARS(body->email);
    TRY(call_keys(call, &(struct question){ASK_sso_join, &in}, &who));
    call->reply->status = 201;
    call_give_cookie(call, who->cookie);
    put_session(who, &call->reply->body);
    return ERR_OK;
}

err_t api_password_first(struct call *call)
{
    const struct first_password_body *body = call->body;
    Keys__Again in = KEYS__AGAIN__INIT;
    Keys__None *none = NULL;
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.username = CHARS(body->username);
    in.new_password = DATA(body->password);
    TRY(call_keys(call, &(struct question){ASK_password_first, &in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}
