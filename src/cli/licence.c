/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands between a client and its end: the licence as the client sees it, the contract as the provider's people set it,
 * and legal holds.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/timeline.h"

#define LICENCE "/v1/licence"
#define CLIENTS "/operator/v1/clients"
#define HOLDS   "/v1/holds"
enum { PATH_LENGTH_MAX = 256 };

/* The licence */

static const struct column licence_facts[] = {
    {"Client", "name", put_text},         {"State", "state", put_text},
    {"Collects", "collects", put_yes},    {"Readable", "readable", put_yes},
    {"Exports", "exports", put_yes},      {"Can be renewed", "renewable", put_yes},
    {"Next", "next", put_text},           {"Then", "next_at", put_moment},
    {"Legal holds", "holds", put_number}, {"Clock held", "clock_held", put_yes},
    {"Id", "client", put_text},           {0},
};
static const struct column contract_facts[] = {
    {"Licence ends", "licence_end", put_text},
    {"Contract ends", "contract_end", put_text},
    {"Not renewed", "not_renewed", put_text},
    {"Zone of its days", "zone", put_text},
    {"Days of grace", "grace_days", put_number},
    {"Months kept", "keep_months", put_number},
    {"Snapshots kept", "keep_snapshots", put_number},
    {"Capacity, GiB", "capacity_gib", put_number},
    {0},
};
static const struct column date_facts[] = {
    {"Expires", "expires", put_moment},
    {"Grace ends", "grace_ends", put_moment},
    {"Snapshots kept until", "snapshots_end", put_moment},
    {"Deletion begins", "deletion_begins", put_moment},
    {"Marked by", "mark_by", put_moment},
    {"Keys destroyed by", "keys_by", put_moment},
    {"All removed by", "bytes_by", put_moment},
    {"No backup after", "backups_by", put_moment},
    {0},
};

static err_t licence_print(struct cli *cli, const struct reply *reply)
{
    OWN(json) licence = NULL;
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply->body));
        return ERR_OK;
    }
    TRY(answer_parse(buf_str(&reply->body), &licence));
    facts_print(cli, licence_facts, licence);
    heading_print(cli, "Contract");
    facts_print(cli, contract_facts, json_object_get(licence, "contract"));
    heading_print(cli, "Dates");
    facts_print(cli, date_facts, json_object_get(licence, "dates"));
    return ERR_OK;
}

err_t command_licence_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    TRY(service_ask(cli, &(struct call){"GET", LICENCE}, &reply));
    return licence_print(cli, &reply);
}

err_t command_licence_timeline(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(json) licence = NULL;
    OWN(json) page = NULL;
    TRY(service_ask(cli, &(struct call){"GET", LICENCE}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &licence));
    json_t *events = json_object_get(licence, "events");
    if (cli->options.json) {
        page = json_pack("{s:O,s:n}", "items", events, "next");
        char *text = page ? json_dumps(page, JSON_COMPACT) : NULL;
        if (text)
            cli_print_json(cli, str(text));
        free(text);
        return text ? ERR_OK : fail(ERR_BUSY, "no memory for the events");
    }
    if (!json_array_size(events))
        cli_tell(cli, "the contract names no date: nothing ends");
    return timeline_print(cli, events, cli->env->now(cli->env));
}

/* The contract */

static err_t contract_path(struct cli *cli, buf_t *out_path)
{
    TRY(record_path(cli, CLIENTS, "ten", out_path));
    buf_put(out_path, STR("/contract"));
    return buf_end(out_path);
}

err_t command_contract_show(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(reply) reply = {0};
    TRY(contract_path(cli, &path));
    TRY(service_ask(cli, &(struct call){"GET", path.at}, &reply));
    return licence_print(cli, &reply);
}

