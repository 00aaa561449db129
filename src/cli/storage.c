/* SPDX-License-Identifier: Apache-2.0
 *
 * What is kept, what of it goes when, and for how long it has to stay.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/prompt.h"
#include "cli/service.h"
#include "cli/text.h"

#define STORAGE   "/v1/storage"
#define RETENTION STORAGE "/retention"

static const char *const kinds[] = {"videos", "launches"};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int64_t number_of(const json_t *record, const char *key)
{
    return json_integer_value(json_object_get(record, key));
}

static void bytes_put(int64_t bytes, buf_t *out)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double shown = (double)bytes;
    size_t unit = 0;
    for (; shown >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        shown /= 1024;
    buf_putf(out, unit ? "%.1f %s" : "%.0f %s", shown, units[unit]);
}

static void put_bytes(const json_t *record, const char *key, buf_t *out)
{
    if (json_is_integer(json_object_get(record, key)))
        bytes_put(number_of(record, key), out);
}

static void put_capacity(const json_t *record, const char *key, buf_t *out)
{
    int64_t capacity = number_of(record, key), used = number_of(record, "used");
    if (!capacity) {
        buf_put(out, STR("no limit is set by the contract"));
        return;
    }
    bytes_put(capacity, out);
    buf_putf(out, ", %.1f %% used", (double)used * 100 / (double)capacity);
}

/* "videos older than 41 days go on 2026-03-03" */
static void put_next(const json_t *record, const char *key, buf_t *out)
{
    const json_t *next = json_object_get(record, key);
    if (!json_is_object(next)) {
        buf_put(out, STR("nothing goes, at today's rate"));
        return;
    }
    bool by_age = str_eq(answer_text(next, "why"), STR("age"));
    buf_putf(out, "%s", by_age ? "" : "at today's rate ");
    text_put(out, answer_text(next, "kind"));
    buf_putf(out, " older than %lld days go on ", (long long)number_of(next, "older"));
    text_put(out, answer_text(next, "on"));
    buf_put(out, by_age ? STR(", by the maximum age") : STR(", for room"));
}

static void put_stuck(const json_t *record, const char *key, buf_t *out)
{
    if (!json_is_true(json_object_get(record, key)))
        return;
    buf_put(out, STR("more is kept than the capacity from "));
    text_put(out, answer_text(record, "full"));
    buf_put(out, STR(" on, and by minimum ages and holds nothing may go then"));
}

static void put_beside(const json_t *record, const char *key, buf_t *out)
{
    const json_t *snapshots = json_object_get(record, key);
    bytes_put(number_of(snapshots, "bytes"), out);
    buf_put(out, STR(" beside it; of recordings that have gone "));
    bytes_put(number_of(snapshots, "gone"), out);
}

static void put_counted(const json_t *record, const char *key, buf_t *out)
{
    const json_t *counted = json_object_get(record, key);
    if (!json_is_object(counted)) {
        buf_put(out, STR("not yet"));
        return;
    }
    text_put(out, answer_text(counted, "on"));
    buf_putf(out, ", difference %lld bytes", (long long)number_of(counted, "bytes"));
}

static void put_days(const json_t *record, const char *key, buf_t *out)
{
    int64_t days = number_of(record, key);
    if (days)
        buf_putf(out, "%lld days", (long long)days);
    else if (json_is_true(json_object_get(record, "goes")))
        buf_put(out, STR("-"));
}

static err_t storage_print(struct cli *cli, const struct reply *reply)
{
    static const struct column facts[] = {
        {"Capacity", "capacity", put_capacity},
        {"Used", "used", put_bytes},
        {"Next", "next", put_next},
        {"Warning", "stuck", put_stuck},
        {"Held", "held", put_number},
        {"Snapshots", "snapshots", put_beside},
        {"Counted anew", "counted", put_counted},
        {0},
    };
    static const struct column columns[] = {
        {"Kind", "kind", put_text},     {"Bytes", "bytes", put_bytes},
        {"Rows", "rows", put_number},   {"A day", "growth", put_bytes},
        {"Oldest", "oldest", put_text}, {"At least", "least", put_days},
        {"At most", "most", put_days},  {0},
    };
    OWN(json) storage = NULL;
    TRY(answer_parse(buf_str(&reply->body), &storage));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply->body));
        return ERR_OK;
    }
    facts_print(cli, facts, storage);
    fputc('\n', cli->out);
    grid_print(cli, columns, json_object_get(storage, "kinds"));
    return ERR_OK;
}

err_t command_storage_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"GET", STORAGE}, &reply));
    return storage_print(cli, &reply);
}

/* set */

/* What is to be said of one kind. */
struct ages {
    const char *kind;
    int64_t least, most;
};

