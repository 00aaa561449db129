/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands that need no sign-in of their own: describe, completion and version say what this program is, api sends what
 * it is told.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/man.h"
#include "cli/man_rules.h"
#include "cli/prompt.h"
#include "cli/service.h"
#include "concept/describe.h"
#include "concept/promise.h"
#include "log/act.h"

enum { DESCRIPTION_MAX = 1024 * 1024 };

/* describe, version */

/* With --json as the one member `key`. */
static err_t description_print(struct cli *cli, const char *key, const buf_t *text)
{
    TRY(buf_end(text));
    if (cli->options.json)
        cli_print_done(cli, key, text->at);
    else
        fwrite(text->at, 1, text->len, cli->out);
    return ERR_OK;
}

/* The text that `custodyd --openapi` prints, as it was committed: the table itself is the service's. */
extern const char openapi_text[], openapi_text_end[];
static void describe_openapi(buf_t *out)
{
    buf_put(out, str_bytes(openapi_text, (size_t)(openapi_text_end - openapi_text)));
}

#define DESCRIBES(name) \
    err_t command_describe_##name(struct cli *cli) \
    { \
        OWN(buf) text = BUF(DESCRIPTION_MAX); \
        describe_##name(&text); \
        return description_print(cli, cli->command->verb, &text); \
    }
DESCRIBES(struct)
DESCRIBES(sql)
DESCRIBES(json)
DESCRIBES(openapi)
DESCRIBES(proto)
DESCRIBES(types)
DESCRIBES(data_map)
DESCRIBES(acts)
DESCRIBES(annex_a)
DESCRIBES(rules)

err_t command_describe_man(struct cli *cli)
{
    OWN(buf) text = BUF(DESCRIPTION_MAX);
    const char *page = cli->arguments[0];
    bool of_rules = cli->arguments < cli->words + cli->count && !strcmp(page, "custody-rules");
    (of_rules ? man_rules_put : man_put)(&text);
    return description_print(cli, cli->command->verb, &text);
}

/* completion */

err_t command_completion(struct cli *cli)
{
    OWN(buf) text = BUF(DESCRIPTION_MAX);
    completion_put(cli->arguments[0], &text);
    return description_print(cli, cli->arguments[0], &text);
}

err_t command_version(struct cli *cli)
{
    if (!cli->options.json)
        fprintf(cli->out, "custody %s\n", CUSTODY_VERSION);
    cli_print_done(cli, "version", CUSTODY_VERSION);
    return ERR_OK;
}

/* api */

static err_t path_check(const char *path)
{
    bool is_path = *path == '/';
    for (const char *at = path; is_path && *at; at++)
        is_path = *at > ' ' && *at < 0x7f && *at != '#';
    return is_path ? ERR_OK
                   : fail(ERR_INVALID, "PATH begins with / and has no space, such as /v1/devices?limit=5");
}

err_t command_api(struct cli *cli)
{
    const char *method = cli->arguments[0], *path = cli->arguments[1];
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    OWN(json) answer = NULL;
    TRY(path_check(path));
    if (strcmp(method, "GET") != 0)
        TRY(prompt_rest(cli, &body));
    TRY(service_ask(cli, &(struct call){method, path, buf_str(&body)}, &reply));
    if (answer_parse(buf_str(&reply.body), &answer) != ERR_OK)
        return cli_print_text(cli, buf_str(&reply.body));
    cli_print_json(cli, buf_str(&reply.body));
    return ERR_OK;
}
