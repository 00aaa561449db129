/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches: a page of them, all of them as the search finds them, and as they come.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/events.h"
#include "cli/list.h"
#include "cli/stream.h"
#include "cli/text.h"

#define LAUNCHES "/v1/launches"
enum { PATH_LENGTH_MAX = 8192, CELL_MOST = 64 * 1024 };

static const struct column columns[] = {
    {"At", "at", put_moment},         {"Decision", "decision", put_text}, {"Device", "device", put_text},
    {"Account", "account", put_text}, {"Program", "path", put_text},      {0},
};

struct listing {
    struct cli *cli;
    struct progress progress;
};

/* One line each: how wide the columns of all of them are is not known while they come. */
static void launch_print(struct listing *listing, const json_t *launch, str_t as_given)
{
    OWN(buf) cell = BUF(CELL_MOST);
    FILE *out = listing->cli->out;
    progress_clear(&listing->progress);
    if (listing->cli->options.json) {
        cli_print_json(listing->cli, as_given);
        fflush(out);
}

    events_clear(events);
    if (events->cli->options.json) {
        cli_print_json(events->cli, as_given);
        fflush(events->cli->out);
        return;
    }
    for (const struct column *c = columns; c->title; c++) {
        buf_clear(&cell);
        c->put(launch, c->key, &cell);
        fprintf(out, "%s%.*s", c == columns ? "" : "  ", STR_ARG(buf_str(&cell)));
    }
    fputc('\n', out);
    fflush(out);
}

static err_t event_take(void *with, str_t name, const json_t *value, str_t as_given)
{
    struct listing *listing = with;
}

static err_t event_take(struct events *events, str_t name, const json_t *value, str_t data)
{
    str_t at = answer_text(value, "at");
    if (str_eq(name, STR("launch")))
        launch_print(listing, value, as_given);
    else if (str_eq(name, STR("progress")))
        progress_show(&listing->progress, "%lld looked through, %lld found, back to %.10s",
                      (long long)json_integer_value(json_object_get(value, "launches")),
                      (long long)json_integer_value(json_object_get(value, "found")),
                      answer_text(value, "at").len ? answer_text(value, "at").at : "");
    return ERR_OK;
}

static err_t events_run(struct cli *cli, const char *from)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    struct listing listing = {cli, {cli, false}};
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
    err_t result =
        stream_run(cli, &sign_in, &(struct stream){path.at, .event = event_take, .with = &listing});
    progress_clear(&listing.progress);
    return result;
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
    return list_run(cli, &sign_in, &(struct list){LAUNCHES, columns, "no such launches"});
}
