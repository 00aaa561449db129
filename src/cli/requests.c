/* SPDX-License-Identifier: Apache-2.0
 *
 * What people of a client have to say yes to: requests.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/prompt.h"
#include "cli/request.h"
#include "cli/text.h"
#include "tlog/approval.h"

#define REQUESTS "/v1/requests"
enum { PATH_LENGTH_MAX = 256, SAID_MAX = 64 * 1024, DEVICES_SAID = 6 };

static bool is_support(const json_t *request) { return str_eq(answer_text(request, "kind"), STR("support")); }

static void put_asker(const json_t *request, const char *key, buf_t *out)
{
    str_t name = answer_text(request, "by_name");
    if (name.len)
        put_text(request, "by_name", out), buf_put(out, STR(" ("));
    put_text(request, key, out);
    if (name.len)
        buf_put(out, STR(")"));
}

/* The case of support, or whose removal or role it is. */
static void put_matter(const json_t *request, const char *key, buf_t *out)
{
    bool release = str_eq(answer_text(request, "kind"), STR("release"));
    put_text(request, is_support(request) ? key : release ? "hold" : "member", out);
}

static void put_texts(const json_t *request, const char *key, buf_t *out)
{
    const json_t *texts = json_object_get(request, key);
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *text = json_array_get(texts, i);
        buf_put(out, i ? STR(", ") : STR(""));
        text_put(out, str_bytes(json_string_value(text), json_string_length(text)));
    }
}

static void put_minutes(const json_t *request, const char *key, buf_t *out)
{
    if (!is_support(request))
        return;
    put_number(request, key, out);
    buf_put(out, STR(" minutes"));
}

/* "usr_… yes, usr_… no" */
static void put_answers(const json_t *request, const char *key, buf_t *out)
{
    const json_t *answers = json_object_get(request, key);
    for (size_t i = 0; i < json_array_size(answers); i++) {
        const json_t *answer = json_array_get(answers, i);
        buf_put(out, i ? STR(", ") : STR(""));
        put_text(answer, "member", out);
        buf_put(out, json_is_true(json_object_get(answer, "yes")) ? STR(" yes") : STR(" no"));
    }
}

static void put_levels(const json_t *request, const char *key, buf_t *out)
{
    put_number(request, "level", out);
    buf_putf(out, " of %zu", json_array_size(json_object_get(request, key)));
}

static void put_granted(const json_t *request, const char *key, buf_t *out)
{
    const json_t *grant = json_object_get(request, "grant");
    if (!json_is_object(grant))
        return;
    if (!strcmp(key, "opens"))
        put_number(grant, key, out);
    else
        put_moment(grant, key, out);
}

const struct column request_columns[] = {
    {"Kind", "kind", put_text},    {"State", "state", put_text},
    {"About", "case", put_matter}, {"By", "by", put_asker},
    {"Asked", "made", put_moment}, {"Yours to answer", "yours", put_yes},
    {"Id", "id", put_text},        {0},
};

const struct column request_facts[] = {
    {"Kind", "kind", put_text},
    {"State", "state", put_text},
    {"By", "by", put_asker},
    {"Case", "case", put_text},
    {"Reason", "reason", put_text},
    {"Words", "words", put_text},
    {"Acts", "acts", put_texts},
    {"Devices", "devices", put_texts},
    {"For", "minutes", put_minutes},
    {"Member", "member", put_text},
    {"Hold", "hold", put_text},
    {"Asked", "made", put_moment},
    {"Void after", "until", put_moment},
    {"Level", "levels", put_levels},
    {"Answers", "answers", put_answers},
    {"Granted", "from", put_granted},
    {"Granted to", "until", put_granted},
    {"Ended", "ended", put_granted},
    {"Records opened", "opens", put_granted},
    {"Yours to answer", "yours", put_yes},
    {"Id", "id", put_text},
    {0},
};

