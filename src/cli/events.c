/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/events.h"

#include <stdarg.h>
#include <unistd.h>

enum { EVENT_MOST = 128 * 1024, NAME_MOST = 64 };

void events_clear(struct events *events)
{
    if (events->shows_progress)
        fputs("\r\033[K", events->cli->err);
    events->shows_progress = false;
}

void events_progress(struct events *events, const char *format, ...)
{
    va_list args;
    if (events->cli->options.json || !isatty(fileno(events->cli->err)))
        return;
    events_clear(events);
    va_start(args, format);
    vfprintf(events->cli->err, format, args);
    va_end(args);
    fflush(events->cli->err);
    events->shows_progress = true;
}

static void event_take(struct events *events, str_t data)
{
    OWN(json) value = NULL;
    str_t name = buf_str(&events->name);
    events->state = answer_parse(data, &value);
    if (events->state != ERR_OK)
        return;
    events->state = str_eq(name, STR("problem"))
                        ? answer_problem((long)json_integer_value(json_object_get(value, "status")), data)
                        : events->event(events, name, value, data);
}

static void line_take(struct events *events)
{
    str_t line = str_trim(buf_str(&events->line));
    if (str_starts(line, STR("event: "))) {
        buf_clear(&events->name);
        buf_put(&events->name, str_bytes(line.at + 7, line.len - 7));
    } else if (str_starts(line, STR("data: "))) {
        event_take(events, str_bytes(line.at + 6, line.len - 6));
    }
    buf_clear(&events->line);
}

static bool bytes_take(void *with, str_t bytes)
{
    struct events *events = with;
    for (size_t i = 0; i < bytes.len && events->state == ERR_OK; i++) {
        if (bytes.at[i] == '\n')
            line_take(events);
        else
            buf_put_byte(&events->line, (uint8_t)bytes.at[i]);
        if (events->line.state != ERR_OK)
            events->state = fail(ERR_BROKEN, "an event past %d bytes", EVENT_MOST);
    }
    if (events->state != ERR_OK)
        snprintf(events->note, sizeof events->note, "%s", err_note());
    return events->state == ERR_OK;
}

err_t events_run(struct events *events, const struct sign_in *sign_in, const struct call *call)
{
    OWN(reply) reply = {0};
    struct call asked = *call;
    asked.accept = "text/event-stream";
    asked.piece = bytes_take;
    asked.with = events;
    events->line = (buf_t)BUF(EVENT_MOST);
    events->name = (buf_t)BUF(NAME_MOST);
    events->state = ERR_OK;
    err_t result = service_call(events->cli, sign_in, &asked, &reply);
    events_clear(events);
    buf_drop(&events->line);
    buf_drop(&events->name);
    return events->state != ERR_OK ? fail(events->state, "%s", events->note) : result;
}
