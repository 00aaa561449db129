/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stream.h"

#include <stdarg.h>

enum { EVENT_MOST = 128 * 1024 };

/* A stream on its way, as it comes off the wire. */
struct coming {
    const struct stream *stream;
    buf_t line, name;
    err_t state;
    char note[512]; /* of what ended it: ending the transfer has a note of its own */
};
typedef struct coming coming_own;
static void coming_drop(struct coming *coming)
{
    buf_drop(&coming->line);
    buf_drop(&coming->name);
}

static void event_take(struct coming *coming, str_t data)
{
    OWN(json) value = NULL;
    coming->state = answer_parse(data, &value);
    if (coming->state != ERR_OK)
        return;
    coming->state = str_eq(buf_str(&coming->name), STR("problem"))
                        ? answer_problem((long)json_integer_value(json_object_get(value, "status")), data)
                        : coming->stream->event(coming->stream->with, buf_str(&coming->name), value, data);
}

static void line_take(struct coming *coming)
{
    str_t line = str_trim(buf_str(&coming->line));
    if (str_starts(line, STR("event: "))) {
        buf_clear(&coming->name);
        buf_put(&coming->name, str_bytes(line.at + 7, line.len - 7));
    } else if (str_starts(line, STR("data: "))) {
        event_take(coming, str_bytes(line.at + 6, line.len - 6));
    }
    buf_clear(&coming->line);
}

static bool bytes_take(void *with, str_t bytes)
{
    struct coming *coming = with;
    for (size_t i = 0; i < bytes.len && coming->state == ERR_OK; i++) {
        if (bytes.at[i] == '\n')
            line_take(coming);
        else
            buf_put_byte(&coming->line, (uint8_t)bytes.at[i]);
        if (coming->line.state != ERR_OK)
            coming->state = fail(ERR_BROKEN, "an event past %d bytes", EVENT_MOST);
    }
    if (coming->state != ERR_OK)
        snprintf(coming->note, sizeof coming->note, "%s", err_note());
    return coming->state == ERR_OK;
}

err_t stream_run(struct cli *cli, const struct sign_in *sign_in, const struct stream *stream)
{
    OWN(reply) reply = {0};
    OWN(coming) coming = {.stream = stream, .line = BUF(EVENT_MOST), .name = BUF(64)};
    const struct call call = {stream->body.len ? "POST" : "GET", stream->path,        stream->body,
                              .accept = "text/event-stream",     .piece = bytes_take, .with = &coming};
    err_t result = service_call(cli, sign_in, &call, &reply);
    return coming.state != ERR_OK ? fail(coming.state, "%s", coming.note) : result;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", progress->cli->err);
    progress->shown = false;
}

void progress_show(struct progress *progress, const char *format, ...)
{
    va_list args;
    if (progress->cli->options.json || !isatty(fileno(progress->cli->err)))
        return;
    progress_clear(progress);
    va_start(args, format);
    vfprintf(progress->cli->err, format, args);
    va_end(args);
    fflush(progress->cli->err);
    progress->shown = true;
}