/* A day, or none to have none; what is not said stays as it is. What there is none of is left out. */
static void day_take(buf_t *body, const char *key, const char *said, const json_t *contract)
{
    bool none = said && !strcmp(said, "none");
    str_t text = said ? str(none ? "" : said) : answer_text(contract, key);
    if (text.len)
        body_put(body, key, text);
}

static err_t number_take(buf_t *body, const char *key, const char *said, const json_t *contract)
{
    char kept[32];
    snprintf(kept, sizeof kept, "%lld", (long long)json_integer_value(json_object_get(contract, key)));
    return body_put_number(body, key, said ? said : kept);
}

static err_t terms_make(const struct options *options, const json_t *contract, buf_t *body)
{
    day_take(body, "licence_end", options->licence_end, contract);
    day_take(body, "contract_end", options->contract_end, contract);
    day_take(body, "not_renewed", options->not_renewed, contract);
    body_put(body, "zone", options->zone ? str(options->zone) : answer_text(contract, "zone"));
    TRY(number_take(body, "grace_days", options->grace_days, contract));
    TRY(number_take(body, "keep_months", options->keep_months, contract));
    TRY(number_take(body, "keep_snapshots", options->keep_snapshots, contract));
    TRY(number_take(body, "capacity_gib", options->capacity, contract));
    if (options->confirm)
        body_put(body, "typed", str(options->confirm));
    return body_end(body);
}

err_t command_contract_set(struct cli *cli)
{
    static const struct column order_facts[] = {{"Order", "act", put_text},
                                                {"Of", "name", put_text},
                                                {"Does", "does", put_text},
                                                {"Id", "id", put_text},
                                                {0}};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    OWN(reply) set = {0};
    OWN(json) licence = NULL;
    TRY(contract_path(cli, &path));
    TRY(service_ask(cli, &(struct call){"GET", path.at}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &licence));
    TRY(terms_make(&cli->options, json_object_get(licence, "contract"), &body));
    err_t done = service_ask(cli, &(struct call){"PUT", path.at, buf_str(&body)}, &set);
    if (done == ERR_DENIED && strstr(err_note(), "order it"))
        return cli_advise(cli, done,
                          "give --confirm %.*s, and have another of staff run custody order confirm",
                          STR_ARG(answer_text(licence, "name")));
    TRY(done);
    if (set.status != 202)
        return licence_print(cli, &set);
    TRY(record_print(cli, &set, order_facts));
    cli_tell(cli, "A second person has to confirm it: custody order confirm.");
    return ERR_OK;
}

/* Legal holds */

static const struct column hold_facts[] = {
    {"Case", "case", put_text},
    {"On", "kind", put_text},
    {"Target", "target", put_text},
    {"Reason", "reason", put_text},
    {"Keys held", "keys", put_number},
    {"Placed", "made", put_moment},
    {"Id", "id", put_text},
    {0},
};

err_t command_hold_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Case", "case", put_text},
        {"On", "kind", put_text},
        {"Target", "target", put_text},
        {"Placed", "made", put_moment},
        {"Released", "released", put_moment},
        {"Keys", "keys", put_number},
        {"Release asked", "request", put_text},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){HOLDS, columns, "no legal holds"});
}

err_t command_hold_place(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "target", str(cli->arguments[0]));
    body_put(&body, "case", str(cli->options.case_id));
    body_put(&body, "reason", str(cli->options.said));
    TRY(body_end(&body));
    return show_run(cli, &(struct call){"POST", HOLDS, buf_str(&body)}, hold_facts);
}

err_t command_hold_release(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(reply) reply = {0};
    OWN(json) request = NULL;
    TRY(record_path(cli, HOLDS, "hld", &path));
    buf_put(&path, STR("/release"));
    TRY(buf_end(&path));
    TRY(service_ask(cli, &(struct call){"POST", path.at}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &request));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply.body));
    cli_tell(cli, "Somebody else has to say yes: custody request approve %.*s",
             STR_ARG(answer_text(request, "id")));
    return ERR_OK;
}
