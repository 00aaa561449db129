/* SPDX-License-Identifier: Apache-2.0
 *
 * The people of a client: invited, joined, given the key, removed.
 */
#include "api/again.h"
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/put.h"
#include "wire/problem.h"

enum { INVITED_DAYS = 31 };

/* Signed in at once; an owner still has to release the key. */
err_t api_join(struct call *call)
{
    const struct join_body *body = call->body;
    Keys__Join in = KEYS__JOIN__INIT;
    Keys__Who *who = NULL;
    in.link = CHARS(body->invitation);
    in.username = CHARS(body->username);
    in.full_name = CHARS(body->full_name);
    in.email = CHARS(body->email);
    in.password = DATA(body->password);
    TRY(call_keys(call, &(struct question){ASK_join, &in}, &who));
    call->reply->status = 201;
    call_give_cookie(call, who->cookie);
    put_session(who, &call->reply->body);
    return ERR_OK;
}

err_t api_member_list(struct call *call)
{
    Keys__Members *members = NULL;
    TRY(call_keys_bearer(call, ASK_member_list, &members));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < members->n_items; i++)
        put_member(members->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

static void member_reply(struct call *call, const Keys__Member *member)
{
    buf_putf(&call->reply->headers, "ETag: \"%lld\"\n", (long long)member->edition);
    put_member(member, &call->reply->body);
}

err_t api_member_show(struct call *call)
{
    Keys__Member *member = NULL;
    TRY(call_keys_named(call, ASK_member_show, "usr", &member));
    member_reply(call, member);
    return ERR_OK;
}

/* RFC 6585: a change that does not say what it was made from. */
static void unconditional(struct reply *reply)
{
    enum { PRECONDITION_REQUIRED = 428 };
    reply->status = PRECONDITION_REQUIRED;
    reply->asked.code = ERR_INVALID;
    reply->content_type = "application/problem+json";
    problem_put(ERR_INVALID, reply->status,
                "say which edition was read: If-Match, with the ETag that GET gave", &reply->body);
}

err_t api_member_change(struct call *call)
{
    const struct member_body *body = call->body;
    Keys__MemberChange in = KEYS__MEMBER_CHANGE__INIT;
    Keys__Member *member = NULL;
    ident_t id;
    if (ident_read("usr", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    TRY(call_if_match(call, 0, &in.edition));
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.full_name = CHARS(body->full_name);
    in.username = CHARS(body->username);
    in.email = CHARS(body->email);
    in.password = DATA(body->password);
    err_t changed = call_keys(call, &(struct question){ASK_member_change, &in}, &member);
    if (changed == ERR_INVALID && !in.edition) {
        unconditional(call->reply);
        return ERR_OK;
    }
    TRY(changed);
    member_reply(call, member);
    return ERR_OK;
}

err_t api_member_disable(struct call *call) { return call_done_named(call, ASK_member_disable, "usr"); }
err_t api_member_enable(struct call *call) { return call_done_named(call, ASK_member_enable, "usr"); }

err_t api_member_remove(struct call *call)
{
    Keys__Request *request = NULL;
    TRY(call_keys_named(call, ASK_member_remove, "usr", &request));
    put_request(request, &call->reply->body);
    return ERR_OK;
}

err_t api_member_role(struct call *call)
{
    const struct role_body *body = call->body;
    Keys__MemberRole in = KEYS__MEMBER_ROLE__INIT;
    Keys__Request *request = NULL;
    ident_t id;
    if (ident_read("usr", call->id, &id) != ERR_OK)
        return fail(ERR_MISSING, "no such record");
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.id = CALL_BYTES(id);
    in.role = CHARS(body->role);
    TRY(call_keys(call, &(struct question){ASK_member_role, &in}, &request));
    put_request(request, &call->reply->body);
    return ERR_OK;
}

err_t api_member_key(struct call *call) { return call_done_named(call, ASK_member_key, "usr"); }

err_t api_invitation_list(struct call *call)
{
    Keys__Invitations *invitations = NULL;
    TRY(call_keys_bearer(call, ASK_invitation_list, &invitations));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < invitations->n_items; i++)
        put_invitation(invitations->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}

err_t api_invitation_make(struct call *call)
{
    const struct invitation_body *body = call->body;
    Keys__InvitationMake in = KEYS__INVITATION_MAKE__INIT;
    Keys__Assertion assertion = KEYS__ASSERTION__INIT;
    Keys__Invitation *invitation = NULL;
    if (body->days < 1 || body->days > INVITED_DAYS)
        return fail(ERR_INVALID, "days is 1 to %d", INVITED_DAYS);
    in.bearer = (char *)(uintptr_t)call->bearer;
    in.role = CHARS(body->role);
    SIGNED_FROM(body, &assertion);
    in.passkey = body->credential.len ? &assertion : NULL;
    in.password = DATA(body->password);
    if (!ident_is_zero(body->user))
        in.member = CALL_BYTES(body->user);
    in.until = call->desk.env->now(call->desk.env) + DAYS(body->days);
    TRY(call_keys(call, &(struct question){ASK_invitation_make, &in}, &invitation));
    call->reply->status = 201;
    put_invitation(invitation, &call->reply->body);
    return ERR_OK;
}

err_t api_invitation_end(struct call *call) { return call_done_named(call, ASK_invitation_end, "inv"); }
