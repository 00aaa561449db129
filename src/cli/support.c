/* SPDX-License-Identifier: Apache-2.0
 *
 * Support access, as the provider's people ask for it and use it; and the clients they may ask.
 */
#include "base/limits.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/device.h"
#include "cli/follow.h"
#include "cli/prompt.h"
#include "cli/request.h"

#define REQUESTS "/operator/v1/requests"
#define CLIENTS  "/operator/v1/clients"
enum { PATH_LENGTH_MAX = 256 };

err_t command_client_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Name", "name", put_text},
        {"State", "state", put_text},
        {"Made", "made", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){CLIENTS, columns, "no clients yet"});
}

err_t command_client_devices(struct cli *cli)
{
    static const struct column columns[] = {
        {"State", "state", put_text},
        {"Last seen", "seen", put_moment},
        {"Enrolled", "enrolled", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, CLIENTS, "ten", &path));
    buf_put(&path, STR("/devices"));
    TRY(buf_end(&path));
    return saved_list(cli, &(struct list){path.at, columns, "this client has no devices"});
}

err_t command_support_ask(struct cli *cli)
{
    const struct options *given = &cli->options;
    const char *const *end = cli->words + cli->count;
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "client", str(given->client));
    body_put(&body, "case", str(given->case_id));
    body_put(&body, "reason", str(given->reason));
    body_put(&body, "words", str(given->said));
    body_put(&body, "acts", str(given->acts));
    TRY(body_put_number(&body, "minutes", given->minutes));
    body_put_texts(&body, "devices", cli->arguments, (size_t)(end - cli->arguments));
    TRY(body_end(&body));
    TRY(show_run(cli, &(struct call){"POST", REQUESTS, buf_str(&body)}, request_facts));
    cli_tell(cli, "A person of the client has to say yes: custody support show says when.");
    return ERR_OK;
}

err_t command_support_list(struct cli *cli)
{
    return saved_list(
        cli, &(struct list){REQUESTS, request_columns, "no requests: custody support ask makes one"});
}

err_t command_support_show(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, REQUESTS, "req", &path));
    return show_run(cli, &(struct call){"GET", path.at}, request_facts);
}

err_t command_support_end(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", REQUESTS, "req", "/end", "ended"});
}

/* Under a grant */

err_t command_support_devices(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, REQUESTS, "req", &path));
    buf_put(&path, STR("/devices"));
    TRY(buf_end(&path));
    return saved_list(
        cli, &(struct list){path.at, device_columns, "none of the devices in scope is there any more"});
}

/* The path of the device that the second argument names. */
static err_t scoped_path(struct cli *cli, const char *after, buf_t *out_path)
{
    ident_t device;
    TRY(record_path(cli, REQUESTS, "req", out_path));
    if (ident_read("dev", str(cli->arguments[1]), &device) != ERR_OK)
        return cli_advise(cli, fail(ERR_INVALID, "that is no device: one begins with dev_"),
                          "custody support show %s says which are in scope", cli->arguments[0]);
    buf_putf(out_path, "/devices/%s", ident_text("dev", device).text);
    buf_put(out_path, str(after));
    return buf_end(out_path);
}

err_t command_support_device(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(scoped_path(cli, "", &path));
    return device_show(cli, path.at);
}

err_t command_support_launches(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(scoped_path(cli, "/launches", &path));
    return saved_list(cli, &(struct list){path.at, launch_columns, "nothing was launched there"});
}

static err_t scoped_turn(struct cli *cli, const char *after, const char *done)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(reply) reply = {0};
    TRY(scoped_path(cli, after, &path));
    TRY(service_ask(cli, &(struct call){"POST", path.at}, &reply));
    cli_tell(cli, "%s is %s", cli->arguments[1], done);
    cli_print_done(cli, done, cli->arguments[1]);
    return ERR_OK;
}

err_t command_support_approve(struct cli *cli) { return scoped_turn(cli, "/approve", "approved"); }

err_t command_support_revoke(struct cli *cli)
{
    TRY(prompt_agree(cli, "Its certificate is refused from now on, until it is approved again."));
    return scoped_turn(cli, "/revoke", "revoked");
}

err_t command_support_snapshots(struct cli *cli)
{
    static const struct column columns[] = {
        {"Made", "made", put_moment},
        {"Why", "why", put_text},
        {"State", "state", put_text},
        {"Records", "rows", put_number},
        {"Verified", "verified", put_moment},
        {"Id", "id", put_text},
        {0},
    };
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, REQUESTS, "req", &path));
    buf_put(&path, STR("/snapshots"));
    TRY(buf_end(&path));
    return saved_list(cli, &(struct list){path.at, columns, "this client has no snapshots"});
}

/* What it would do: said before anybody at a terminal goes on. */
static err_t restore_look(struct cli *cli, const char *path)
{
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "snapshot", str(cli->arguments[2]));
    TRY(body_end(&body));
    return work_ask(cli, &(struct call){"POST", path, buf_str(&body)});
}

static err_t client_typed(struct cli *cli, buf_t *out_name)
{
    if (cli->options.confirm) {
        buf_put(out_name, str(cli->options.confirm));
        return buf_end(out_name);
    }
    if (!prompt_has_terminal(cli))
        return cli_advise(cli, fail(ERR_INVALID, "nobody has confirmed whose device goes back"),
                          "give --confirm CLIENT, or --dry-run to see what it would do");
    TRY(prompt_text(cli, "the client's name, to go on", out_name));
    return buf_end(out_name);
}

err_t command_support_restore(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) name = BUF(MAX_NAME);
    OWN(buf) body = BUF(MAX_BODY);
    TRY(scoped_path(cli, "/restore", &path));
    if (cli->options.dry_run)
        return restore_look(cli, path.at);
    if (!cli->options.confirm && prompt_has_terminal(cli))
        TRY(restore_look(cli, path.at));
    TRY(client_typed(cli, &name));
    body_put(&body, "snapshot", str(cli->arguments[2]));
    body_put(&body, "typed", buf_str(&name));
    TRY(body_end(&body));
    return work_ask(cli, &(struct call){"POST", path.at, buf_str(&body)});
}