/* What each act means to whoever lets it be done. */
static const char *act_means(str_t act)
{
    static const char *const acts[][2] = {
#define A(name, meaning) {name, meaning},
        APPROVAL_ACT_TABLE(A)
#undef A
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (str_eq(act, str(acts[i][0])))
            return acts[i][1];
    return "do what this program does not know";
}

static void acts_say(const json_t *acts, buf_t *out)
{
    for (size_t i = 0; i < json_array_size(acts); i++) {
        const json_t *act = json_array_get(acts, i);
        buf_put(out, !i ? STR("") : i + 1 < json_array_size(acts) ? STR(", ") : STR(" and "));
        buf_put(out, str(act_means(str_bytes(json_string_value(act), json_string_length(act)))));
    }
}

/* The first few by their ids: `custody request show` has them all. */
static void devices_say(const json_t *devices, buf_t *out)
{
    size_t count = json_array_size(devices);
    buf_putf(out, "%zu device%s", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count && i < DEVICES_SAID; i++) {
        const json_t *device = json_array_get(devices, i);
        buf_put(out, i ? STR(", ") : STR(" ("));
        text_put(out, str_bytes(json_string_value(device), json_string_length(device)));
    }
    buf_put(out, count > DEVICES_SAID ? STR(" …)") : STR(")"));
}

void request_say(const json_t *request, buf_t *out)
{
    put_asker(request, "by", out);
    if (str_eq(answer_text(request, "kind"), STR("release"))) {
        buf_put(out, STR(" asks that the legal hold "));
        put_text(request, "hold", out);
        buf_put(out, STR(" is released: what was kept for it alone is gone for good."));
        return;
    }
    if (str_eq(answer_text(request, "kind"), STR("role"))) {
        buf_put(out, STR(" asks that the member "));
        put_text(request, "member", out);
        buf_put(out, STR(" has the role "));
        put_text(request, "role", out);
        buf_put(out, STR(": its sessions end, and the key is given or taken as the role needs."));
        return;
    }
    if (!is_support(request)) {
        buf_put(out, STR(" asks that the member "));
        put_text(request, "member", out);
        buf_put(out, STR(" is removed: its keys are destroyed, and its sessions end."));
        return;
    }
    buf_put(out, STR(" asks, for case "));
    put_text(request, "case", out);
    buf_put(out, STR(" ("));
    put_text(request, "reason", out);
    buf_put(out, STR(": \""));
    put_text(request, "words", out);
    buf_put(out, STR("\"), about "));
    devices_say(json_object_get(request, "devices"), out);
    buf_put(out, STR(": to "));
    acts_say(json_object_get(request, "acts"), out);
    buf_put(out, STR("; for "));
    put_minutes(request, "minutes", out);
    buf_put(out, STR(". What is opened stands in your log, and you can end it at any time."));
}

err_t command_request_list(struct cli *cli)
{
    bool chosen = cli->options.kind || cli->options.state;
    return saved_list(cli, &(struct list){REQUESTS, request_columns,
                                          chosen ? "no such requests" : "nobody has asked for anything"});
}

err_t command_request_show(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, REQUESTS, "req", &path));
    return show_run(cli, &(struct call){"GET", path.at}, request_facts);
}

static err_t request_agree(struct cli *cli, const struct reply *reply)
{
    OWN(json) request = NULL;
    OWN(buf) said = BUF(SAID_MAX);
    TRY(answer_parse(buf_str(&reply->body), &request));
    request_say(request, &said);
    TRY(buf_end(&said));
    return prompt_agree(cli, said.at);
}

/* A yes takes a grant, or the last of several; what came of it is said. */
static err_t answered(struct cli *cli, const struct reply *reply)
{
    OWN(json) request = NULL;
    TRY(answer_parse(buf_str(&reply->body), &request));
    str_t state = answer_text(request, "state");
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply->body));
    if (str_eq(state, STR("open")))
        cli_tell(cli, "Your yes is taken; others have to say yes too.");
    else
        cli_tell(cli, "%s is %.*s", cli->arguments[0], STR_ARG(state));
    return ERR_OK;
}

static err_t answer_send(struct cli *cli, const struct sign_in *sign_in, const char *path)
{
    OWN(reply) reply = {0};
    err_t sent = service_call(cli, sign_in, &(struct call){"POST", path}, &reply);
    if (sent == ERR_DENIED)
        cli_advise(cli, sent, "custody request show %s says who may answer it, and who has",
                   cli->arguments[0]);
    TRY(sent);
    return answered(cli, &reply);
}

/* What is asked for is said before a yes, not before a no. */
err_t command_request_approve(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(sign_in) sign_in = {0};
    OWN(reply) read = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(record_path(cli, REQUESTS, "req", &path));
    TRY(service_call(cli, &sign_in, &(struct call){"GET", path.at}, &read));
    TRY(request_agree(cli, &read));
    buf_put(&path, STR("/approve"));
    TRY(buf_end(&path));
    return answer_send(cli, &sign_in, path.at);
}

err_t command_request_refuse(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(sign_in) sign_in = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(record_path(cli, REQUESTS, "req", &path));
    buf_put(&path, STR("/refuse"));
    TRY(buf_end(&path));
    return answer_send(cli, &sign_in, path.at);
}

err_t command_request_end(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", REQUESTS, "req", "/end", "ended"});
}
