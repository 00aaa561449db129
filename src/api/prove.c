/* SPDX-License-Identifier: Apache-2.0 */
#include "prove/prove.h"

#include "api/handlers.h"

/* Only of a promise that has some. */
static void exceptions_put(buf_t *json, const struct finding *finding)
{
    for (size_t i = 0; i < finding->exception_count; i++) {
        const struct exception *exception = &finding->exceptions[i];
        buf_put(json, i ? STR(",") : STR(",\"exceptions\":["));
        buf_put(json, STR("{\"what\":"));
        buf_put_json(json, exception->what);
        buf_putf(json, ",\"count\":%lld,\"why\":", (long long)exception->count);
        buf_put_json(json, exception->why);
        buf_put(json, STR("}"));
    }
    if (finding->exception_count)
        buf_put(json, STR("]"));
}

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
        buf_putf(json, ",\"checked_at\":\"%s\"", moment_text(now).text);
        exceptions_put(json, &findings[i]);
        buf_put(json, STR("}"));
    }
    buf_put(json, STR("]}"));
    return ERR_OK;
}
