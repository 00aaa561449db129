/* SPDX-License-Identifier: Apache-2.0
 *
 * The promises, as the service proves them.
 */
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/service.h"

static size_t count_broken(const json_t *rows)
{
    size_t broken = 0;
    for (size_t i = 0; i < json_array_size(rows); i++)
        broken += str_eq(answer_text(json_array_get(rows, i), "state"), STR("broken"));
    return broken;
}

/* What is excepted from a promise, under the table of them. */
static void exceptions_print(struct cli *cli, const json_t *rows)
{
    static const struct column columns[] = {
        {"Exception", "what", put_text}, {"Count", "count", put_number}, {"Why", "why", put_text}, {0}};
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *exceptions = json_object_get(row, "exceptions");
        if (!json_array_size(exceptions))
            continue;
        OWN(buf) heading = BUF(128);
        buf_put(&heading, STR("Exceptions of "));
        put_text(row, "id", &heading);
        heading_print(cli, heading.at);
        grid_print(cli, columns, exceptions);
    }
}

err_t command_prove(struct cli *cli)
{
    static const struct column columns[] = {
        {"Promise", "id", put_text}, {"State", "state", put_text}, {"Evidence", "evidence", put_text}, {0}};
    OWN(reply) reply = {0};
    OWN(json) proof = NULL;
    TRY(service_ask(cli, &(struct call){"GET", "/v1/prove"}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &proof));
    const json_t *rows = json_object_get(proof, "promises");
    size_t broken = count_broken(rows);
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply.body));
    else {
        grid_print(cli, columns, rows);
        exceptions_print(cli, rows);
    }
    return broken ? fail(ERR_BROKEN, "%zu of %zu promises are broken", broken, json_array_size(rows))
                  : ERR_OK;
}
