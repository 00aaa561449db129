/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that need no sign-in of their own: describe and version say what this program is, api sends what it is told.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/prompt.h"
#include "cli/service.h"
#include "cli/text.h"
#include "concept/describe.h"

enum { DESCRIPTION_MAX = 1024 * 1024 };

/* describe, version */

static err_t description_print(struct cli *cli, const buf_t *text)
{
    TRY(buf_end(text));
    if (cli->options.json)
        cli_print_done(cli, cli->command->verb, text->at);
    else
        fwrite(text->at, 1, text->len, cli->out);
    return ERR_OK;
}

#define DESCRIBES(name) \
    err_t command_describe_##name(struct cli *cli) \
    { \
        OWN(buf) text = BUF(DESCRIPTION_MAX); \
        describe_##name(&text); \
        return description_print(cli, &text); \
    }
DESCRIBES(sql)
DESCRIBES(proto)
DESCRIBES(types)
DESCRIBES(data_map)

err_t command_version(struct cli *cli)
{
    if (!cli->options.json)
        fprintf(cli->out, "custody %s\n", CUSTODY_VERSION);
    cli_print_done(cli, "version", CUSTODY_VERSION);
    return ERR_OK;
}

/* api */

static err_t method_check(const char *method)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (!strcmp(method, methods[i]))
            return ERR_OK;
    return fail(ERR_INVALID, "METHOD is GET, POST, PUT, PATCH or DELETE");
}

static err_t path_check(const char *path)
{
    bool is_path = *path == '/';
    for (const char *at = path; is_path && *at; at++)
        is_path = *at > ' ' && *at < 0x7f && *at != '#';
    return is_path ? ERR_OK
                   : fail(ERR_INVALID, "PATH begins with / and has no space, such as /v1/devices?limit=5");
}

/* What is no JSON goes to a pipe as it is, and to a terminal line by line, fit for it. */
static err_t text_print(struct cli *cli, str_t text)
{
    if (!isatty(fileno(cli->out))) {
        fwrite(text.at, 1, text.len, cli->out);
        return ERR_OK;
    }
    OWN(buf) fit = BUF(4 * MAX_REPLY);
    while (text.len) {
        text_put(&fit, str_until(&text, '\n'));
        buf_put_byte(&fit, '\n');
    }
    fwrite(buf_str(&fit).at, 1, fit.len, cli->out);
    return buf_end(&fit);
}

err_t command_api(struct cli *cli)
{
    const char *method = cli->arguments[0], *path = cli->arguments[1];
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    OWN(json) answer = NULL;
    TRY(method_check(method));
    TRY(path_check(path));
    if (strcmp(method, "GET") != 0)
        TRY(prompt_rest(cli, &body));
    TRY(service_ask(cli, &(struct call){method, path, buf_str(&body)}, &reply));
    if (answer_parse(buf_str(&reply.body), &answer) != ERR_OK)
        return text_print(cli, buf_str(&reply.body));
    cli_print_json(cli, buf_str(&reply.body));
    return ERR_OK;
}
