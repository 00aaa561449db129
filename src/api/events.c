/* SPDX-License-Identifier: Apache-2.0 */
#include "api/events.h"

#include "base/limits.h"

enum { PROGRESS_MS = 200 };

err_t events_begin(struct call *call, struct events *out_events)
{
    *out_events = (struct events){.call = call};
    call->reply->content_type = "text/event-stream";
    TRY(streams_take(call));
    err_t opened = stream_open(call->request, &out_events->stream);
    if (opened != ERR_OK)
        streams_give(call);
    return opened;
}

bool events_put(struct events *events, const char *event, const buf_t *data)
{
    OWN(buf) text = BUF(MAX_REPLY);
    buf_putf(&text, "event: %s\ndata: ", event);
    buf_put(&text, buf_str(data));
    buf_put(&text, STR("\n\n"));
    return buf_end(data) == ERR_OK && buf_end(&text) == ERR_OK && stream_put(events->stream, buf_str(&text));
}

bool events_progress(struct events *events, const buf_t *data)
{
    struct env *env = events->call->desk.env;
    moment_t now = env->boot(env);
    if (now - events->told < PROGRESS_MS)
        return stream_put(events->stream, STR(""));
    events->told = now;
    return events_put(events, "progress", data);
}

bool events_heard(struct events *events) { return stream_put(events->stream, STR(":\n\n")); }

err_t events_end(struct events *events, err_t result)
{
    OWN(buf) json = BUF(1024);
    if (result != ERR_OK) {
        buf_putf(&json, "{\"status\":%d,\"detail\":", err_info(result)->http);
        buf_put_json(&json, str(err_note()));
        buf_put(&json, STR("}"));
        (void)!events_put(events, "problem", &json);
    }
    streams_give(events->call);
    return ERR_OK;
}
