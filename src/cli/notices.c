/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices: where they are mailed and posted to, what became of them, and tests.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/text.h"

#define NOTICES  "/v1/notices"
#define WEBHOOKS "/v1/webhooks"
enum { PATH_LENGTH_MAX = 256 };

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
        cli_tell(cli, "nobody is told by mail: custody notice set ADDRESS says who is");
    if (json_integer_value(json_object_get(notices, "failed")))
        cli_tell(
            cli,
            "some did not go in all the time they were tried: custody notice list --state failed says which, "
            "and custody notice resend ID sends one again");
}

static const struct column notice_columns[] = {
    {"Made", "made", put_moment}, {"Kind", "kind", put_text},   {"To", "address", put_text},
    {"State", "state", put_text}, {"Sent", "sent", put_moment}, {"Next try", "next", put_moment},
    {"Why", "trouble", put_text}, {"Id", "id", put_text},       {0},
};

static err_t notices_print(struct cli *cli, const struct reply *reply)
{
    static const struct column facts[] = {{"Addresses", "addresses", put_addresses},
                                          {"Mail relay", "relay", put_relay},
                                          {"Failed", "failed", put_number},
                                          {0}};
    OWN(json) notices = NULL;
    TRY(answer_parse(buf_str(&reply->body), &notices));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply->body));
        return ERR_OK;
    }
    facts_print(cli, facts, notices);
    if (json_array_size(json_object_get(notices, "items"))) {
        fputc('\n', cli->out);
        grid_print(cli, notice_columns, json_object_get(notices, "items"));
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

err_t command_notice_list(struct cli *cli)
{
    return saved_list(cli, &(struct list){NOTICES, notice_columns, "no notices"});
}

err_t command_notice_resend(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", NOTICES, "ntc", "/again", "on its way again"});
}

/* Webhooks */

err_t command_webhook_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Address", "url", put_text},
        {"State", "state", put_text},
        {"Made", "made", put_moment},
        {"Two secrets until", "both", put_moment},
        {"Last accepted", "delivered", put_moment},
        {"In its way", "trouble", put_text},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli,
                      &(struct list){WEBHOOKS, columns, "no webhooks yet: custody webhook add makes one"});
}

err_t command_webhook_add(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "url", str(cli->arguments[0]));
    TRY(body_end(&body));
    return saved_create(cli, &(struct call){"POST", WEBHOOKS, buf_str(&body)}, "secret");
}

err_t command_webhook_test(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", WEBHOOKS, "whk", "/test", "sent a test"});
}

err_t command_webhook_rotate(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, WEBHOOKS, "whk", &path));
    buf_put(&path, STR("/rotate"));
    TRY(buf_end(&path));
    return saved_create(cli, &(struct call){"POST", path.at}, "secret");
}

err_t command_webhook_remove(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"DELETE", WEBHOOKS, "whk", "", "removed"});
}
