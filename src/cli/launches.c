/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches: a page of them, all of them as the search finds them, and as they come.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/device.h"
#include "cli/events.h"
#include "cli/list.h"
#include "cli/text.h"

#define LAUNCHES "/v1/launches"
enum { PATH_LENGTH_MAX = 8192, CELL_MOST = 64 * 1024 };

const struct column launch_columns[] = {
    {"At", "at", put_moment},         {"Decision", "decision", put_text}, {"Device", "device", put_text},
    {"Account", "account", put_text}, {"Program", "path", put_text},      {0},
};

/* One line each: how wide the columns of all of them are is not known while they come. */
static void launch_print(struct events *events, const json_t *launch, str_t as_given)
{
    OWN(buf) cell = BUF(CELL_MOST);
    events_clear(events);
    if (events->cli->options.json) {
        cli_print_json(events->cli, as_given);
        fflush(events->cli->out);
        return;
    }
    for (const struct column *c = launch_columns; c->title; c++) {
        buf_clear(&cell);
        c->put(launch, c->key, &cell);
        fprintf(events->cli->out, "%s%.*s", c == launch_columns ? "" : "  ", STR_ARG(buf_str(&cell)));
    }
    fputc('\n', events->cli->out);
    fflush(events->cli->out);
}

static err_t event_take(struct events *events, str_t name, const json_t *value, str_t data)
{
    str_t at = answer_text(value, "at");
    if (str_eq(name, STR("launch")))
        launch_print(events, value, data);
    else if (str_eq(name, STR("progress")))
        events_progress(events, "%lld looked through, %lld found, back to %.10s",
                        (long long)json_integer_value(json_object_get(value, "launches")),
                        (long long)json_integer_value(json_object_get(value, "found")), at.len ? at.at : "");
    return ERR_OK;
}

static err_t follow(struct cli *cli, const char *from)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    struct events events = {.cli = cli, .event = event_take};
    const struct options *given = &cli->options;
    if (given->csv || given->limit || given->cursor)
        return fail(ERR_INVALID, "--follow and --all go without --csv, --limit and --cursor");
    buf_put(&path, str(from));
    TRY(list_filters(cli, &path));
    TRY(sign_in_load(cli, &sign_in));
    return events_run(&events, &sign_in, &(struct call){"GET", path.at});
}

err_t command_launch_list(struct cli *cli)
{
    const struct options *given = &cli->options;
    OWN(sign_in) sign_in = {0};
    if (given->follow)
        return follow(cli, LAUNCHES "/live");
    if (given->all && !given->json && !given->csv)
        return follow(cli, LAUNCHES);
    TRY(sign_in_load(cli, &sign_in));
    return list_run(cli, &sign_in, &(struct list){LAUNCHES, launch_columns, "no such launches"});
}
