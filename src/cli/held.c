/* SPDX-License-Identifier: Apache-2.0
 *
 * What legal holds keep of a device: opened in session, or with the recovery kit alone.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/device.h"
#include "cli/parts.h"

#define HELD "/v1/held"
enum { PATH_LENGTH_MAX = 512 };

err_t command_hold_open(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, HELD, "dev", &path));
    if (!cli->options.launches)
        return device_show(cli, path.at);
    buf_put(&path, STR("/launches"));
    TRY(buf_end(&path));
    return saved_list(
        cli, &(struct list){path.at, launch_columns, "no hold keeps anything that was launched there"});
}

/* One page after the other, behind one sign-in that is none. */
static err_t launches_by_kit(struct cli *cli, const struct sign_in *sign_in, str_t path, str_t body)
{
    OWN(json) all = json_array();
    OWN(buf) cursor = BUF(PATH_LENGTH_MAX);
    do {
        OWN(buf) page = BUF(PATH_LENGTH_MAX * 2);
        OWN(reply) reply = {0};
        OWN(json) said = NULL;
        buf_putf(&page, "%.*s/launches?limit=500%s%.*s", STR_ARG(path), cursor.len ? "&cursor=" : "",
                 STR_ARG(buf_str(&cursor)));
        TRY(buf_end(&page));
        TRY(service_call(cli, sign_in, &(struct call){"POST", page.at, body}, &reply));
        TRY(answer_parse(buf_str(&reply.body), &said));
        buf_clear(&cursor);
        buf_put(&cursor, answer_text(said, "next"));
        if (json_array_extend(all, json_object_get(said, "items")) != 0)
            return fail(ERR_BROKEN, "the service's answer is no list");
    } while (cursor.len);
    if (!cli->options.json)
        return grid_print(cli, launch_columns, all), ERR_OK;
    OWN(json) whole = json_pack("{s:O,s:n}", "items", all, "next");
    bool printed = json_dumpf(whole, cli->out, JSON_COMPACT) == 0 && fputc('\n', cli->out) != EOF;
    return printed ? ERR_OK : fail(ERR_BROKEN, "cannot print");
}

err_t command_hold_recover(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) kit = BUF(MAX_PASSWORD);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(record_path(cli, HELD, "dev", &path));
    buf_put(&path, STR("/kit"));
    TRY(buf_end(&path));
    TRY(sign_in_ask(cli, &sign_in));
    TRY(kit_ask(cli, &kit));
    body_put(&body, "tenant", str(cli->options.tenant));
    body_put(&body, "kit", buf_str(&kit));
    TRY(body_end(&body));
    if (cli->options.launches)
        return launches_by_kit(cli, &sign_in, buf_str(&path), buf_str(&body));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", path.at, buf_str(&body)}, &reply));
    return device_tell(cli, &reply);
}
