/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/follow.h"

#include "cli/answer.h"
#include "cli/text.h"

enum { LOOK_US = 500000 };

static json_t *work_named(const json_t *works, str_t id)
{
    json_t *items = json_object_get(works, "items");
    for (size_t i = 0; i < json_array_size(items); i++)
        if (str_eq(answer_text(json_array_get(items, i), "id"), id))
            return json_incref(json_array_get(items, i));
    return NULL;
}

static err_t work_look(struct cli *cli, const struct sign_in *sign_in, str_t id, json_t **out_work)
{
    OWN(reply) reply = {0};
    OWN(json) works = NULL;
    TRY(service_call(cli, sign_in,
                     &(struct call){"GET", sign_in->is_staff ? "/operator/v1/works" : "/v1/works"}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &works));
    *out_work = work_named(works, id);
    return *out_work ? ERR_OK : fail(ERR_MISSING, "the service does not know %.*s any more", STR_ARG(id));
}

static void progress_say(struct cli *cli, const json_t *work, json_int_t *io_said)
{
    json_int_t done = json_integer_value(json_object_get(work, "done"));
    json_int_t total = json_integer_value(json_object_get(work, "total"));
    json_int_t percent = total > 0 ? done * 100 / total : 0;
    if (percent / 10 > *io_said / 10)
        cli_tell(cli, "%lld %%", (long long)percent);
    *io_said = percent > *io_said ? percent : *io_said;
}

static err_t work_end(struct cli *cli, const json_t *work)
{
    str_t note = answer_text(work, "note");
    if (!str_eq(answer_text(work, "state"), STR("done")))
        return fail(ERR_BROKEN, "%.*s", STR_ARG(note));
    if (cli->options.json) {
        char *text = json_dumps(work, JSON_COMPACT);
        cli_print_json(cli, str(text));
        free(text);
    } else
        fprintf(cli->out, "%.*s\n", STR_ARG(note));
    return ERR_OK;
}

static bool has_ended(const json_t *work)
{
    str_t state = answer_text(work, "state");
    return str_eq(state, STR("done")) || str_eq(state, STR("failed"));
}

static err_t work_follow(struct cli *cli, const struct sign_in *sign_in, str_t id)
{
    json_int_t said = 0;
    for (;;) {
        OWN(json) work = NULL;
        TRY(work_look(cli, sign_in, id, &work));
        progress_say(cli, work, &said);
        if (has_ended(work))
            return work_end(cli, work);
        usleep(LOOK_US);
    }
}

err_t work_ask(struct cli *cli, const struct call *call)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(json) asked = NULL;
    TRY(sign_in_load(cli, &sign_in));
    TRY(service_call(cli, &sign_in, call, &reply));
    TRY(answer_parse(buf_str(&reply.body), &asked));
    return work_follow(cli, &sign_in, answer_text(asked, "work"));
}
