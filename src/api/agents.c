/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "collect/intake.h"

err_t api_enrol(struct call *call)
{
    const struct enrol_body *body = call->body;
    struct enrolled enrolled;
    buf_t *json = &call->reply->body;
    TRY(intake_enrol(&call->desk, body->key, body->request, &enrolled));
    call->reply->status = 201;
    buf_putf(json, "{\"tenant\":\"%s\",", ident_text("ten", enrolled.tenant).text);
    buf_putf(json, "\"device\":\"%s\",\"certificate\":", ident_text("dev", enrolled.device).text);
    buf_put_json(json, enrolled.certificate_pem);
    buf_put(json, STR("}"));
    return ERR_OK;
}

static struct intake intake_of(const struct call *call)
{
    return (struct intake){call->tenant, call->device, call->request->body, call->request->peer_address};
}

err_t api_agent_accounts(struct call *call)
{
    struct intake intake = intake_of(call);
    call->reply->status = 204;
    return intake_accounts(&call->desk, &intake);
}

err_t api_agent_report(struct call *call)
{
    struct intake intake = intake_of(call);
    call->reply->status = 204;
    return intake_report(&call->desk, &intake);
}
