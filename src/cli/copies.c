/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot copied into another organisation: the code that one owner makes, what the other one does with it, and both see.
 */
#include "cli/copies.h"
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/events.h"
#include "cli/list.h"
#include "cli/prompt.h"

#define COPIES "/v1/copies"
enum { LOOK_US = 300000, PATH_LENGTH_MAX = 256, CODE_MAX = 256 };

static const struct column facts[] = {{"Copy", "id", put_text},
                                      {"State", "state", put_text},
                                      {"Into", "name", put_text},
                                      {"Snapshot", "snapshot", put_text},
                                      {"Records", "records", put_number},
                                      {"People and devices", "subjects", put_number},
                                      {"Keys left", "left", put_number},
                                      {"Begun", "begun", put_moment},
                                      {"Ended", "ended", put_moment},
                                      {"Trouble", "trouble", put_text},
                                      {0}};

err_t command_snapshot_receive(struct cli *cli)
{
    return saved_create(cli, &(struct call){"POST", COPIES}, "code");
}

err_t command_snapshot_copies(struct cli *cli)
{
    static const struct column columns[] = {{"Copy", "id", put_text},
                                            {"State", "state", put_text},
                                            {"Into", "name", put_text},
                                            {"Snapshot", "snapshot", put_text},
                                            {"Records", "records", put_number},
                                            {"Keys left", "left", put_number},
                                            {"Made", "made", put_moment},
                                            {"Trouble", "trouble", put_text},
                                            {0}};
    return saved_list(cli, &(struct list){COPIES, columns, "no copies come from here or have come here"});
}

/* One copy, in the session that goes on with it. */
struct copying {
    struct cli *cli;
    struct sign_in *sign_in;
    struct events shown;
    json_t *copy;
};

static bool copy_is(const struct copying *copying, const char *state)
{
    return str_eq(answer_text(copying->copy, "state"), str(state));
}

static err_t copy_take(struct copying *copying, const struct call *call)
{
    OWN(reply) reply = {0};
    TRY(service_call(copying->cli, copying->sign_in, call, &reply));
    json_decref(copying->copy);
    copying->copy = NULL;
    return answer_parse(buf_str(&reply.body), &copying->copy);
}

static err_t path_of(const struct copying *copying, const char *after, buf_t *out)
{
    str_t id = answer_text(copying->copy, "id");
    buf_putf(out, COPIES "/%.*s%s", STR_ARG(id), after);
    return buf_end(out);
}

static err_t copy_post(struct copying *copying, const char *after, str_t body)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(path_of(copying, after, &path));
    return copy_take(copying, &(struct call){"POST", path.at, body});
}

static err_t copy_look(struct copying *copying)
{
    OWN(reply) reply = {0};
    OWN(json) list = NULL;
    TRY(service_call(copying->cli, copying->sign_in, &(struct call){"GET", COPIES}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &list));
    json_t *items = json_object_get(list, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        if (!str_eq(answer_text(item, "id"), answer_text(copying->copy, "id")))
            continue;
        json_incref(item);
        json_decref(copying->copy);
        copying->copy = item;
        return ERR_OK;
    }
    return fail(ERR_MISSING, "the service does not know the copy any more");
}

/* What the jobs process does, until it has; what failed is said. */
static err_t copy_wait(struct copying *copying, const char *state, const char *doing)
{
    while (copy_is(copying, state)) {
        str_t trouble = answer_text(copying->copy, "trouble");
        if (trouble.len) {
            events_clear(&copying->shown);
            return fail(ERR_BROKEN, "%.*s", STR_ARG(trouble));
        }
        events_progress(&copying->shown, "%s", doing);
        usleep(LOOK_US);
        TRY(copy_look(copying));
    }
    events_clear(&copying->shown);
    return ERR_OK;
}

/* Some each time: whoever stops it leaves the rest to the next time. */
static err_t copy_seal(struct copying *copying)
{
    while (copy_is(copying, "sealing")) {
        events_progress(&copying->shown, "%lld of %lld keys left to seal",
                        json_integer_value(json_object_get(copying->copy, "left")),
                        json_integer_value(json_object_get(copying->copy, "subjects")));
        TRY(copy_post(copying, "/go-on", STR("")));
    }
    TRY(copy_wait(copying, "filling", "writing the records there"));
    return copy_is(copying, "done") ? ERR_OK : fail(ERR_CONFLICT, "the copy was given up");
}

