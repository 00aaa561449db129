/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done under a grant, as it is done: followed in the client's own log until the grant has ended.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/text.h"

enum { PATH_LENGTH_MAX = 256, LOOK_US = 1000000, SIGNED_US = 1500000 };

/* `fresh`: entries that were not printed yet, the oldest first. */
struct watch {
    struct cli *cli;
    const struct sign_in *sign_in;
    const char *request;
    char by[40], from[32];
    int64_t seen; /* the number of the last that was printed; -1: none */
    json_t *fresh;
};
typedef struct watch watch_own;
static void watch_drop(struct watch *watch) { json_decref(watch->fresh); }

/* The log gives the newest first. */
static err_t entries_take(void *with, const json_t *items)
{
    struct watch *watch = with;
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *entry = json_array_get(items, i);
        bool under = str_eq(answer_text(entry, "under"), str(watch->request));
        if (under && json_integer_value(json_object_get(entry, "seq")) > watch->seen)
            json_array_insert(watch->fresh, 0, entry);
    }
    return ERR_OK;
}

static void entry_print(const struct watch *watch, json_t *entry)
{
    OWN(buf) line = BUF(MAX_BODY);
    char *text = watch->cli->options.json ? json_dumps(entry, JSON_COMPACT) : NULL;
    if (text) {
        cli_print_json(watch->cli, str(text));
    } else {
        const json_t *on = json_object_get(entry, "on");
        put_moment(entry, "at", &line);
        buf_put(&line, STR("  "));
        put_text(entry, "act", &line);
        for (size_t i = 0; i < json_array_size(on); i++) {
            buf_put(&line, i ? STR(", ") : STR("  "));
            text_put(&line, str(json_string_value(json_array_get(on, i))));
        }
        fprintf(watch->cli->out, "%.*s\n", STR_ARG(buf_str(&line)));
    }
    free(text);
    fflush(watch->cli->out);
}

static err_t entries_print(struct watch *watch)
{
    struct options *asked = &watch->cli->options;
    asked->on = watch->request;
    asked->by = watch->by;
    asked->from = watch->from;
    TRY(list_walk(watch->cli, watch->sign_in, "/v1/log", entries_take, watch));
    for (size_t i = 0; i < json_array_size(watch->fresh); i++) {
        json_t *entry = json_array_get(watch->fresh, i);
        entry_print(watch, entry);
        watch->seen = json_integer_value(json_object_get(entry, "seq"));
        snprintf(watch->from, sizeof watch->from, "%.*s", STR_ARG(answer_text(entry, "at")));
    }
    json_array_clear(watch->fresh);
    return ERR_OK;
}

static err_t request_read(const struct watch *watch, const char *path, json_t **out_request)
{
    OWN(reply) reply = {0};
    TRY(service_call(watch->cli, watch->sign_in, &(struct call){"GET", path}, &reply));
    return answer_parse(buf_str(&reply.body), out_request);
}

static err_t grant_find(struct watch *watch, const json_t *request)
{
    const json_t *grant = json_object_get(request, "grant");
    if (!json_is_object(grant))
        return cli_advise(watch->cli, fail(ERR_CONFLICT, "nothing was granted by this request"),
                          "custody request show %s says how it stands", watch->request);
    if (*watch->by)
        return ERR_OK;
    snprintf(watch->by, sizeof watch->by, "%.*s", STR_ARG(answer_text(request, "by")));
    snprintf(watch->from, sizeof watch->from, "%.*s", STR_ARG(answer_text(grant, "from")));
    return ERR_OK;
}

/* What was done last is signed within a second of when it was done. */
static err_t watch_on(struct watch *watch, const char *path)
{
    for (bool granted = true;;) {
        OWN(json) request = NULL;
        TRY(request_read(watch, path, &request));
        TRY(grant_find(watch, request));
        granted = str_eq(answer_text(request, "state"), STR("approved"));
        if (!granted)
            usleep(SIGNED_US);
        TRY(entries_print(watch));
        if (!granted)
            return ERR_OK;
        usleep(LOOK_US);
    }
}

err_t command_request_watch(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(watch)
    watch = {
        .cli = cli, .sign_in = &sign_in, .request = cli->arguments[0], .seen = -1, .fresh = json_array()};
    TRY(record_path(cli, "/v1/requests", "req", &path));
    TRY(sign_in_load(cli, &sign_in));
    TRY(watch_on(&watch, path.at));
    cli_tell(cli, "the grant has ended");
    return ERR_OK;
}