static err_t days_read(const char *given, int64_t *io_days)
{
    uint64_t days = 0;
    if (!given)
        return ERR_OK;
    if (str_number(str(given), INT32_MAX, &days) != ERR_OK)
        return fail(ERR_INVALID, "an age is a whole number of days; 0 says nothing");
    *io_days = (int64_t)days;
    return ERR_OK;
}

static const json_t *kind_find(const json_t *storage, const char *name)
{
    const json_t *kind;
    size_t i;
    json_array_foreach(json_object_get(storage, "kinds"), i, kind)
    {
        if (str_eq(answer_text(kind, "kind"), str(name)))
            return kind;
    }
    return NULL;
}

/* Both kinds as they are to be; `*out_lowered` where more may go of it than before. */
static err_t ages_make(const struct cli *cli, const json_t *storage, struct ages out_ages[KINDS],
                       bool *out_lowered)
{
    *out_lowered = false;
    for (int i = 0; i < KINDS; i++) {
        const json_t *kind = kind_find(storage, kinds[i]);
        struct ages before = {kinds[i], number_of(kind, "least"), number_of(kind, "most")}, after = before;
        if (!strcmp(cli->arguments[0], kinds[i])) {
            TRY(days_read(cli->options.least, &after.least));
            TRY(days_read(cli->options.most, &after.most));
        }
        *out_lowered |=
            after.least < before.least || (after.most && (!before.most || after.most < before.most));
        out_ages[i] = after;
    }
    return ERR_OK;
}

static err_t body_make(const struct ages ages[KINDS], const char *name, buf_t *out_body)
{
    for (int i = 0; i < KINDS; i++)
        buf_putf(out_body, "%s\"%s_least\":%lld,\"%s_most\":%lld", i ? "," : "{", ages[i].kind,
                 (long long)ages[i].least, ages[i].kind, (long long)ages[i].most);
    if (name) {
        buf_put(out_body, STR(",\"name\":"));
        buf_put_json(out_body, str(name));
    }
    buf_put(out_body, STR("}"));
    return buf_end(out_body);
}

/* What goes at once, before anybody says yes to it. */
static err_t goes_tell(struct cli *cli, const struct sign_in *sign_in, const struct ages ages[KINDS])
{
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    OWN(json) goes = NULL;
    const json_t *item;
    size_t i;
    TRY(body_make(ages, NULL, &body));
    TRY(service_call(cli, sign_in, &(struct call){"POST", RETENTION "/try", buf_str(&body)}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &goes));
    json_array_foreach(json_object_get(goes, "items"), i, item)
    {
        OWN(buf) line = BUF(MAX_NAME);
        buf_putf(&line, "Removed within the hour, for good: %lld ", (long long)number_of(item, "count"));
        text_put(&line, answer_text(item, "kind"));
        buf_put(&line, STR(" of "));
        text_put(&line, answer_text(item, "from"));
        buf_put(&line, STR(" to "));
        text_put(&line, answer_text(item, "until"));
        buf_put(&line, STR(", "));
        bytes_put(number_of(item, "bytes"), &line);
        TRY(buf_end(&line));
        cli_tell(cli, "%s", line.at);
    }
    if (!json_array_size(json_object_get(goes, "items")))
        cli_tell(cli, "Nothing goes at once; more may go later than before.");
    return ERR_OK;
}

static err_t name_ask(struct cli *cli, buf_t *out_name)
{
    if (cli->options.confirm)
        buf_put(out_name, str(cli->options.confirm));
    else if (prompt_has_terminal(cli))
        TRY(prompt_text(cli, "the organisation's name, to go on", out_name));
    else
        return cli_advise(cli, fail(ERR_INVALID, "nobody has confirmed that more may go"),
                          "give --confirm NAME");
    return buf_end(out_name);
}

err_t command_storage_set(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) read = {0};
    OWN(reply) changed = {0};
    OWN(json) storage = NULL;
    OWN(buf) body = BUF(MAX_BODY);
    OWN(buf) name = BUF(MAX_NAME);
    struct ages ages[KINDS];
    bool lowered = false;
    TRY(sign_in_load(cli, &sign_in));
    TRY(service_call(cli, &sign_in, &(struct call){"GET", STORAGE}, &read));
    TRY(answer_parse(buf_str(&read.body), &storage));
    TRY(ages_make(cli, storage, ages, &lowered));
    if (lowered) {
        TRY(goes_tell(cli, &sign_in, ages));
        TRY(name_ask(cli, &name));
    }
    TRY(body_make(ages, lowered ? name.at : NULL, &body));
    TRY(service_call(cli, &sign_in, &(struct call){"PUT", RETENTION, buf_str(&body)}, &changed));
    return storage_print(cli, &changed);
}
