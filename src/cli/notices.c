/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices by mail: where they go, what became of them, and a test.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/service.h"
#include "cli/text.h"

#define NOTICES "/v1/notices"

static void put_addresses(const json_t *record, const char *key, buf_t *out)
{
    const json_t *addresses = json_object_get(record, key), *address;
    size_t i;
    json_array_foreach(addresses, i, address)
    {
        buf_put(out, i ? STR(", ") : STR(""));
        text_put(out, (str_t){json_string_value(address), json_string_length(address)});
    }
    if (!json_array_size(addresses))
        buf_put(out, STR("none"));
}

static void put_relay(const json_t *record, const char *key, buf_t *out)
{
    buf_put(out, json_is_true(json_object_get(record, key)) ? STR("set") : STR("none"));
}

static void advise(struct cli *cli, const json_t *notices)
{
    if (!json_is_true(json_object_get(notices, "relay")))
        cli_tell(cli, "no mail relay is set on this service: notices wait until its operator starts custodyd "
                      "with --smtp and --mail-from");
    if (!json_array_size(json_object_get(notices, "addresses")))
        cli_tell(cli, "nobody is told: custody notice set ADDRESS says who is");
}

static err_t notices_print(struct cli *cli, const struct reply *reply)
{
    static const struct column facts[] = {
        {"Addresses", "addresses", put_addresses}, {"Mail relay", "relay", put_relay}, {0}};
    static const struct column columns[] = {
        {"Made", "made", put_moment}, {"Kind", "kind", put_text},   {"To", "address", put_text},
        {"State", "state", put_text}, {"Sent", "sent", put_moment}, {"Next try", "next", put_moment},
        {"Why", "trouble", put_text}, {"Id", "id", put_text},       {0},
    };
    OWN(json) notices = NULL;
    TRY(answer_parse(buf_str(&reply->body), &notices));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply->body));
        return ERR_OK;
    }
    facts_print(cli, facts, notices);
    if (json_array_size(json_object_get(notices, "items"))) {
        fputc('\n', cli->out);
        grid_print(cli, columns, json_object_get(notices, "items"));
    }
    advise(cli, notices);
    return ERR_OK;
}

static err_t notices_call(struct cli *cli, const struct call *call)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, call, &reply));
    return notices_print(cli, &reply);
}

err_t command_notice_show(struct cli *cli) { return notices_call(cli, &(struct call){"GET", NOTICES}); }

err_t command_notice_test(struct cli *cli)
{
    return notices_call(cli, &(struct call){"POST", NOTICES "/test"});
}

/* The one word `none` is nobody. */
err_t command_notice_set(struct cli *cli)
{
    OWN(buf) addresses = BUF(MAX_BODY);
    OWN(buf) body = BUF(MAX_BODY);
    const char *const *end = cli->words + cli->count;
    for (const char *const *word = cli->arguments; word < end; word++)
        buf_putf(&addresses, "%s%s", addresses.len ? " " : "", *word);
    TRY(buf_end(&addresses));
    if (str_eq(buf_str(&addresses), STR("none")))
        buf_put(&body, STR("{}"));
    else {
        body_put(&body, "addresses", buf_str(&addresses));
        TRY(body_end(&body));
    }
    return notices_call(cli, &(struct call){"PUT", NOTICES, buf_str(&body)});
}
