/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches: a page of them, all of them as the search finds them, and as they come.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/text.h"

#define LAUNCHES "/v1/launches"
enum { EVENT_MOST = 128 * 1024, PATH_LENGTH_MAX = 8192, CELL_MOST = 64 * 1024 };

static const struct column columns[] = {
    {"At", "at", put_moment},         {"Decision", "decision", put_text}, {"Device", "device", put_text},
    {"Account", "account", put_text}, {"Program", "path", put_text},      {0},
};

/* A stream of events, as they come off the wire (text/event-stream). */
struct events {
    struct cli *cli;
    buf_t line, name;
    bool shows_progress; /* there is progress on the terminal's last line */
    err_t state;
};
typedef struct events events_own;
static void events_drop(struct events *events)
{
    buf_drop(&events->line);
    buf_drop(&events->name);
}

static void progress_clear(struct events *events)
{
    if (events->shows_progress)
        fputs("\r\033[K", events->cli->err);
    events->shows_progress = false;
}

static void progress_show(struct events *events, const json_t *progress)
{
    if (events->cli->options.json || !isatty(fileno(events->cli->err)))
        return;
    progress_clear(events);
    fprintf(events->cli->err, "%lld looked through, %lld found, back to %.10s",
            (long long)json_integer_value(json_object_get(progress, "launches")),
            (long long)json_integer_value(json_object_get(progress, "found")),
            answer_text(progress, "at").len ? answer_text(progress, "at").at : "");
    fflush(events->cli->err);
    events->shows_progress = true;
}

/* One line each: how wide the columns of all of them are is not known while they come. */
static void launch_print(struct events *events, const json_t *launch, str_t as_given)
{
    OWN(buf) cell = BUF(CELL_MOST);
    progress_clear(events);
    if (events->cli->options.json) {
        cli_print_json(events->cli, as_given);
        fflush(events->cli->out);
        return;
    }
    for (const struct column *c = columns; c->title; c++) {
        buf_clear(&cell);
        c->put(launch, c->key, &cell);
        fprintf(events->cli->out, "%s%.*s", c == columns ? "" : "  ", STR_ARG(buf_str(&cell)));
    }
    fputc('\n', events->cli->out);
    fflush(events->cli->out);
}

static void event_take(struct events *events, str_t data)
{
    OWN(json) value = NULL;
    str_t name = buf_str(&events->name);
    events->state = answer_parse(data, &value);
    if (events->state != ERR_OK)
        return;
    if (str_eq(name, STR("launch")))
        launch_print(events, value, data);
    else if (str_eq(name, STR("progress")))
        progress_show(events, value);
    else if (str_eq(name, STR("problem")))
        events->state = answer_problem((long)json_integer_value(json_object_get(value, "status")), data);
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
    return events->state == ERR_OK;
}

static err_t events_run(struct cli *cli, const char *from)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(events) events = {.cli = cli, .line = BUF(EVENT_MOST), .name = BUF(64)};
    const struct options *given = &cli->options;
    if (given->csv || given->limit || given->cursor)
        return fail(ERR_INVALID, "--follow and --all go without --csv, --limit and --cursor");
    buf_put(&path, str(from));
    TRY(list_filters(cli, &path));
    TRY(sign_in_load(cli, &sign_in));
    err_t result = service_call(
        cli, &sign_in,
        &(struct call){"GET", path.at, .accept = "text/event-stream", .piece = bytes_take, .with = &events},
        &reply);
    progress_clear(&events);
    return events.state != ERR_OK ? events.state : result;
}

err_t command_launch_list(struct cli *cli)
{
    const struct options *given = &cli->options;
    OWN(sign_in) sign_in = {0};
    if (given->follow)
        return events_run(cli, LAUNCHES "/live");
    if (given->all && !given->json && !given->csv)
        return events_run(cli, LAUNCHES);
    TRY(sign_in_load(cli, &sign_in));
    return list_run(cli, &sign_in, &(struct list){LAUNCHES, columns, "no such launches"});
}
