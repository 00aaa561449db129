/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's directory (SCIM): which of its groups give which role, and when it was heard.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"

#define SETUP "/v1/scim"

static void put_known(const json_t *rule, const char *key, buf_t *out)
{
    buf_put(out, json_is_true(json_object_get(rule, key)) ? STR("yes") : STR("not told of yet"));
}

static void put_heard(const json_t *setup, const char *key, buf_t *out)
{
    if (json_is_string(json_object_get(setup, key)))
        put_moment(setup, key, out);
    else
        buf_put(out, STR("never: custody token create --scope scim makes its token"));
}

static err_t setup_print(struct cli *cli, const struct reply *reply)
{
    static const struct column facts[] = {
        {"Below the service's address", "path", put_text},
        {"Heard", "heard", put_heard},
        {"People", "people", put_number},
        {"Groups", "directory_groups", put_number},
        {"Attributes ignored", "ignored", put_number},
        {"Who is in none of these groups", "otherwise", put_text},
        {0},
    };
    static const struct column columns[] = {
        {"Group", "group", put_text},
        {"Role", "role", put_text},
        {"Known", "known", put_known},
        {"People", "people", put_number},
        {0},
    };
    OWN(json) setup = NULL;
    TRY(answer_parse(buf_str(&reply->body), &setup));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply->body));
        return ERR_OK;
    }
    facts_print(cli, facts, setup);
    if (json_array_size(json_object_get(setup, "groups")))
        grid_print(cli, columns, json_object_get(setup, "groups"));
    return ERR_OK;
}

err_t command_scim_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"GET", SETUP}, &reply));
    return setup_print(cli, &reply);
}

/* "GROUP=ROLE": the last = parts them, since names of groups may hold one. */
static err_t rule_put(const char *rule, bool first, buf_t *body)
{
    const char *parts = strrchr(rule, '=');
    if (!parts || parts == rule)
        return fail(ERR_INVALID, "a rule is GROUP=ROLE, as in Administrators=administrator");
    buf_put(body, first ? STR("{\"group\":") : STR(",{\"group\":"));
    buf_put_json(body, str_bytes(rule, (size_t)(parts - rule)));
    buf_put(body, STR(",\"role\":"));
    buf_put_json(body, str(parts + 1));
    buf_put(body, STR("}"));
    return ERR_OK;
}

err_t command_scim_map(struct cli *cli)
{
    const char *const *end = cli->words + cli->count;
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    buf_put(&body, STR("{\"groups\":["));
    for (const char *const *rule = cli->arguments; rule < end; rule++)
        TRY(rule_put(*rule, rule == cli->arguments, &body));
    buf_put(&body, STR("]"));
    body_put(&body, "otherwise", str(cli->options.otherwise ? cli->options.otherwise : "viewer"));
    TRY(prompt_agree(
        cli, "These groups give these roles, and no others, to whom the directory has told of; from and to "
             "a trusted role a second person has to say yes."));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    TRY(service_ask(cli, &(struct call){"PUT", SETUP, buf_str(&body)}, &reply));
    return setup_print(cli, &reply);
}
