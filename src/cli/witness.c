/* SPDX-License-Identifier: Apache-2.0
 *
 * The witness that a client runs for its log: which, and how far it has come.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/service.h"

#define ABOUT   "/v1/log/about"
#define WITNESS "/v1/log/witness"

err_t command_witness_show(struct cli *cli)
{
    static const struct column columns[] = {
        {"Witness", "url", put_text},        {"Verifying key", "key", put_text},
        {"Cosigned to", "size", put_number}, {"Last", "seen", put_moment},
        {"In its way", "trouble", put_text}, {0},
    };
    OWN(reply) reply = {0};
    OWN(json) about = NULL;
    TRY(service_ask(cli, &(struct call){"GET", ABOUT}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &about));
    json_t *witness = json_object_get(about, "witness");
    if (cli->options.json) {
        char *text = json_dumps(witness ? witness : json_null(), JSON_COMPACT | JSON_ENCODE_ANY);
        if (!text)
            return fail(ERR_BUSY, "no memory for the answer");
        cli_print_json(cli, str(text));
        free(text);
    } else if (json_is_object(witness))
        facts_print(cli, columns, witness);
    else
        cli_tell(cli, "no witness cosigns this log: custody witness set URL VERIFIER names one");
    return ERR_OK;
}

err_t command_witness_set(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "url", str(cli->arguments[0]));
    body_put(&body, "key", str(cli->arguments[1]));
    TRY(body_end(&body));
    TRY(service_ask(cli, &(struct call){"PUT", WITNESS, buf_str(&body)}, &reply));
    cli_print_done(cli, "witness", cli->arguments[0]);
    cli_tell(cli, "it is asked within seconds, then each minute: custody witness show says what came of it");
    return ERR_OK;
}

err_t command_witness_remove(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"DELETE", WITNESS}, &reply));
    cli_print_done(cli, "removed", "witness");
    return ERR_OK;
}
