/* SPDX-License-Identifier: Apache-2.0
 *
 * Keepers in the client's network: what they did, and whether they may open.
 */
#include "base/limits.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"

#define KEEPERS "/v1/keepers"
enum { PATH_LENGTH_MAX = 256 };

static const struct column keeper_columns[] = {
    {"Name", "name", put_text},
    {"State", "state", put_text},
    {"Seen", "seen", put_moment},
    {"Opened", "opened", put_moment},
    {"Exports", "exports", put_number},
    {"Reports", "reports", put_number},
    {"Alerts", "alerts", put_number},
    {"Keys given", "given", put_number},
    {"In the way", "trouble", put_text},
    {"Fingerprint", "fingerprint", put_text},
    {"Id", "id", put_text},
    {0},
};

err_t command_keeper_list(struct cli *cli)
{
    return saved_list(
        cli, &(struct list){KEEPERS, keeper_columns,
                            "no keepers: custody token create --scope keeper makes a token for one"});
}

err_t command_keeper_approve(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    TRY(record_path(cli, KEEPERS, "tok", &path));
    buf_put(&path, STR("/approve"));
    TRY(buf_end(&path));
    body_put(&body, "fingerprint", str(cli->options.fingerprint));
    body_put_yes(&body, "releases", cli->options.releases);
    if (cli->options.gives)
        body_put(&body, "gives", str(cli->options.gives));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    return show_run(cli, &(struct call){"POST", path.at, buf_str(&body)}, keeper_columns);
}

err_t command_keeper_revoke(struct cli *cli) { return revoke_run(cli, KEEPERS, "tok"); }
