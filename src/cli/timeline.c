/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/timeline.h"

#include "cli/answer.h"
#include "cli/text.h"

enum { DATE_WIDTH = 10, PROMISE_WIDTH = 17, LINE_BYTES = 64 * 1024 };

static moment_t event_at(const json_t *event)
{
    moment_t at = 0;
    return moment_read(answer_text(event, "at"), &at) == ERR_OK ? at : 0;
}

/* "14 days" on the line, between one day and a later one. */
static void gap_print(struct cli *cli, moment_t from, moment_t to)
{
    long long days = (to - from + DAYS(1) / 2) / DAYS(1);
    if (from && days > 0)
        fprintf(cli->out, "%*s  │ %lld %s\n", DATE_WIDTH, "", days, days == 1 ? "day" : "days");
}

static void padded_put(buf_t *line, str_t text, size_t width)
{
    size_t before = line->len;
    text_put(line, text);
    size_t put = text_width((str_t){buf_str(line).at + before, line->len - before});
    for (; put < width; put++)
        buf_put_byte(line, ' ');
}

static err_t event_print(struct cli *cli, const json_t *event, bool new_day)
{
    OWN(buf) line = BUF(LINE_BYTES);
    padded_put(&line, new_day ? answer_text(event, "date") : STR(""), DATE_WIDTH);
    buf_put(&line, STR("  ● "));
    padded_put(&line, answer_text(event, "promise"), PROMISE_WIDTH);
    buf_put(&line, STR("  "));
    text_put(&line, answer_text(event, "what"));
    buf_put(&line, json_is_true(json_object_get(event, "latest")) ? STR(", at the latest\n") : STR("\n"));
    TRY(buf_end(&line));
    fwrite(line.at, 1, line.len, cli->out);
    return ERR_OK;
}

err_t timeline_print(struct cli *cli, const json_t *events, moment_t now)
{
    moment_t before = 0;
    str_t day = STR("");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        moment_t at = event_at(event);
        str_t date = answer_text(event, "date");
        bool new_day = !str_eq(date, day), passes = now && before <= now && at > now;
        if (passes) {
            gap_print(cli, before, now);
            fprintf(cli->out, "%-*s  ┼\n", DATE_WIDTH, "now");
        }
        gap_print(cli, passes ? now : before, at);
        TRY(event_print(cli, event, new_day));
        before = at, day = date;
    }
    return ERR_OK;
}