static err_t copy_print(struct copying *copying)
{
    if (copying->cli->options.json) {
        char *text = json_dumps(copying->copy, JSON_COMPACT);
        cli_print_json(copying->cli, str(text));
        free(text);
    } else {
        facts_print(copying->cli, facts, copying->copy);
    }
    return ERR_OK;
}

/* Bringing a code */

static err_t give_body(struct copying *copying, buf_t *body)
{
    struct cli *cli = copying->cli;
    OWN(buf) typed = BUF(MAX_NAME);
    OWN(buf) password = BUF(MAX_PASSWORD);
    str_t name = answer_text(copying->copy, "name");
    if (cli->options.confirm) {
        buf_put(&typed, str(cli->options.confirm));
    } else if (!prompt_has_terminal(cli)) {
        return cli_advise(
            cli, fail(ERR_INVALID, "nobody has confirmed whom the copy is for"),
            "give --confirm with the other organisation's name, or --dry-run to see what it would be");
    } else {
        cli_tell(
            cli,
            "%lld records of %lld people and devices are given to %.*s, whose people read them from then on.",
            json_integer_value(json_object_get(copying->copy, "records")),
            json_integer_value(json_object_get(copying->copy, "subjects")), STR_ARG(name));
        cli_tell(cli, "Whom you forget later is forgotten there as well.");
        TRY(prompt_text(cli, "the other organisation's name, to go on", &typed));
    }
    TRY(prompt_secret(cli, "the password", &password));
    body_put(body, "typed", buf_str(&typed));
    body_put(body, "password", buf_str(&password));
    return body_end(body);
}

static err_t code_bring(struct copying *copying)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) code = BUF(CODE_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    TRY(record_path(copying->cli, "/v1/snapshots", "snp", &path));
    buf_put(&path, STR("/copy"));
    TRY(buf_end(&path));
    TRY(prompt_option(copying->cli, copying->cli->options.into, "the code", &code));
    body_put(&body, "code", buf_str(&code));
    TRY(body_end(&body));
    TRY(copy_take(copying, &(struct call){"POST", path.at, buf_str(&body)}));
    return copy_wait(copying, "counting", "counting what it holds");
}

static err_t copy_run(struct copying *copying)
{
    OWN(buf) body = BUF(MAX_BODY);
    TRY(code_bring(copying));
    if (copying->cli->options.dry_run)
        return copy_print(copying);
    TRY(give_body(copying, &body));
    TRY(copy_post(copying, "/give", buf_str(&body)));
    TRY(copy_seal(copying));
    return copy_print(copying);
}

static err_t copying_run(struct cli *cli, err_t (*run)(struct copying *copying))
{
    OWN(sign_in) sign_in = {0};
    struct copying copying = {.cli = cli, .sign_in = &sign_in, .shown = {.cli = cli}};
    TRY(sign_in_load(cli, &sign_in));
    err_t result = run(&copying);
    json_decref(copying.copy);
    return result;
}

err_t copy_into(struct cli *cli) { return copying_run(cli, copy_run); }

/* Going on */

static err_t named_post(struct copying *copying, const char *after)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(copying->cli, COPIES, "cpy", &path));
    buf_put(&path, str(after));
    TRY(buf_end(&path));
    return copy_take(copying, &(struct call){"POST", path.at});
}

static err_t go_on_run(struct copying *copying)
{
    TRY(named_post(copying, "/go-on"));
    TRY(copy_seal(copying));
    return copy_print(copying);
}

static err_t give_up_run(struct copying *copying)
{
    TRY(named_post(copying, "/end"));
    return copy_print(copying);
}

err_t command_snapshot_go_on(struct cli *cli) { return copying_run(cli, go_on_run); }
err_t command_snapshot_give_up(struct cli *cli) { return copying_run(cli, give_up_run); }
