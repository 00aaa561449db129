/* SPDX-License-Identifier: Apache-2.0
 *
 * Restores: a dry run, the real one once the organisation's name is typed, and drills.
 */
#include "base/limits.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/copies.h"
#include "cli/follow.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/text.h"

enum { PATH_LENGTH_MAX = 256 };

#define SNAPSHOTS "/v1/snapshots"

/* What has to be typed is looked at by the service: it knows what the organisation is called. */
static err_t name_ask(struct cli *cli, buf_t *out_name)
{
    if (cli->options.confirm) {
        buf_put(out_name, str(cli->options.confirm));
        return buf_end(out_name);
    }
    if (!prompt_has_terminal(cli))
        return cli_advise(cli, fail(ERR_INVALID, "nobody has confirmed whose data goes back"),
                          "give --confirm ORGANISATION, or --dry-run to see what it would do");
    cli_tell(cli,
             "What was recorded since goes back to what the snapshot has; a snapshot of now is taken first.");
    TRY(prompt_text(cli, "your organisation's name, to go on", out_name));
    return buf_end(out_name);
}

static err_t wish_put(struct cli *cli, buf_t *body)
{
    OWN(buf) name = BUF(MAX_NAME);
    if (cli->options.device)
        body_put(body, "device", str(cli->options.device));
    if (cli->options.dry_run)
        return body_end(body);
    TRY(name_ask(cli, &name));
    body_put(body, "typed", buf_str(&name));
    return body_end(body);
}

err_t command_snapshot_restore(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    if (cli->options.into)
        return cli->options.device ? fail(ERR_INVALID, "one device is restored in place: --device or --into")
                                   : copy_into(cli);
    TRY(record_path(cli, SNAPSHOTS, "snp", &path));
    buf_put(&path, STR("/restore"));
    TRY(buf_end(&path));
    TRY(wish_put(cli, &body));
    return work_ask(cli, &(struct call){"POST", path.at, buf_str(&body)});
}

err_t command_snapshot_drill(struct cli *cli) { return work_ask(cli, &(struct call){"POST", "/v1/drills"}); }

err_t command_snapshot_drills(struct cli *cli)
{
    static const struct column columns[] = {
        {"When", "at", put_moment},
        {"Snapshot", "snapshot", put_text},
        {"Records", "rows", put_number},
        {"Bytes", "bytes", put_number},
        {"Milliseconds", "ms", put_number},
        {"Trouble", "trouble", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){"/v1/drills", columns, "no restore was tried so far"});
}
