/* SPDX-License-Identifier: Apache-2.0 */
#include "prove/prove.h"

#include "api/handlers.h"

err_t api_prove(struct call *call)
{
    struct finding findings[PROMISES];
    struct proving proving = {&call->desk, call->tenant, call->bearer, call->service->logs};
    buf_t *json = &call->reply->body;
    moment_t now = call->desk.env->now(call->desk.env);
    TRY(prove(&proving, findings));
    buf_put(json, STR("{\"promises\":["));
    for (size_t i = 0; i < PROMISES; i++) {
        buf_putf(json, "%s{\"id\":\"%s\",\"promise\":", i ? "," : "", promises[i].id);
        buf_put_json(json, str(promises[i].title));
        buf_putf(json, ",\"state\":\"%s\",\"evidence\":", finding_name(findings[i].state));
        buf_put_json(json, findings[i].evidence);
        buf_putf(json, ",\"checked_at\":\"%s\"}", moment_text(now).text);
    }
    buf_put(json, STR("]}"));
    return ERR_OK;
}
