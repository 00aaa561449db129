/* SPDX-License-Identifier: Apache-2.0
 *
 * What would become of a client: no service is asked, and no clock.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/timeline.h"
#include "life/life.h"

enum { SIMULATED_DAYS_MOST = 36600 };

/* It begins with the first thing that was said, so that the same dates give the same events at any time. */
static err_t simulation_read(const struct options *options, struct contract *out_contract,
                             struct life_facts *out_facts, struct life_span *out_span)
{
    struct contract contract = contract_usual;
    struct date requested = {0};
    struct {
        const char *text;
        struct date *day;
    } said[] = {{options->licence_end, &contract.licence_end},
                {options->contract_end, &contract.contract_end},
                {options->not_renewed, &contract.not_renewed},
                {options->requested, &requested}};
    uint64_t days = SIMULATED_DAYS_MOST;
    struct date first = {0};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (said[i].text)
            TRY(date_read(str(said[i].text), said[i].day));
        if (said[i].text && (!date_given(first) || date_before(*said[i].day, first)))
            first = *said[i].day;
    }
    if (options->days)
        TRY(str_number(str(options->days), SIMULATED_DAYS_MOST, &days));
    out_facts->requested = date_given(requested) ? date_begin(requested, 0) : 0;
    moment_t from = date_begin(first, 0);
    *out_contract = contract;
    *out_span = (struct life_span){from, from, date_begin(days_add(first, (int64_t)days), 0)};
    return ERR_OK;
}

err_t command_simulate(struct cli *cli)
{
    struct contract contract;
    struct life_facts facts = {0};
    struct life_span span;
    struct life_event events[LIFE_EVENTS];
    TRY(simulation_read(&cli->options, &contract, &facts, &span));
    size_t count = life_events(&contract, &facts, &span, events);
    OWN(buf) json = BUF(MAX_REPLY);
    OWN(json) page = NULL;
    buf_put(&json, STR("{\"items\":"));
    life_put_json(&json, events, count, contract.offset_minutes);
    buf_put(&json, STR(",\"next\":null}"));
    TRY(buf_end(&json));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&json));
        return ERR_OK;
    }
    TRY(answer_parse(buf_str(&json), &page));
    return timeline_print(cli, json_object_get(page, "items"), 0);
}
